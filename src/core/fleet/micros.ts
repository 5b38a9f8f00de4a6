// The fleet counts time in whole microseconds, because shared memory knows no floating point. The direction of the
// rounding matters to the limiter: what is written is rounded up and what is compared is rounded down, so that a unit
// is never given back early.
import type { Millis } from '../units.ts';

/** Microseconds, an integer. */
export type Micros = number;

/** For comparing: never later than `ms`. */
export function microsBefore(ms: Millis): Micros {
  return Math.floor(ms * 1000);
}

/** For recording: never earlier than `ms`. */
export function microsAfter(ms: Millis): Micros {
  return Math.ceil(ms * 1000);
}

export function toMillis(us: Micros): Millis {
  return us / 1000;
}
