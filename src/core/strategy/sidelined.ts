// How a recovering deployment comes back under a strategy where the best takes all: a score cannot give it a tenth of
// the traffic, so it competes in a tenth of the decisions and stands behind everybody else in the others.
import type { Rng } from '../units.ts';

/** Above every score of a strategy that uses it. */
export const SIDELINED = 1e13;

/** The score in this decision; `ramp` is the share of decisions in which the candidate competes, above 0 to 1. */
export function rampedScore(score: number, ramp: number, rng: Rng): number {
  return ramp >= 1 || rng() < ramp ? score : score + SIDELINED;
}
