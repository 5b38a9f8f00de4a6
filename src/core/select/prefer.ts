// The second step of a decision: of the usable candidates, those that should be used. A deployment that this request
// has not tried comes before any that it has; among equals the lowest `order` wins, as in LiteLLM 1.106 (3.2, 3.8).
import { load } from '../fleet/cells.ts';
import type { RoutingPolicy, RoutingTable } from '../routing-table.ts';
import type { DeploymentIndex } from '../units.ts';
import type { SelectContext } from './select-context.ts';

/** Keeps the preferred ones of the first `count` in the fleet's scratch space; returns how many they are. */
export function preferCandidates(context: SelectContext, count: number): number {
  const { scratch } = context.fleet;
  const { policy, table } = context;
  const anyTried = context.tried.length > 0;
  let kept = 0;
  let bestTried = true;
  let bestOrder = Number.POSITIVE_INFINITY;
  for (let nth = 0; nth < count; nth++) {
    const index = load(scratch, nth);
    const tried = anyTried && context.tried.includes(index);
    const order = orderOf(table, policy, index);
    if (tried !== bestTried ? tried : order > bestOrder) continue;
    if (tried !== bestTried || order < bestOrder) {
      bestTried = tried;
      bestOrder = order;
      kept = 0;
    }
    scratch[kept] = index;
    kept++;
  }
  return kept;
}

/** `order` of a deployment under a policy; a deployment without comes last. */
export function orderOf(table: RoutingTable, { priorities }: RoutingPolicy, index: DeploymentIndex): number {
  const order = priorities === undefined ? table.deployments[index]?.order : priorities.get(index);
  return order ?? Number.POSITIVE_INFINITY;
}
