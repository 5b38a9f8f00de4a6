// One clock for all threads: each thread's own begins with the thread, and the numbers that they share are dated. The
// processor's counter behind both is the same, so the distance between the two is a constant that is measured once.
import { createClock, type Clock } from '../upstream/clock.ts';

const NS_PER_MS = 1e6;
/** Of so many looks the best is taken: between its two readings the least time passed. */
const LOOKS = 50;

/** Moment 0 for a new set of threads, in nanoseconds of the process. */
export function originNow(): bigint {
  return process.hrtime.bigint();
}

/** Milliseconds since `originNs`, `speed` times as fast as the wall; in every thread the same to less than a microsecond. */
export function commonClock(originNs: bigint, speed: number): Clock {
  const clock = createClock(speed);
  let offsetMs = Number.NEGATIVE_INFINITY;
  for (let left = LOOKS; left > 0; left--) {
    const sinceOriginMs = Number(process.hrtime.bigint() - originNs) / NS_PER_MS;
    offsetMs = Math.max(offsetMs, sinceOriginMs - performance.now());
  }
  return { ...clock, now: () => (performance.now() + offsetMs) * speed };
}
