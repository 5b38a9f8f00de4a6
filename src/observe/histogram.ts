// A histogram of fixed buckets as plain numbers: one observation is a short loop and three additions, with no object
// made. Prometheus's own histogram costs a label hash per observation, which the hot path cannot pay.

/** Seconds a request may take, from a cached answer to a long reasoning run. */
export const LATENCY_BUCKETS_S: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 3, 5, 7.5, 10, 15, 20, 30, 60, 120, 300, 600,
];
/** Seconds that the gateway itself adds. */
export const OVERHEAD_BUCKETS_S: readonly number[] = [
  0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
];
/** Seconds per token of an answer. */
export const TOKEN_LATENCY_BUCKETS_S: readonly number[] = [
  0.001, 0.002_5, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5,
];

/** What was observed, as another thread tells it. */
export type ObservedValues = Pick<Histogram, 'counts' | 'sum'>;

export class Histogram {
  /** Upper bounds, ascending; the last bucket, above them all, has none. */
  readonly bounds: readonly number[];
  /** Observations per bucket, not cumulated; one more than there are bounds. */
  readonly counts: Float64Array;
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  /** A value on a bound belongs to the bucket below it (Prometheus's `le`). */
  observe(value: number): void {
    const { bounds, counts } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] ?? 0)) bucket += 1;
    counts[bucket] = (counts[bucket] ?? 0) + 1;
    this.sum += value;
  }

  /** Adds what was observed elsewhere, under the same bounds. */
  absorb({ counts, sum }: ObservedValues): void {
    for (const [bucket, count] of counts.entries()) this.counts[bucket] = (this.counts[bucket] ?? 0) + count;
    this.sum += sum;
  }
}
