// How many output tokens a request should be expected to use: the 95th percentile of what this deployment produced
// lately, from a log-scaled histogram that forgets. Learned from settled requests, read once per admission.
import { add, load, store } from '../fleet/cells.ts';
import type { Row } from '../fleet/row.ts';
import { ESTIMATE } from '../fleet/row.ts';

/** Charged for the output before anything is learned, in tokens (DESIGN 6). */
export const UNLEARNED_OUTPUT_TOKENS = 1024;

const QUANTILE = 0.95;
/** The fewest samples of which 5 % is a whole one. */
const SAMPLES_TO_LEARN = 20;
/** All buckets are halved here, so that the last few hundred answers decide. */
const SAMPLES_TO_FORGET = 512;
const BUCKETS_PER_OCTAVE = 4;

/** Expected output in tokens: the learned 95th percentile, else 1,024, and never above what the request allows. */
export function expectedOutputTokens(row: Row, maxTokens: number | undefined): number {
  const learned = row.estimateAt < 0 ? 0 : load(row.cells, row.estimateAt + ESTIMATE.quantile);
  const expected = learned === 0 ? UNLEARNED_OUTPUT_TOKENS : learned;
  return maxTokens === undefined ? expected : Math.min(expected, Math.max(0, Math.ceil(maxTokens)));
}

/** Learns from one finished answer. The quantile is rounded up to the edge of its bucket (at most 19 % too high). */
export function learnOutputTokens(row: Row, completionTokens: number): void {
  if (row.estimateAt < 0 || !(completionTokens >= 0)) return;
  const { cells, estimateAt } = row;
  add(cells, estimateAt + bucketOf(completionTokens), 1);
  const samples = add(cells, estimateAt + ESTIMATE.samples, 1);
  if (samples < SAMPLES_TO_LEARN) return;
  store(cells, estimateAt + ESTIMATE.quantile, quantile(row, samples));
  if (samples >= SAMPLES_TO_FORGET) forgetHalf(row);
}

function bucketOf(tokens: number): number {
  if (tokens <= 1) return 0;
  return Math.min(ESTIMATE.buckets - 1, Math.ceil(Math.log2(tokens) * BUCKETS_PER_OCTAVE));
}

function quantile(row: Row, samples: number): number {
  let above = samples * (1 - QUANTILE);
  for (let bucket = ESTIMATE.buckets - 1; bucket > 0; bucket--) {
    above -= load(row.cells, row.estimateAt + bucket);
    if (above < 0) return Math.ceil(2 ** (bucket / BUCKETS_PER_OCTAVE));
  }
  return 1;
}

function forgetHalf(row: Row): void {
  let left = 0;
  for (let bucket = 0; bucket < ESTIMATE.buckets; bucket++) {
    const half = Math.floor(load(row.cells, row.estimateAt + bucket) / 2);
    store(row.cells, row.estimateAt + bucket, half);
    left += half;
  }
  store(row.cells, row.estimateAt + ESTIMATE.samples, left);
}
