// No deployment of the group can take the request now: wait, if waiting is worth it, or leave the group.
import { latestWaitMs } from '../deadline.ts';
import type { Action } from '../outcome.ts';
import type { NonePicked } from '../select/select-context.ts';
import type { Millis } from '../units.ts';
import type { Hop } from './hop.ts';
import { hopFailed } from './moves.ts';
import type { Moment } from './plan-context.ts';
import type { PlanState } from './plan-state.ts';
import { waitInQueue } from './queue-wait.ts';
import { shortageFailure, worthWaitingUntil } from './shortage-failure.ts';

type Shortage = Moment & { readonly hop: Hop };

/** The wait to make, or `undefined`: the plan has moved on. */
export function onShortage(state: PlanState, none: NonePicked, at: Shortage): Action | undefined {
  const { hop, now } = at;
  hop.waitingSinceMs ??= now;
  traceShortage(state, none, now);
  const latestMs = latestWaitMs(state.context, hop.waitingSinceMs);
  if (none.limited > 0 && waitInQueue(state, latestMs, { ...at, sinceMs: hop.waitingSinceMs })) return undefined;
  const wait = worthWaitingUntil(state, none, { hasFailed: hop.lastFailure !== undefined, now });
  if (wait !== undefined && wait.untilMs <= latestMs) {
    const isQueueing = isForQueue(state, none);
    const isLong = wait.untilMs - now > state.table.settings.fallbackAfterMs;
    if (!isQueueing && !(isLong && state.hasFallback)) {
      state.trace?.wait(wait, now);
      return { kind: 'wait', ...wait };
    }
    if (state.hasFallback) putOff(state, hop, isQueueing ? { ...wait, untilMs: now } : wait);
  }
  const isFallbackById = hop.resolution.byId && hop.depth > 0;
  hopFailed(state, hop.lastFailure ?? shortageFailure(state, none, { group: state.group, isFallbackById, now }), now);
  return undefined;
}

/** The next thing to come free is a unit of a limit, and the queue has just refused: no wait beside it. */
function isForQueue(state: PlanState, none: NonePicked): boolean {
  return state.context.queue !== undefined && none.limited > 0 && none.soonestMs === none.limitedUntilMs;
}

function putOff(
  state: PlanState,
  hop: Hop,
  wait: { readonly untilMs: Millis; readonly reason: 'retry-after' | 'capacity' },
): void {
  if (hop.depth > 0) return;
  state.deferred ??= { hop, retry: { candidates: hop.candidates, ...wait, counts: false, isDeferred: true } };
}

/** Nothing was taken, so that looking at it afterwards shows what the decision saw. */
function traceShortage(state: PlanState, none: NonePicked, now: Millis): void {
  const isNews = state.trace === undefined;
  if (isNews) state.noticeTrouble(now);
  if (state.trace === undefined) return;
  if (isNews) state.trace.look(state, now);
  state.trace.foundNobody(state.group, none, now);
}
