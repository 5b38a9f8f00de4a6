// A provider's own limit, counted in its own way and without knowledge of ours: what the limiter of the core must never
// run into. Three ways that providers count requests per minute.
import type { Millis } from '../src/core/units.ts';

const WINDOW_MS: Millis = 60_000;
/** Rounding errors of the arithmetic here are no violation of anybody's limit. */
const SLACK_MS: Millis = 1e-6;

export interface ProviderLimit {
  /** `sliding-log` is the strictest: no 60 s hold more than `rpm`. */
  readonly kind: 'bucket' | 'fixed-window' | 'sliding-log';
  readonly rpm: number;
  /** Where fixed windows begin. */
  readonly phaseMs: Millis;
}

export interface LimitCounter {
  /** 0 = counted; else how long to stay away. A refused request is not counted. */
  take(now: Millis): Millis;
}

export function limitCounter(limit: ProviderLimit): LimitCounter {
  switch (limit.kind) {
    case 'bucket':
      return new Bucket(limit.rpm);
    case 'fixed-window':
      return new FixedWindow(limit);
    case 'sliding-log':
      return new SlidingLog(limit.rpm);
  }
}

/** Full at the start, refilled evenly. */
class Bucket implements LimitCounter {
  readonly #rpm: number;
  #tokens: number;
  #atMs: Millis = 0;

  constructor(rpm: number) {
    this.#rpm = rpm;
    this.#tokens = rpm;
  }

  take(now: Millis): Millis {
    this.#tokens = Math.min(this.#rpm, this.#tokens + ((now - this.#atMs) * this.#rpm) / WINDOW_MS);
    this.#atMs = now;
    if (this.#tokens + SLACK_MS < 1) return ((1 - this.#tokens) * WINDOW_MS) / this.#rpm;
    this.#tokens -= 1;
    return 0;
  }
}

class FixedWindow implements LimitCounter {
  readonly #limit: ProviderLimit;
  #window = -1;
  #used = 0;

  constructor(limit: ProviderLimit) {
    this.#limit = limit;
  }

  take(now: Millis): Millis {
    const window = Math.floor((now + this.#limit.phaseMs + SLACK_MS) / WINDOW_MS);
    if (window !== this.#window) this.#used = 0;
    this.#window = window;
    if (this.#used >= this.#limit.rpm) return (window + 1) * WINDOW_MS - this.#limit.phaseMs - now;
    this.#used += 1;
    return 0;
  }
}

/** The times of the last `rpm` requests, in a ring. */
class SlidingLog implements LimitCounter {
  readonly #times: Float64Array;
  #next = 0;

  constructor(rpm: number) {
    this.#times = new Float64Array(rpm).fill(-Infinity);
  }

  take(now: Millis): Millis {
    const freeAtMs = (this.#times[this.#next] ?? Infinity) + WINDOW_MS;
    if (freeAtMs > now + SLACK_MS) return freeAtMs - now;
    this.#times[this.#next] = now;
    this.#next = (this.#next + 1) % this.#times.length;
    return 0;
  }
}
