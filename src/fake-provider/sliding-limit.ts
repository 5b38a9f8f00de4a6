// Requests or tokens a minute, enforced exactly: what was taken in the last sixty seconds counts, nothing else does.
// Refused requests do not count.
const WINDOW_MS = 60_000;

interface Taken {
  readonly atMs: number;
  readonly units: number;
}

/** How a limit stands after a request was weighed. */
export interface LimitVerdict {
  readonly isAdmitted: boolean;
  readonly remaining: number;
  /** Until the units asked for come free; 0 when they were. A request above the whole limit waits for ever: 86,400 s. */
  readonly waitMs: number;
  /** Until the window is empty again, with these units taken if they were admitted. */
  readonly resetMs: number;
}

/** One limit of one model. Times are milliseconds of any monotonic clock. */
export class SlidingLimit {
  #taken: Taken[] = [];
  #sum = 0;

  /** Weighs `units` against `limit`; takes nothing. */
  weigh(limit: number, units: number, nowMs: number): LimitVerdict {
    this.#expire(nowMs);
    const isAdmitted = this.#sum + units <= limit;
    const newest = this.#taken.at(-1);
    return {
      isAdmitted,
      remaining: Math.max(0, limit - this.#sum - (isAdmitted ? units : 0)),
      waitMs: isAdmitted ? 0 : this.#waitMs(limit, units, nowMs),
      resetMs: isAdmitted ? WINDOW_MS : newest === undefined ? 0 : newest.atMs + WINDOW_MS - nowMs,
    };
  }

  /** Takes `units` now. */
  take(units: number, nowMs: number): void {
    this.#taken.push({ atMs: nowMs, units });
    this.#sum += units;
  }

  #expire(nowMs: number): void {
    let gone = 0;
    for (const entry of this.#taken) {
      if (entry.atMs + WINDOW_MS > nowMs) break;
      this.#sum -= entry.units;
      gone += 1;
    }
    if (gone > 0) this.#taken = this.#taken.slice(gone);
  }

  #waitMs(limit: number, units: number, nowMs: number): number {
    let free = limit - this.#sum;
    for (const entry of this.#taken) {
      free += entry.units;
      if (free >= units) return entry.atMs + WINDOW_MS - nowMs;
    }
    return 86_400_000;
  }
}
