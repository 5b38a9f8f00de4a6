// No deployment of the group can take the request now: wait, if waiting is worth it, or leave the group.
import { latestWaitMs } from '../deadline.ts';
import type { Action } from '../outcome.ts';
import type { NonePicked } from '../select/select-context.ts';
import type { Millis } from '../units.ts';
import type { Hop } from './hop.ts';
import { hopFailed } from './moves.ts';
import type { PlanState } from './plan-state.ts';
import { shortageFailure, worthWaitingUntil } from './shortage-failure.ts';

/** The wait to make, or `undefined`: the plan has moved on. */
export function onShortage(
  state: PlanState,
  none: NonePicked,
  at: { readonly hop: Hop; readonly now: Millis },
): Action | undefined {
  const { hop, now } = at;
  hop.waitingSinceMs ??= now;
  const wait = worthWaitingUntil(state, none, { hasFailed: hop.lastFailure !== undefined, now });
  if (wait !== undefined && wait.untilMs <= latestWaitMs(state.context, hop.waitingSinceMs)) {
    const { fallbackAfterMs } = state.table.settings;
    if (wait.untilMs - now <= fallbackAfterMs || !state.hasFallback) return { kind: 'wait', ...wait };
    const retry = { candidates: hop.candidates, ...wait, counts: false, isDeferred: true };
    if (hop.depth === 0) state.deferred ??= { hop, retry };
  }
  const isFallbackById = hop.resolution.byId && hop.depth > 0;
  hopFailed(state, hop.lastFailure ?? shortageFailure(state, none, { group: state.group, isFallbackById, now }), now);
  return undefined;
}
