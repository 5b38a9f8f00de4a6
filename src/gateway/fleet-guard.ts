// How the shell touches numbers that threads share: one thread at a time. The core knows nothing of it; whoever calls the
// core from outside does it inside the guard. A lone process has no guard, and pays nothing.
import type { Millis } from '../core/units.ts';

/** Never held over an `await`. Not to be entered twice. */
export interface FleetGuard {
  /** Waits until nobody else is inside. Returns the time to go on with: never earlier than any that was used before. */
  enter(now: Millis): Millis;
  /** `mayFree`: units may have come back, which others may be waiting for. */
  leave(mayFree: boolean): void;
  /** Calls `listener` soon after another thread has given units back, until it says false. */
  watch(listener: () => boolean): void;
}

/** One look or change from outside the hot path. */
export function insideGuard<Result>(guard: FleetGuard | undefined, now: Millis, work: (now: Millis) => Result): Result {
  if (guard === undefined) return work(now);
  const at = guard.enter(now);
  try {
    return work(at);
  } finally {
    guard.leave(false);
  }
}
