// A clock that stands still until the test moves it, with chance that repeats: what depends on the minute can be told to
// the millisecond. Timers run on real time, since they only guard here.
import { createClock, type Clock } from '../../src/upstream/clock.ts';
import { seededRng } from './seeded-rng.ts';

export interface HandClock extends Clock {
  advance(ms: number): void;
}

export function handClock(seed: number): HandClock {
  const random = seededRng(seed);
  let nowMs = 1_000_000;
  return { ...createClock(), now: () => nowMs, random, advance: (ms) => void (nowMs += ms) };
}
