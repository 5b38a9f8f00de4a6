// The benchmark: runs its parts, prints their figures and writes bench/results/latest.json. What is not measured in a
// run keeps the figures of the run before.
//   npm run bench                            everything (about seven minutes)
//   npm run bench -- --quick                 shorter rounds, for a first look
//   npm run bench -- --only sim,decisions    these parts: gateway, threads, sharing, decisions, sim
import { fork } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { benchGateway } from './gateway.ts';
import { benchThreads } from './threads.ts';
import { benchSharing } from './sharing.ts';

const here = import.meta.dirname;
const file = join(here, 'results', 'latest.json');

/** Figures by name, as they stand in the file. */
const PARTS: Readonly<Record<string, () => Promise<Record<string, unknown>>>> = {
  sim: async () => ({ simulation: await inProcess('simulation.ts') }),
  decisions: async () => ({ decisions: await inProcess('decisions.ts') }),
  gateway: benchGateway,
  threads: benchThreads,
  sharing: benchSharing,
};

/** A process of its own, so that no part warms up or fills the heap of another. It sends its figures at the end. */
function inProcess(script: string): Promise<unknown> {
  const flags = process.argv.includes('--quick') ? ['--quick'] : [];
  return new Promise((resolve, reject) => {
    const child = fork(join(here, script), flags, { execArgv: ['--expose-gc'] });
    let figures: unknown;
    child.on('message', (message) => (figures = message));
    child.once('exit', (code) => (code === 0 ? resolve(figures) : reject(new Error(`${script} ended with ${code}`))));
  });
}

const at = process.argv.indexOf('--only');
const wanted = at < 0 ? Object.keys(PARTS) : (process.argv[at + 1] ?? '').split(',');
const results: Record<string, unknown> = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
for (const name of wanted) {
  const part = PARTS[name];
  if (part === undefined) throw new Error(`no part "${name}": ${Object.keys(PARTS).join(', ')}`);
  Object.assign(results, await part(), { date: new Date().toISOString(), node: process.version });
}
mkdirSync(join(here, 'results'), { recursive: true });
writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
