// The newest samples of one measured time, each with the moment it was taken, in a ring of fixed size. It knows nothing
// of what was measured: which samples still count, and what their mean means, is the business of who reads them.
import { load, store } from './cells.ts';
import type { Micros } from './micros.ts';

export interface Samples {
  readonly cells: Float64Array;
  readonly at: number;
  readonly capacity: number;
}

const NEXT = 0; // ring position of the next sample
const COUNT = 1;
const RING = 2; // capacity times, then capacity values

/** Cells that a ring needs. */
export function samplesSize(capacity: number): number {
  return RING + 2 * capacity;
}

/** Appends a sample; a full ring loses its oldest. */
export function samplesAdd(samples: Samples, atUs: Micros, value: Micros): void {
  const { cells, at, capacity } = samples;
  const next = load(cells, at + NEXT);
  store(cells, at + RING + next, atUs);
  store(cells, at + RING + capacity + next, value);
  store(cells, at + NEXT, (next + 1) % capacity);
  store(cells, at + COUNT, Math.min(capacity, load(cells, at + COUNT) + 1));
}

/** How many of the `newest` samples were taken after `sinceUs`; they were added in the order of their times. */
export function samplesSince(samples: Samples, newest: number, sinceUs: Micros): number {
  const most = Math.min(newest, load(samples.cells, samples.at + COUNT));
  if (most === 0 || load(samples.cells, placeOf(samples, most - 1)) > sinceUs) return most;
  let count = 0;
  while (count < most && load(samples.cells, placeOf(samples, count)) > sinceUs) count++;
  return count;
}

/** Mean of the `count` newest samples; `count` is at least 1 and no more than there are. */
export function samplesMean(samples: Samples, count: number): number {
  const { cells, at, capacity } = samples;
  const valuesAt = at + RING + capacity;
  let sum = 0;
  let position = load(cells, at + NEXT);
  for (let left = count; left > 0; left--) {
    position = (position === 0 ? capacity : position) - 1;
    sum += load(cells, valuesAt + position);
  }
  return sum / count;
}

/**
 * The smallest of the `count` newest samples that at least the share `quantile` of them does not exceed (nearest rank).
 * Quadratic in the count, which is small, so that nothing is copied or sorted.
 */
export function samplesQuantile(samples: Samples, count: number, quantile: number): number {
  const rank = quantile * count - RANK_SLACK;
  let best = Number.POSITIVE_INFINITY;
  for (let nth = 0; nth < count; nth++) {
    const value = valueOf(samples, nth);
    if (value < best && countUpTo(samples, count, value) >= rank) best = value;
  }
  return best;
}

/** A product such as 0.07 × 100 lies a little above the whole number that is meant. */
const RANK_SLACK = 1e-9;

function countUpTo(samples: Samples, count: number, value: number): number {
  let found = 0;
  for (let nth = 0; nth < count; nth++) if (valueOf(samples, nth) <= value) found++;
  return found;
}

/** Copies all samples into an empty ring of the same size (config reload). */
export function samplesCopy(from: Samples, to: Samples): void {
  const size = samplesSize(from.capacity);
  for (let offset = 0; offset < size; offset++) store(to.cells, to.at + offset, load(from.cells, from.at + offset));
}

/** Cell of the time of a sample, the newest being 0. */
function placeOf({ cells, at, capacity }: Samples, nth: number): number {
  return at + RING + ((load(cells, at + NEXT) - 1 - nth + capacity) % capacity);
}

function valueOf(samples: Samples, nth: number): number {
  return load(samples.cells, placeOf(samples, nth) + samples.capacity);
}
