// The chaos suite with durations as they are, for `npm run soak`: all cases, all clients, both kinds of providers, many at
// a time because most of a case is waiting.
import { preparePythonClients, type PythonClients } from '../../scripts/python-clients.ts';
import type { SoakResult } from '../soak/result.ts';
import { CHAOS_CASES } from './chaos-cases.ts';
import type { ChaosCase } from './chaos-case.ts';
import { allClients } from './clients/all-clients.ts';
import { readKnownAnswers, STYLES } from './known-answers.ts';
import { playCase, type Play } from './play-case.ts';

export interface ChaosPlan {
  /** How much faster than written durations pass: 1 for real ones. */
  readonly speed: number;
  /** Runs at a time. */
  readonly parallel: number;
  /** Default: all. */
  readonly cases?: readonly ChaosCase[];
  /** Default: made where the machine can. */
  readonly python?: PythonClients;
}

interface Run {
  readonly one: ChaosCase;
  readonly play: Play;
}

/** What was found; never rejects for what a gateway or a client does. */
export async function soakChaos(plan: ChaosPlan): Promise<SoakResult> {
  const { speed, parallel, cases = CHAOS_CASES, python = preparePythonClients() } = plan;
  const clients = allClients(python);
  const known = await readKnownAnswers();
  const runs: Run[] = cases.flatMap((one) =>
    one.modes.flatMap((mode) =>
      STYLES.flatMap((style) => clients.list.map((client) => ({ one, play: { client, mode, style, speed, known } }))),
    ),
  );
  const startedAt = performance.now();
  const failures = await playAll(longestFirst(runs), parallel);
  await clients.close();
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  const missing = python.kind === 'missing' ? [`without the Python client: ${python.reason}`] : [];
  return {
    name: `${cases.length} kinds of trouble through ${clients.list.length} clients`,
    figures: [`${runs.length - failures.length} of ${runs.length} runs kept the contract, in ${seconds} s`, ...missing],
    failures: runs.length === 0 ? ['nothing was played'] : failures,
  };
}

/** A minute's outage that began last would prolong everything by a minute. */
function longestFirst(runs: readonly Run[]): Run[] {
  const lengthMs = ({ one: { series } }: Run): number => (series === undefined ? 0 : series.requests * series.everyMs);
  return runs.toSorted((one, other) => lengthMs(other) - lengthMs(one));
}

/** One line for each run that went wrong. */
async function playAll(runs: readonly Run[], parallel: number): Promise<readonly string[]> {
  const left = runs.values();
  const failures: string[] = [];
  const worker = async (): Promise<void> => {
    for (const { one, play } of left) {
      const problems = await playCase(one, play);
      if (problems.length === 0) continue;
      failures.push(`${play.client.name}, ${play.mode}, ${play.style}, ${one.name}: ${problems.join('; ')}`);
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  return failures;
}
