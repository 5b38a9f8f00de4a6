// Recorded cases that need a feature which is planned and not there yet. `loadstone check` warns about each of these
// features. A row whose case is equal fails the suite: then the feature is there, and the row goes.

/** One case that waits for a feature. */
export interface MissingFeatureRow {
  /** The full id of the case. */
  readonly id: string;
  readonly feature: string;
}

export const NOT_BUILT_YET: readonly MissingFeatureRow[] = [
  { id: 'g57-local-cache', feature: 'caching of answers (`litellm_settings.cache`)' },
  { id: 'g18-cost-based', feature: '`routing_strategy: cost-based-routing`' },
  { id: 'd43-retry-policy', feature: '`retry_policy` and `model_group_retry_policy`' },
  { id: 'e49-allowed-fails-policy-429', feature: '`allowed_fails_policy`' },
  { id: 'e50-allowed-fails-policy-zero', feature: '`allowed_fails_policy`' },
  { id: 'a49-anthropic', feature: 'the native Anthropic wire format upstream (`/v1/messages`)' },
  { id: 'a55-responses-and-messages', feature: 'the `/v1/messages` endpoint' },
  { id: 'a56-other-endpoints', feature: '`/utils/token_counter`' },
];
