// Recorded cases that need a feature which is planned and not there yet. `loadstone check` warns about each of these
// features. A row whose case is equal fails the suite: then the feature is there, and the row goes.

/** One case that waits for a feature. */
export interface MissingFeatureRow {
  /** The full id of the case. */
  readonly id: string;
  readonly feature: string;
  /** The requests of the case that differ, from 1; empty = the whole case. */
  readonly requests: readonly number[];
}

export const NOT_BUILT_YET: readonly MissingFeatureRow[] = [
  { id: 'g57-local-cache', feature: 'caching of answers (`litellm_settings.cache`)', requests: [2, 5, 8] },
  { id: 'a49-anthropic', feature: 'the native Anthropic wire format upstream (`/v1/messages`)', requests: [1, 2] },
  { id: 'a55-responses-and-messages', feature: 'the `/v1/messages` endpoint', requests: [2, 3] },
  { id: 'i05-open-routes', feature: 'the pages of the admin UI', requests: [19, 21, 22, 23] },
];
