// The command line: one verb, one function. Puts nothing together itself; `serve.ts` does.
import { main } from './cli/main.ts';

process.exitCode = await main(process.argv.slice(2), process.env);
