// The hard bound on calls to Redis: whatever the requests do, one instance makes at most 20 in any second, and never two
// closer together than a few milliseconds. A bucket rather than a count, so that need that lasts is served at even
// distances instead of in bursts with nothing in between.
import type { Millis } from '../core/units.ts';

/** Calls at once, and calls per second that come back: their sum is the bound. */
const BURST = 4;
const PER_SECOND = 16;
export const CALLS_PER_SECOND = BURST + PER_SECOND;
const REFILL_MS = 1_000 / PER_SECOND;
/** Wishes that come thick and fast are answered by one call. */
export const LEAST_GAP_MS = 5;

export class CallRate {
  #calls = BURST;
  #countedMs: Millis = Number.NEGATIVE_INFINITY;
  #lastMs: Millis = Number.NEGATIVE_INFINITY;

  /** The earliest moment, from `now` on, at which a call may begin. */
  nextAt(now: Millis): Millis {
    this.#refill(now);
    const shortMs = this.#calls >= 1 ? 0 : (1 - this.#calls) * REFILL_MS;
    return Math.max(now + shortMs, this.#lastMs + LEAST_GAP_MS);
  }

  begin(now: Millis): void {
    this.#refill(now);
    this.#calls -= 1;
    this.#lastMs = now;
  }

  #refill(now: Millis): void {
    this.#calls = Math.min(BURST, this.#calls + (now - this.#countedMs) / REFILL_MS);
    this.#countedMs = now;
  }
}
