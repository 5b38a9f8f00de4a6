// Settings of the filters and preferences that a plain config does not have. Each is `undefined` or empty there, so that
// a decision sees with a few reads that nothing of it applies.
import type { AffinitySettings } from './affinity/affinity-settings.ts';
import type { Budgets } from './budget/budgets.ts';
import type { Millis } from './units.ts';

/** Background health checks keep traffic from deployments (`enable_health_check_routing`). */
export interface HealthRouting {
  /** An older result does not count. */
  readonly stalenessMs: Millis;
  /** Groups that are steered; `undefined` = all. */
  readonly groups: ReadonlySet<string> | undefined;
}

export interface FilterSettings {
  /** `model_info.enable_tag_filtering` by group, where it is not the router's. */
  readonly tagFilteringByGroup: ReadonlyMap<string, boolean> | undefined;
  /** A tag with this in front is meant for routing; empty = there is no such mark. */
  readonly tagRoutingPrefix: string;
  /** Some deployment has a `tag_regex`: the caller's User-Agent is read. */
  readonly readsUserAgent: boolean;
  readonly budgets: Budgets | undefined;
  readonly healthRouting: HealthRouting | undefined;
  readonly affinity: AffinitySettings | undefined;
}

/** A config without any of them. */
export const NO_FILTERS: FilterSettings = {
  tagFilteringByGroup: undefined,
  tagRoutingPrefix: '',
  readsUserAgent: false,
  budgets: undefined,
  healthRouting: undefined,
  affinity: undefined,
};
