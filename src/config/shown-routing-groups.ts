// Routing groups as people read them, for `loadstone check` and `/router/settings`: by the names of their models instead
// of the deployments that the router goes by.
import type { RoutingTable, StrategyName } from '../core/routing-table.ts';

export interface ShownRoutingGroup {
  readonly name: string;
  readonly strategy: StrategyName | 'priority';
  readonly models: readonly string[];
}

/** Those that can be called, in the order of the config. */
export function shownRoutingGroups({ routingGroups, deployments }: RoutingTable): ShownRoutingGroup[] {
  return [...routingGroups.values()].map(({ name, policy, deployments: members }) => ({
    name,
    strategy: policy.priorities === undefined ? policy.strategy : 'priority',
    models: [...new Set(members.flatMap((index) => deployments[index]?.group ?? []))],
  }));
}
