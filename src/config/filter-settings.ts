// The settings of the filters that a plain config does not have, put together from the router's section, the server's,
// and the deployments themselves.
import { readBudgets, type BudgetSources } from './budgets.ts';
import { childOf } from './config-node.ts';
import type { ConfigNode, MapNode } from './config-node.ts';
import type { Findings } from './findings.ts';
import { readAffinity } from './read-affinity.ts';
import { booleanIn, millisIn, textIn, textsOf } from './read-value.ts';
import type { SeenDeployment } from './sanity-warnings.ts';
import type { HealthCheckSettings } from './types.ts';
import type { FilterSettings, HealthRouting } from '../core/filter-settings.ts';

/** LiteLLM's fixed default, twice its default interval. */
const DEFAULT_STALENESS_MS = 600_000;

export interface FilterSources extends BudgetSources {
  readonly general: MapNode;
}

export function readFilterSettings(sources: FilterSources, findings: Findings): FilterSettings {
  const { router, seen } = sources;
  return {
    tagFilteringByGroup: tagFilteringByGroup(seen),
    tagRoutingPrefix: textIn(router, 'tag_routing_prefix') ?? '',
    readsUserAgent: seen.some(({ deployment }) => deployment.tagPatterns.length > 0),
    budgets: readBudgets(sources, findings),
    healthRouting: readHealthRouting(sources, findings),
    affinity: readAffinity(router, findings),
  };
}

/** The first deployment of a group that says something speaks for it (1.106). */
function tagFilteringByGroup(seen: readonly SeenDeployment[]): ReadonlyMap<string, boolean> | undefined {
  const byGroup = new Map<string, boolean>();
  for (const { entry, deployment } of seen) {
    const value = booleanIn(entry.info, 'enable_tag_filtering');
    if (value !== undefined && !byGroup.has(deployment.group)) byGroup.set(deployment.group, value);
  }
  return byGroup.size === 0 ? undefined : byGroup;
}

/** In `general_settings` or `router_settings`; the router's word beats the server's (1.106, 1.4g). */
function checkedGroups({ router, general }: Pick<FilterSources, 'router' | 'general'>): readonly string[] | undefined {
  const key = 'background_health_check_model_groups';
  const node = childOf(router, key) ?? childOf(general, key);
  return node === undefined ? undefined : textsOf(node);
}

/** What the background checks ask, and which of their answers count. */
export function readHealthChecks(sections: Pick<FilterSources, 'router' | 'general'>): HealthCheckSettings {
  const { router, general } = sections;
  const transient = 'health_check_ignore_transient_errors';
  return {
    healthCheckGroups: checkedGroups(sections),
    ignoreTransientCheckErrors: booleanIn(router, transient) ?? booleanIn(general, transient) ?? false,
  };
}

/** As in 1.106 `allowed_fails_policy` without a list of groups leaves health to the breaker alone. */
function readHealthRouting(sources: FilterSources, findings: Findings): HealthRouting | undefined {
  const { router, general } = sources;
  const key = 'enable_health_check_routing';
  if (!(booleanIn(router, key) ?? booleanIn(general, key) ?? false)) return undefined;
  const node = childOf(router, key) ?? childOf(general, key);
  const spot = {
    place: node?.place ?? router.place,
    where: `${childOf(router, key) === undefined ? 'general' : 'router'}_settings.${key}`,
  };
  if (booleanIn(general, 'background_health_checks') !== true) {
    findings.warning(spot, 'no effect without general_settings.background_health_checks: true');
    return undefined;
  }
  const groups = checkedGroups(sources);
  if (groups === undefined && isThere(childOf(router, 'allowed_fails_policy'))) {
    findings.warning(
      spot,
      'no effect beside allowed_fails_policy, as in LiteLLM, unless background_health_check_model_groups lists groups',
    );
    return undefined;
  }
  const staleness = 'health_check_staleness_threshold';
  return {
    stalenessMs: millisIn(router, staleness) ?? millisIn(general, staleness) ?? DEFAULT_STALENESS_MS,
    groups: groups === undefined ? undefined : new Set(groups),
  };
}

function isThere(node: ConfigNode | undefined): boolean {
  return node?.kind === 'map' && node.entries.size > 0;
}
