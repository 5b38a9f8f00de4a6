// Cases 18 to 48 of the reference where Loadstone answers otherwise on purpose: the tests of these cases assert what it
// does, and users find the reason under the heading of docs/differences.md that the row names.

export interface DifferingCase {
  readonly number: number;
  /** An anchor in docs/differences.md. */
  readonly anchor: string;
}

export const DIFFERING_CASES: readonly DifferingCase[] = [
  { number: 18, anchor: 'limits-are-enforced' },
  { number: 19, anchor: 'limits-are-enforced' },
  { number: 24, anchor: 'retry-after' },
  { number: 26, anchor: 'refused-keys' },
  { number: 28, anchor: 'retry-after' },
  { number: 34, anchor: 'half-open-instead-of-blind-return' },
  { number: 47, anchor: 'trailing-commas-and-comments' },
];
