// Which list sent a request to another group: what an operator has to look at when the target surprises. Told after the
// fact, from the same settings that the plan reads.
import type { FailureCause } from '../outcome.ts';
import type { Hop } from '../plan/hop.ts';
import type { RequestIntent } from '../request-intent.ts';
import type { RoutingTable } from '../routing-table.ts';

export type FallbackList =
  | 'order'
  | 'the request'
  | 'context_window_fallbacks'
  | 'content_policy_fallbacks'
  | 'fallbacks'
  | 'default_fallbacks';

/** The list that names the hop after a failure of this cause; `order`: a further level of the same group. */
export function fallbackListOf(
  hop: Hop,
  failed: { readonly table: RoutingTable; readonly intent: RequestIntent; readonly cause: FailureCause },
): FallbackList {
  const { table, intent, cause } = failed;
  if (hop.isOrderStep) return 'order';
  if (intent.fallbacks?.kind === 'targets') return 'the request';
  if (cause === 'context_window') return intent.contextWindowFallbacks ? 'the request' : 'context_window_fallbacks';
  if (cause === 'content_policy') return intent.contentPolicyFallbacks ? 'the request' : 'content_policy_fallbacks';
  if (intent.fallbacks !== undefined) return 'the request';
  const { requested } = hop.resolution;
  const isNamed = (table.settings.fallbacks.generic ?? []).some((rule) =>
    rule.targets.some(({ model }) => model === requested),
  );
  return isNamed ? 'fallbacks' : 'default_fallbacks';
}
