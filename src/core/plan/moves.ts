// What follows when an attempt, or a whole hop, has come to nothing (DESIGN 5): a further attempt in the group, then a
// fallback, then a wait that was put off, then the end.
import { latestWaitMs } from '../deadline.ts';
import type { Deployment } from '../deployment.ts';
import type { FailedOutcome, Failure } from '../outcome.ts';
import { mockFailure } from '../own-failures.ts';
import type { MockFailure } from '../request-intent.ts';
import type { Millis } from '../units.ts';
import { finalFailure } from './final-failure.ts';
import type { Hop } from './hop.ts';
import type { Moment } from './plan-context.ts';
import { payForRetry } from './pay-retry.ts';
import type { PlanState } from './plan-state.ts';
import { recoveryAfter, resumeBy } from './recovery.ts';
import { retryCount } from './retry-count.ts';
import { applyRetry, planRetry } from './retry.ts';
import { failoverMembers } from './weighted-failover.ts';

/** An attempt that has ended. */
export type EndedAt = Moment & { readonly hop: Hop; readonly deployment: Deployment };

/** An attempt on `deployment` failed: what is known from now on, whatever comes next. */
export function noteFailure(state: PlanState, { failure }: FailedOutcome, { hop, deployment, now }: EndedAt): void {
  hop.lastFailure = failure;
  state.noticeTrouble(now);
  state.trace?.failed(deployment, failure, now);
  markTried(state, deployment);
}

/** Others come before it from now on. */
export function markTried(state: PlanState, { index }: Deployment): void {
  if (!state.tried.includes(index)) state.tried = [...state.tried, index];
}

/** What comes next, now that the request has no other attempt running. */
export function moveOn(state: PlanState, outcome: FailedOutcome, at: EndedAt): void {
  const { intent } = state;
  const { failure, committed, unsent } = outcome;
  const hasRefusedBeginning = !committed && refusesBeginning(state, failure, at.deployment);
  if (committed) {
    const recovery = recoveryAfter(state, failure, outcome.resumable);
    if (recovery === undefined) {
      state.ending = state.recovery?.failure ?? failure;
      state.trace?.end(state.ending, at.now);
      return;
    }
    state.recovery = recovery;
  }
  if (intent.retryUnsafe && !unsent) return endPlan(state, failure, at.now);
  if (hasSpentAllRetries(state)) return endByCap(state, failure, at.now);
  if (!retryInGroup(state, { ...at, failure, hasRefusedBeginning })) hopFailed(state, failure, at.now);
}

/** It was to go on from the beginning of an answer and would not. Nobody is asked that again for this request. */
function refusesBeginning({ recovery, table }: PlanState, failure: Failure, { index }: Deployment): boolean {
  if (recovery === undefined || failure.cause !== 'bad_request') return false;
  const wasAsked = resumeBy(recovery, table, index) === 'prefill';
  recovery.isPrefillRefused = true;
  return wasAsked;
}

/** `num_retries_per_request` counts retries and fallbacks together (litellm-1.106.md 4j). */
function hasSpentAllRetries({ table, attempts }: PlanState): boolean {
  const most = table.settings.retriesPerRequest;
  return most !== undefined && attempts > most;
}

function endByCap(state: PlanState, failure: Failure, now: Millis): void {
  state.note = 'Max retries per request hit! (num_retries_per_request)';
  state.failures = [...state.failures, failure];
  endPlan(state, failure, now);
}

interface FailedAttempt extends Moment {
  readonly hop: Hop;
  readonly failure: Failure;
  /** `undefined`: nothing was attempted. */
  readonly deployment: Deployment | undefined;
  readonly hasRefusedBeginning: boolean;
}

/** Arranges a further attempt in the group; false = this hop is over, at least until its fallbacks have failed. */
function retryInGroup(state: PlanState, failed: FailedAttempt): boolean {
  const { hop, failure, deployment, now } = failed;
  const { settings } = state.table;
  const { resolution } = hop;
  const { exceptionClass } = failure;
  const allowed = retryCount({ settings, intent: state.intent, resolution, deployment, exceptionClass });
  hop.maxRetries = allowed.count;
  const retry = planRetry({
    ...failed,
    table: state.table,
    tried: state.tried,
    promptTokens: state.promptTokens,
    byPolicy: allowed.byPolicy,
    hasFallback: state.hasFallbackFor(failure.cause),
    isRecovery: state.recovery !== undefined,
    latestMs: latestWaitMs(state.context, now),
  });
  if (retry === undefined) return false;
  if (retry.isDeferred) {
    state.trace?.retry(hop, retry, now);
    if (hop.depth === 0) state.deferred ??= { hop, retry };
    return false;
  }
  if (!payForRetry(state, retry, { failed: deployment?.index, failure, now })) return false;
  state.trace?.retry(hop, retry, now);
  applyRetry(hop, retry);
  return true;
}

/** `mock_testing_*`: raised before any deployment; a rate limit is retried like any other, the rest falls back. */
export function raiseMock(state: PlanState, kind: MockFailure, at: Moment & { readonly hop: Hop }): void {
  const { hop, now } = at;
  const failure = mockFailure(kind, state.group);
  state.trace?.failed(undefined, failure, now);
  hop.lastFailure = failure;
  if (kind !== 'rate_limit') state.mock = undefined;
  else if (retryInGroup(state, { ...at, failure, deployment: undefined, hasRefusedBeginning: false })) {
    state.mock = undefined;
    return;
  }
  hopFailed(state, failure, now);
}

/** The hop is over: the next one, or a wait that was put off, or the end. */
export function hopFailed(state: PlanState, failure: Failure, now: Millis): void {
  const { hop } = state;
  if (hop === undefined || hop.depth === 0) state.rootFailure = failure;
  state.failures = [...state.failures, failure];
  const spare = failoverMembers(state, now);
  const failed = { hop, model: state.group, depth: hop?.depth ?? 0, cause: failure.cause, spare };
  const onUnknown = (unknown: Failure): void => void (state.failures = [...state.failures, unknown]);
  const next = state.isOutOfFallbacks ? undefined : state.hops().next(failed, onUnknown);
  if (next !== undefined) {
    state.trace?.fallback(failed.model, next, { cause: failure.cause, now });
    state.hop = next;
    state.hadFreeMove = true;
    return;
  }
  state.isOutOfFallbacks = true;
  if (!takeUpDeferred(state, now)) endPlan(state, failure, now);
}

function takeUpDeferred(state: PlanState, now: Millis): boolean {
  const { hop, retry } = state.deferred ?? {};
  if (hop === undefined || retry === undefined) return false;
  state.deferred = undefined;
  if (!payForRetry(state, retry, { failed: hop.lastDeployment, failure: hop.lastFailure, now })) return false;
  state.hop = hop;
  applyRetry(hop, retry);
  return true;
}

/** Nothing more is tried: the client gets the error of the model that it asked for, else `failure`. */
export function endPlan(state: PlanState, failure: Failure, now: Millis): void {
  if (state.recovery !== undefined) {
    // The client has a part of the answer: what broke it is all that it is told.
    state.ending = state.recovery.failure;
    state.trace?.end(state.ending, now);
    return;
  }
  const { failures, attempts, tried, note } = state;
  const request = { context: state.context, source: state.hops(), failures, attempts, tried, note };
  const ending = finalFailure(state.rootFailure ?? failure, request, now);
  state.ending = ending;
  state.trace?.end(ending, now);
}
