// Recorded cases that need a feature which is planned and not there yet. `loadstone check` warns about each of these
// features. A row whose case is equal fails the suite: then the feature is there, and the row goes.

/** One case that waits for a feature. */
export interface MissingFeatureRow {
  /** The full id of the case. */
  readonly id: string;
  readonly feature: string;
}

export const NOT_BUILT_YET: readonly MissingFeatureRow[] = [];
