// How long to pause before a lone deployment is tried again. With other deployments at hand there is no pause at all,
// so this is separate from the question whether to retry.
import type { Millis, Rng } from './units.ts';

const FIRST_MS = 500;
const LONGEST_MS = 8_000;

/**
 * Pause before retry number `retriesDone + 1`: full jitter over `0.5 · 2ⁿ` s, capped at 8 s (DESIGN 5), and never less
 * than `floorMs` (`retry_after` of the router, which is the operator's word and may exceed the cap).
 */
export function backoffMs(retriesDone: number, floorMs: Millis, rng: Rng): Millis {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** retriesDone);
  return Math.max(floorMs, ceiling * rng());
}
