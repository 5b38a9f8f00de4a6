// What the end of an attempt leads to. While another attempt of the request is running (a race) nothing is decided: the
// failure is noted, and the last one that runs says how the request goes on.
import type { FailedOutcome, Outcome } from '../outcome.ts';
import { markTried, moveOn, noteFailure, type EndedAt } from './moves.ts';
import type { Moment } from './plan-context.ts';
import type { Overtaken, PlanState } from './plan-state.ts';

/** Its books are settled (`settleAttempt`), and it runs no more. */
export function attemptEnded(state: PlanState, outcome: Outcome, at: EndedAt): void {
  if (outcome.kind === 'failure') noteFailure(state, outcome, at);
  const { overtaken } = state;
  if (state.charge !== undefined || state.rival?.isRunning === true) {
    if (outcome.kind === 'failure') state.overtaken = { hop: at.hop, deployment: at.deployment, outcome };
    // Who lost was silent, or later than another: the last to be asked again.
    else markTried(state, at.deployment);
    return;
  }
  state.overtaken = undefined;
  if (outcome.kind === 'failure') return lastFailed(state, outcome, { ...at, overtaken });
  // Given up because of what the other one had come to: that is what counts.
  if (outcome.kind === 'abandoned' && overtaken !== undefined)
    moveOnFrom(state, overtaken.outcome, { ...at, ...overtaken });
}

function lastFailed(
  state: PlanState,
  outcome: FailedOutcome,
  at: EndedAt & { readonly overtaken: Overtaken | undefined },
): void {
  const { overtaken } = at;
  if (overtaken !== undefined && overtaken.hop !== at.hop) {
    const { failure } = overtaken.outcome;
    if (overtaken.hop.depth === 0) state.rootFailure = failure;
    state.failures = [...state.failures, failure];
  }
  moveOnFrom(state, outcome, at);
}

function moveOnFrom(state: PlanState, outcome: FailedOutcome, at: EndedAt & Moment): void {
  state.hop = at.hop;
  moveOn(state, outcome, at);
}
