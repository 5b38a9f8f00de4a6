// Replays many groups, a few at a time: most of a replay is waiting (cooldowns are real time), so the groups that wait
// longest start first and the others fill the gaps.
import { compareCase, type Difference } from './compare.ts';
import type { CaseGroup, GoldenCase, GoldenRequest, Observation } from './record.ts';
import { replayGroup } from './replay-group.ts';

/** How one case came out. `note` is the end of the gateway's output, for whoever looks for the reason. */
export interface CaseResult {
  readonly golden: GoldenCase;
  readonly differences: readonly Difference[];
  readonly note: string | undefined;
}

export interface ReplayOptions {
  /** Groups at the same time. */
  readonly lanes: number;
  readonly onResult: (result: CaseResult) => void;
}

/** Replays all groups. A group whose replay breaks gives every case of it one difference that says so. */
export async function replayAll(groups: readonly CaseGroup[], { lanes, onResult }: ReplayOptions): Promise<void> {
  const waiting = groups.toSorted((first, second) => waitMs(second) - waitMs(first));
  const lane = async (): Promise<void> => {
    for (let group = waiting.shift(); group !== undefined; group = waiting.shift()) await replayOne(group, onResult);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

async function replayOne(group: CaseGroup, onResult: (result: CaseResult) => void): Promise<void> {
  const known = new Set<GoldenCase>();
  const listener = (golden: GoldenCase, observation: Observation): void => {
    known.add(golden);
    onResult({ golden, differences: compareCase(golden, group.setup, observation), note: observation.note });
  };
  try {
    await replayGroup(group, listener);
  } catch (error) {
    const got = error instanceof Error ? (error.stack ?? error.message) : String(error);
    for (const golden of group.cases) {
      if (known.has(golden)) continue;
      onResult({ golden, differences: [{ at: 'replay', expected: undefined, got }], note: undefined });
    }
  }
}

/** The pauses that the records prescribe, in milliseconds. */
function waitMs({ cases }: CaseGroup): number {
  return cases.flatMap(({ requests }) => requests).reduce((sum, request) => sum + pausesMs(request), 0);
}

function pausesMs({ wait_ms: before = 0, settle_ms: after = 0, repeat = 1 }: GoldenRequest): number {
  return before + after * repeat;
}
