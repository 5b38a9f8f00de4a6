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
  traceShortage(state, none, now);
  const wait = worthWaitingUntil(state, none, { hasFailed: hop.lastFailure !== undefined, now });
  if (wait !== undefined && wait.untilMs <= latestWaitMs(state.context, hop.waitingSinceMs)) {
    const { fallbackAfterMs } = state.table.settings;
    if (wait.untilMs - now <= fallbackAfterMs || !state.hasFallback) {
      state.trace?.wait(wait, now);
      return { kind: 'wait', ...wait };
    }
    const retry = { candidates: hop.candidates, ...wait, counts: false, isDeferred: true };
    if (hop.depth === 0) state.deferred ??= { hop, retry };
  }
  hopFailed(state, hop.lastFailure ?? shortageFailure(state, none, { group: state.group, now }), now);
  return undefined;
}

/** Nothing was taken, so that looking at it afterwards shows what the decision saw. */
function traceShortage(state: PlanState, none: NonePicked, now: Millis): void {
  const isNews = state.trace === undefined;
  if (isNews) state.noticeTrouble(now);
  if (state.trace === undefined) return;
  if (isNews) state.trace.look(state, now);
  state.trace.foundNobody(state.group, none, now);
}
