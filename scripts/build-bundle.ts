// Builds dist/: the program as plain JavaScript for an installed package, which has Node 22 or newer and no development
// dependencies. Runtime dependencies stay outside the bundle: npm installs them, and they keep their own files. What of
// a development dependency is bundled brings its licence along.
//   node scripts/build-bundle.ts [--entry src/main.ts] [--out dist]
import { copyFileSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { rolldown } from 'rolldown';
import type { RolldownOutput } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
}

/** Matches the packages of `dependencies` and everything below them. */
function externalPackages(): RegExp[] {
  const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as Manifest;
  const names = Object.keys(manifest.dependencies);
  return names.map((name) => new RegExp(`^${name.replaceAll(/[/.@-]/g, String.raw`\$&`)}(/|$)`));
}

async function build(entry: string, outDirectory: string): Promise<RolldownOutput> {
  const bundle = await rolldown({
    cwd: root,
    input: {
      main: entry,
      'count-worker': 'src/gateway/tokens/count-worker.ts',
      'serving-thread': 'src/threads/serving-thread.ts',
    },
    platform: 'node',
    external: externalPackages(),
    transform: { target: 'node22' },
    // Data files are named by `new URL('./table.tsv', import.meta.url)` and travel along.
    experimental: { resolveNewUrlToAsset: true },
    onLog(level, log, report) {
      if (level === 'warn') throw new Error(`bundling: ${log.message}`);
      report(level, log);
    },
  });
  rmSync(outDirectory, { recursive: true, force: true });
  const output = await bundle.write({
    dir: outDirectory,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    assetFileNames: '[name]-[hash][extname]',
    // Stack traces of an installed package must be readable; size hardly matters.
    minify: false,
  });
  await bundle.close();
  copyFileSync(`${root}node_modules/gpt-tokenizer/LICENSE`, `${outDirectory}/LICENSE.gpt-tokenizer`);
  return output;
}

const { values } = parseArgs({
  options: { entry: { type: 'string', default: 'src/main.ts' }, out: { type: 'string', default: 'dist' } },
});
const { output } = await build(values.entry, values.out);
for (const file of output) {
  const bytes = file.type === 'chunk' ? Buffer.byteLength(file.code) : file.source.length;
  process.stdout.write(`${values.out}/${file.fileName} ${(bytes / 1024).toFixed(1)} kB\n`);
}
