// The shell's clock: monotonic milliseconds, chance and timers, injected wherever time passes so that tests can scale
// it. The core never sees it: it gets `now` and `rng` as arguments.

/** A running timer, to be given back to `cancel`. */
export type TimerHandle = NodeJS.Timeout;

export interface Clock {
  /** Monotonic milliseconds; only differences mean anything. */
  readonly now: () => number;
  /** A number in [0, 1). */
  readonly random: () => number;
  /** Calls `callback(argument)` once after `ms` of this clock. */
  after<T>(ms: number, callback: (argument: T) => void, argument: T): TimerHandle;
  cancel(timer: TimerHandle): void;
}

/** Longest delay that Node's timers take (2^31 - 1 ms); longer ones would fire at once. */
const MAX_DELAY_MS = 2_147_483_647;

/**
 * The real clock, `speed` times as fast as the wall: with 10, a configured second takes 100 ms. Tests use that to run
 * real timeouts quickly; production uses 1.
 */
export function createClock(speed = 1): Clock {
  return {
    now: () => performance.now() * speed,
    random: () => Math.random(),
    after: (ms, callback, argument) => setTimeout(callback, Math.min(ms / speed, MAX_DELAY_MS), argument),
    cancel: (timer) => clearTimeout(timer),
  };
}
