// Loads an ES module from the old module system. A file of its own, because `import()` is a syntax error to the oldest
// versions of Node.js that the launcher talks to.
'use strict';

var url = require('url');

module.exports = function loadModule(file) {
  // The program reads its arguments behind its own name.
  process.argv[1] = file;
  import(url.pathToFileURL(file).href).catch(function (error) {
    process.stderr.write('loadstone: ' + (error && error.stack ? error.stack : String(error)) + '\n');
    process.exit(1);
  });
};
