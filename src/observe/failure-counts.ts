// Failures by what went wrong. A deployment or a model fails in few ways, so a short list that is searched beats a map
// with a key made of text for every failure.
import type { Failure, FailureCause } from '../core/outcome.ts';

interface FailureCount {
  readonly status: number;
  readonly exceptionClass: string;
  readonly cause: FailureCause;
  count: number;
}

export class FailureCounts {
  readonly entries: FailureCount[] = [];

  add(failure: Failure): void {
    this.#add(failure, 1);
  }

  /** Adds what was counted elsewhere. */
  absorb({ entries }: Pick<FailureCounts, 'entries'>): void {
    for (const entry of entries) this.#add(entry, entry.count);
  }

  #add({ status, exceptionClass, cause }: Omit<FailureCount, 'count'>, times: number): void {
    for (const entry of this.entries) {
      if (entry.status === status && entry.cause === cause && entry.exceptionClass === exceptionClass) {
        entry.count += times;
        return;
      }
    }
    this.entries.push({ status, exceptionClass, cause, count: times });
  }

  /** Added up by one view of them: a label text that leaves something out. */
  by(view: (entry: Readonly<FailureCount>) => string): ReadonlyMap<string, number> {
    const sums = new Map<string, number>();
    for (const entry of this.entries) {
      const key = view(entry);
      sums.set(key, (sums.get(key) ?? 0) + entry.count);
    }
    return sums;
  }
}
