// Recorded cases that Loadstone answers differently on purpose. Every row names the section of docs/differences.md where
// users find the reason. A row whose case is equal fails the suite, so the table cannot go stale.

/** One case that differs on purpose. */
export interface DifferenceRow {
  /** The full id of the case. */
  readonly id: string;
  readonly reason: string;
  /** The anchor of a heading in docs/differences.md. */
  readonly anchor: string;
}

export const DIFFERENCES: readonly DifferenceRow[] = [];
