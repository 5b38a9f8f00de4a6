// A clock that moves only when the test says so, with its timers: everything that is due happens in order, and promises
// settle in between.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock, TimerHandle } from '../../src/upstream/clock.ts';
import { seededRng } from './seeded-rng.ts';

export interface VirtualClock extends Clock {
  advance(ms: number): Promise<void>;
}

interface Due {
  readonly atMs: number;
  readonly run: () => void;
  unref(): Due;
}

export function virtualClock(seed = 1): VirtualClock {
  let nowMs = 1_000_000;
  const timers = new Set<Due>();
  const earliest = (): Due | undefined => [...timers].toSorted((one, other) => one.atMs - other.atMs)[0];
  return {
    now: () => nowMs,
    random: seededRng(seed),
    after: (ms, callback, argument) => {
      const due: Due = { atMs: nowMs + ms, run: () => callback(argument), unref: () => due };
      timers.add(due);
      return due as unknown as TimerHandle;
    },
    cancel: (timer) => void timers.delete(timer as unknown as Due),
    advance: async (ms) => {
      const untilMs = nowMs + ms;
      for (;;) {
        await nextTurn();
        const next = earliest();
        if (next === undefined || next.atMs > untilMs) break;
        timers.delete(next);
        nowMs = Math.max(nowMs, next.atMs);
        next.run();
      }
      nowMs = untilMs;
    },
  };
}
