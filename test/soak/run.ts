// `npm run soak`: real durations, on real time. Prints figures and ends with 1 when something failed; `--short` is the
// slice of less than two minutes that continuous integration runs; `--only outage,shared` runs these alone.
import { soakFlapping, type FlappingPlan } from './flapping.ts';
import { soakRedisOutage, type RedisOutagePlan } from './redis-outage.ts';
import { soakSharedLimits, type SharedLimitsPlan } from './shared-limits.ts';
import type { SoakResult } from './result.ts';
import { soakStreams, type StreamsPlan } from './streams.ts';

interface SoakPlan {
  readonly outage: RedisOutagePlan;
  readonly shared: SharedLimitsPlan;
  readonly streams: StreamsPlan;
  readonly flapping: FlappingPlan;
}

const FULL: SoakPlan = {
  streams: { streams: 200, tokensPerSecond: 20, seconds: 30 },
  flapping: { seconds: 60, clients: 16, restMs: 50, flapMs: 1_500 },
  outage: { perSecond: 500, seconds: 15, judgesLatency: true },
  shared: { calmSeconds: 75, fleets: [2, 4], losses: ['flush', 'restart', 'failover'] },
};
const SHORT: SoakPlan = {
  streams: { streams: 50, tokensPerSecond: 20, seconds: 8 },
  flapping: { seconds: 9, clients: 8, restMs: 5, flapMs: 500 },
  outage: { perSecond: 500, seconds: 3, judgesLatency: false },
  shared: { calmSeconds: 63, fleets: [2], losses: [] },
};

const plan = process.argv.includes('--short') ? SHORT : FULL;
const scenarios: Readonly<Record<string, () => Promise<SoakResult>>> = {
  streams: () => soakStreams(plan.streams),
  flapping: () => soakFlapping(plan.flapping),
  outage: () => soakRedisOutage(plan.outage),
  shared: () => soakSharedLimits(plan.shared),
};
const at = process.argv.indexOf('--only');
const wanted = Object.entries(scenarios).filter(([name]) => at < 0 || process.argv[at + 1]?.split(',').includes(name));
let failed = 0;
for (const [, run] of wanted) {
  const { name, figures, failures } = await run();
  const lines = [`${failures.length === 0 ? 'passed' : 'FAILED'}  ${name}`, ...figures.map((line) => `  ${line}`)];
  process.stdout.write([...lines, ...failures.map((line) => `  failure: ${line}`), ''].join('\n'));
  failed += failures.length === 0 ? 0 : 1;
}
process.stdout.write(`${wanted.length - failed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
