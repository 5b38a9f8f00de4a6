// A plan's wait in the queue: entered when only limits stand in the way, left when the request goes away. While it waits
// a reservation stands for it, so a wait that would only come after the fallbacks is not entered at all.
import { recordAbandoned } from '../breaker/breaker.ts';
import { finished } from '../fleet/operations.ts';
import { refund } from '../limiter/settle.ts';
import type { Picked } from '../select/select-context.ts';
import type { Waiter } from '../queue/waiter.ts';
import type { Millis } from '../units.ts';
import type { Moment } from './plan-context.ts';
import type { PlanState } from './plan-state.ts';

/**
 * True: the request has a place, `state.waiter`, or is picked already. `latestMs` bounds its wait; with a fallback at
 * hand so does `fallback_after`, counted from when it began to wait.
 */
export function waitInQueue(state: PlanState, latestMs: Millis, at: Moment & { readonly sinceMs: Millis }): boolean {
  const { queue } = state.context;
  const { settings } = state.table;
  const boundMs = state.hasFallback ? Math.min(latestMs, at.sinceMs + settings.fallbackAfterMs) : latestMs;
  if (queue === undefined || boundMs <= at.now) return false;
  const priority = state.intent.priority ?? settings.defaultPriority ?? 0;
  const { arrival } = state;
  state.waiter = queue.enter({ context: state, priority, latestMs: boundMs, arrival }, at);
  state.arrival ??= state.waiter?.arrival;
  return state.waiter !== undefined;
}

/** The request goes away while it waits: its place is free, and what it was given without using it comes back. */
export function leaveQueue(state: PlanState, waiter: Waiter, now: Millis): void {
  const { queue } = state.context;
  state.waiter = undefined;
  if (waiter.picked === undefined) queue?.leave(waiter, now);
  else {
    giveBack(state, waiter.picked, now);
    queue?.changed(now);
  }
}

function giveBack({ fleet }: PlanState, { charge, deployment }: Picked, now: Millis): void {
  finished(fleet, deployment);
  refund(fleet, charge, now);
  recordAbandoned(fleet, charge);
}
