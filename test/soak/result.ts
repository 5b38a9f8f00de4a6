// What one scenario of a soak run found.

export interface SoakResult {
  readonly name: string;
  /** Lines for people. */
  readonly figures: readonly string[];
  /** Empty: it passed. */
  readonly failures: readonly string[];
}
