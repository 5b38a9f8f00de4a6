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

/**
 * The earliest `ms` that `microsBefore` puts at `us` or later. Plain division may fall a rounding error short: whoever
 * waits until then would find the unit still taken, and wait until the same moment again.
 */
export function toMillis(us: Micros): Millis {
  const ms = us / 1000;
  return microsBefore(ms) < us ? (us + QUARTER) / 1000 : ms;
}

/** Of a microsecond: more than the error of a division, for clocks of up to a century. */
const QUARTER = 0.25;
