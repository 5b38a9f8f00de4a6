// The second step of a decision: of the usable candidates, those that should be used. A deployment that this request
// has not tried comes before any that it has; among equals the lowest `order` wins, as in LiteLLM 1.106 (3.2, 3.8).
import type { SelectContext } from './select-context.ts';

/** Keeps the preferred ones of the first `count` in the fleet's scratch space; returns how many they are. */
export function preferCandidates(context: SelectContext, count: number): number {
  const { scratch } = context.fleet;
  const { deployments } = context.table;
  const anyTried = context.tried.length > 0;
  let kept = 0;
  let bestTried = true;
  let bestOrder = Number.POSITIVE_INFINITY;
  for (let nth = 0; nth < count; nth++) {
    const index = scratch[nth] ?? -1;
    const tried = anyTried && context.tried.includes(index);
    const order = deployments[index]?.order ?? Number.POSITIVE_INFINITY;
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
