// Durations of a run by their logarithm: quantiles of a million values to within 2 % in a few kilobytes.
const GROWTH = Math.log(1.02);
const SMALLEST = 0.01;
const BUCKETS = 2_000;

export interface Quantiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly most: number;
}

export class Histogram {
  readonly #counts = new Float64Array(BUCKETS);
  #total = 0;
  #most = 0;

  add(value: number): void {
    const bucket = value <= SMALLEST ? 0 : Math.ceil(Math.log(value / SMALLEST) / GROWTH);
    const place = Math.min(BUCKETS - 1, bucket);
    this.#counts[place] = (this.#counts[place] ?? 0) + 1;
    this.#total += 1;
    if (value > this.#most) this.#most = value;
  }

  quantiles(): Quantiles {
    return { p50: this.#at(0.5), p95: this.#at(0.95), p99: this.#at(0.99), most: this.#most };
  }

  /** Upper edge of the bucket that holds the quantile; 0 when nothing was added. */
  #at(quantile: number): number {
    let left = this.#total * quantile;
    for (let bucket = 0; bucket < BUCKETS && this.#total > 0; bucket++) {
      left -= this.#counts[bucket] ?? 0;
      if (left <= 0) return Math.min(this.#most, SMALLEST * Math.exp(bucket * GROWTH));
    }
    return this.#most;
  }
}
