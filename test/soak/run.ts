// `npm run soak`: real durations, on real time. Prints figures and ends with 1 when something failed; `--short` is the
// slice of about twenty seconds that continuous integration runs.
import { soakFlapping, type FlappingPlan } from './flapping.ts';
import { soakStreams, type StreamsPlan } from './streams.ts';

interface SoakPlan {
  readonly streams: StreamsPlan;
  readonly flapping: FlappingPlan;
}

const FULL: SoakPlan = {
  streams: { streams: 200, tokensPerSecond: 20, seconds: 30 },
  flapping: { seconds: 60, clients: 16, restMs: 50, flapMs: 1_500 },
};
const SHORT: SoakPlan = {
  streams: { streams: 50, tokensPerSecond: 20, seconds: 8 },
  flapping: { seconds: 9, clients: 8, restMs: 5, flapMs: 500 },
};

const plan = process.argv.includes('--short') ? SHORT : FULL;
let failed = 0;
for (const run of [() => soakStreams(plan.streams), () => soakFlapping(plan.flapping)]) {
  const { name, figures, failures } = await run();
  const lines = [`${failures.length === 0 ? 'passed' : 'FAILED'}  ${name}`, ...figures.map((line) => `  ${line}`)];
  process.stdout.write([...lines, ...failures.map((line) => `  failure: ${line}`), ''].join('\n'));
  failed += failures.length === 0 ? 0 : 1;
}
process.stdout.write(`${2 - failed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
