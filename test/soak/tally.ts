// What many requests came to: how long they took, and what clients would complain about.

export class Tally {
  readonly #durationsMs: number[] = [];
  readonly #problems = new Map<string, number>();

  /** Waits for the request, which never rejects. */
  async count(request: Promise<string | undefined>): Promise<void> {
    const startedAt = performance.now();
    const problem = await request;
    this.#durationsMs.push(performance.now() - startedAt);
    if (problem !== undefined) this.#problems.set(problem, (this.#problems.get(problem) ?? 0) + 1);
  }

  get requests(): number {
    return this.#durationsMs.length;
  }

  get errors(): number {
    return [...this.#problems.values()].reduce((sum, count) => sum + count, 0);
  }

  /** `p50 2.0 ms, p99 9.1 ms, worst 30.4 ms`. */
  get durations(): string {
    const sorted = this.#durationsMs.toSorted((one, other) => one - other);
    const at = (share: number): string =>
      `${(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(1)} ms`;
    return `p50 ${at(0.5)}, p99 ${at(0.99)}, worst ${at(1)}`;
  }

  /** One line for each kind of complaint, and one when nothing was asked at all. */
  get failures(): string[] {
    const complaints = [...this.#problems].map(([problem, count]) => `${count} × ${problem}`);
    return this.requests === 0 ? ['nothing was asked'] : complaints;
  }
}
