// How long streams were silent between their events: counted by the millisecond, because a run has a million gaps and
// the reader of them shares its processor with the gateway.

const LONGEST_MS = 60_000;

export class GapHistogram {
  readonly #counts = new Uint32Array(LONGEST_MS + 1);
  #total = 0;
  #worstMs = 0;

  add(gapMs: number): void {
    const slot = Math.min(LONGEST_MS, Math.max(0, Math.round(gapMs)));
    this.#counts[slot] = (this.#counts[slot] ?? 0) + 1;
    this.#total += 1;
    this.#worstMs = Math.max(this.#worstMs, gapMs);
  }

  get worstMs(): number {
    return this.#worstMs;
  }

  /** The least number of milliseconds that `share` of all gaps do not exceed; 0 when there are none. */
  quantileMs(share: number): number {
    let left = Math.ceil(this.#total * share);
    for (let slot = 0; slot <= LONGEST_MS; slot++) {
      left -= this.#counts[slot] ?? 0;
      if (left <= 0) return slot;
    }
    return LONGEST_MS;
  }

  /** `median 50 ms, p99 61 ms, worst 140 ms`. */
  get text(): string {
    return `median ${this.quantileMs(0.5)} ms, p99 ${this.quantileMs(0.99)} ms, worst ${Math.round(this.#worstMs)} ms`;
  }
}
