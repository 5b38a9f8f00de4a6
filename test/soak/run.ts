// `npm run soak`: real durations, on real time, in about fifteen minutes. Prints figures and ends with 1 when something
// failed. `--short` is the slice of three minutes that continuous integration runs; `--only outage,chaos` runs these alone.
import { CHAOS_CASES } from '../chaos/chaos-cases.ts';
import { soakChaos } from '../chaos/soak-chaos.ts';
import type { SoakResult } from './result.ts';
import { soakDrain } from './drain.ts';
import { soakFlapping } from './flapping.ts';
import { soakOutage } from './outage.ts';
import { soakRedisOutage } from './redis-outage.ts';
import { soakReload } from './reload.ts';
import { soakSharedLimits } from './shared-limits.ts';
import { soakSlowReaders } from './slow-readers.ts';
import { soakStreams } from './streams.ts';
import { soakVanish } from './vanish.ts';

interface Scenario {
  readonly name: string;
  readonly full: () => Promise<SoakResult>;
  readonly short: () => Promise<SoakResult>;
}

function scenario<Plan>(
  name: string,
  run: (plan: Plan) => Promise<SoakResult>,
  plans: { readonly full: Plan; readonly short: Plan },
): Scenario {
  return { name, full: () => run(plans.full), short: () => run(plans.short) };
}

const SCENARIOS: readonly Scenario[] = [
  scenario('streams', soakStreams, {
    full: { streams: 1_000, tokensPerSecond: 20, seconds: 60 },
    short: { streams: 100, tokensPerSecond: 20, seconds: 6 },
  }),
  scenario('vanish', soakVanish, { full: { clients: 1_000, rounds: 5 }, short: { clients: 200, rounds: 3 } }),
  scenario('drain', soakDrain, { full: { streams: 1_000, seconds: 15 }, short: { streams: 200, seconds: 4 } }),
  scenario('slow-readers', soakSlowReaders, {
    full: { slow: 20, healthy: 50, seconds: 20 },
    short: { slow: 8, healthy: 10, seconds: 5 },
  }),
  scenario('reload', soakReload, {
    full: { seconds: 60, everyMs: 100, plainClients: 16, streamClients: 32, restMs: 50 },
    short: { seconds: 6, everyMs: 100, plainClients: 4, streamClients: 8, restMs: 20 },
  }),
  scenario('outage', soakOutage, {
    full: { calmSeconds: 3, downSeconds: 60, backSeconds: 40, everyMs: 250 },
    short: { calmSeconds: 1, downSeconds: 3, backSeconds: 10, everyMs: 100 },
  }),
  scenario('flapping', soakFlapping, {
    full: { seconds: 60, clients: 16, restMs: 50, flapMs: 1_500 },
    short: { seconds: 7, clients: 8, restMs: 5, flapMs: 500 },
  }),
  // The tests play all of them with scaled durations.
  scenario('chaos', soakChaos, {
    full: { speed: 1, parallel: 40 },
    short: { speed: 10, parallel: 4, cases: CHAOS_CASES.slice(0, 4) },
  }),
  scenario('redis-outage', soakRedisOutage, {
    full: { perSecond: 500, seconds: 15, judgesLatency: true },
    short: { perSecond: 500, seconds: 3, judgesLatency: false },
  }),
  scenario('shared-limits', soakSharedLimits, {
    full: { calmSeconds: 75, fleets: [2, 4], losses: ['flush', 'restart', 'failover'] },
    short: { calmSeconds: 63, fleets: [2], losses: [] },
  }),
];

/** What a scenario throws is a failure of that one: the others still run. */
async function runOne({ name, full, short }: Scenario, isShort: boolean): Promise<SoakResult> {
  try {
    return await (isShort ? short() : full());
  } catch (error) {
    return { name, figures: [], failures: [error instanceof Error ? (error.stack ?? error.message) : String(error)] };
  }
}

const isShort = process.argv.includes('--short');
const onlyAt = process.argv.indexOf('--only');
const only = onlyAt === -1 ? undefined : (process.argv[onlyAt + 1] ?? '').split(',');
const chosen = SCENARIOS.filter(({ name }) => only?.includes(name) ?? true);
let failed = 0;
for (const one of chosen) {
  const startedAt = performance.now();
  const { name, figures, failures } = await runOne(one, isShort);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  const lines = [`${failures.length === 0 ? 'passed' : 'FAILED'}  ${one.name}: ${name} (${seconds} s)`];
  lines.push(...figures.map((line) => `  ${line}`), ...failures.map((line) => `  failure: ${line}`), '');
  process.stdout.write(lines.join('\n'));
  failed += failures.length === 0 ? 0 : 1;
}
if (chosen.length === 0) process.stdout.write(`scenarios: ${SCENARIOS.map(({ name }) => name).join(', ')}\n`);
process.stdout.write(`${chosen.length - failed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 && chosen.length > 0 ? 0 : 1;
