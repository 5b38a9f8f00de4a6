// Which requests stick to the deployment that served their like before: `optional_pre_call_checks` and its like.
import type { Millis } from '../units.ts';

/** What a group's requests may stick by, strongest first. */
export interface AffinityFlags {
  /** `session_affinity`: the id of the caller's session. */
  readonly session: boolean;
  /** `prompt_caching`: a prompt that begins alike, whose cache only that deployment has. */
  readonly prompt: boolean;
  /** `deployment_affinity`: the caller's key. */
  readonly caller: boolean;
}

export interface AffinitySettings {
  readonly flags: AffinityFlags;
  /** Groups with flags of their own (`model_group_affinity_config`). */
  readonly byGroup: ReadonlyMap<string, AffinityFlags>;
  /** On for any group: what has to be known of a request. */
  readonly anywhere: AffinityFlags;
  /** How long sessions and callers are remembered after their last request. */
  readonly ttlMs: Millis;
}

/** How long a provider keeps the cache of a prompt: LiteLLM's fixed 300 s. */
export const PROMPT_TTL_MS: Millis = 300_000;

export function flagsOf({ flags, byGroup }: AffinitySettings, group: string): AffinityFlags {
  return byGroup.get(group) ?? flags;
}

/** What a request can be recognised by: hashes, never the text or key itself. `undefined` = it has none of it. */
export interface StickyKeys {
  readonly session: string | undefined;
  readonly caller: string | undefined;
  /** Beginnings of the prompt, the longest first: that one is remembered, any of them is recognised. */
  readonly prompts: readonly string[];
}
