// The plan of one request: the pure state machine that says what to do next (DESIGN 5). Order of moves: another
// deployment of the group, then a fallback, then waiting. The executor asks `next`, does it, and reports with `record`.
import { recordFirstContent, type BreakerChange } from './breaker/breaker.ts';
import { recordOutcome } from './breaker/record-outcome.ts';
import { deadlineAt, latestWaitMs } from './deadline.ts';
import type { Deployment } from './deployment.ts';
import type { Charge } from './fleet/charge.ts';
import type { Fleet } from './fleet/fleet.ts';
import { finished } from './fleet/operations.ts';
import { refund, settle } from './limiter/settle.ts';
import type { Action, Failure, FailureCause, Outcome } from './outcome.ts';
import { deadlineFailure, mockFailure } from './own-failures.ts';
import { finalFailure } from './plan/final-failure.ts';
import { firstHop } from './plan/first-hop.ts';
import type { Hop } from './plan/hop.ts';
import { HopSource } from './plan/hop-source.ts';
import type { Moment, PlanContext } from './plan/plan-context.ts';
import { applyRetry, planRetry, type Retry } from './plan/retry.ts';
import { shortageFailure, worthWaitingUntil } from './plan/shortage-failure.ts';
import type { MockFailure } from './request-intent.ts';
import type { RoutingTable } from './routing-table.ts';
import { upstreamModelFor } from './select/resolve.ts';
import type { NonePicked, Picked, SelectContext } from './select/select-context.ts';
import { select } from './select/select.ts';
import { resolveTimeouts } from './timeouts.ts';
import type { DeploymentIndex, Millis, Rng } from './units.ts';

export type { PlanContext } from './plan/plan-context.ts';

const NO_DEPLOYMENTS: readonly DeploymentIndex[] = [];
const NO_FAILURES: readonly Failure[] = [];

/** Starts the plan of a request. */
export function createPlan(context: PlanContext): Plan {
  return new Plan(context);
}

/** Its public fields are those of a `SelectContext`, so that a decision allocates nothing for its input. */
export class Plan implements SelectContext {
  readonly table: RoutingTable;
  readonly fleet: Fleet;
  readonly promptTokens: number;
  readonly maxTokens: number | undefined;
  readonly stream: boolean;
  readonly tags: readonly string[];
  readonly minInputTokens: number;
  tried: readonly DeploymentIndex[] = NO_DEPLOYMENTS;
  /** Deployment of the latest attempt. */
  deployment: DeploymentIndex | undefined;
  /** Attempts made, over all hops. */
  attempts = 0;
  /** Failures of hops so far, in order: what `include_fallback_errors` shows. */
  failures: readonly Failure[] = NO_FAILURES;
  /** Configured limit of the latest attempt, for `x-litellm-timeout`; `undefined` = none, or nothing was attempted. */
  shownTimeoutMs: Millis | undefined;

  readonly #context: PlanContext;
  readonly #deadlineMs: Millis;
  #hop: Hop | undefined;
  #source: HopSource | undefined;
  #charge: Charge | undefined;
  #mock: MockFailure | undefined;
  #rootFailure: Failure | undefined;
  /** A wait that was put off because a fallback came first: taken up when every fallback has failed. */
  #deferred: { readonly hop: Hop; readonly retry: Retry } | undefined;
  /** All fallbacks have failed: only waiting is left. */
  #isOutOfFallbacks = false;
  #ending: Failure | undefined;

  constructor(context: PlanContext) {
    const { table, fleet, intent, startedAtMs } = context;
    this.#context = context;
    this.table = table;
    this.fleet = fleet;
    this.promptTokens = intent.promptTokens;
    this.maxTokens = intent.maxTokens;
    this.stream = intent.stream;
    this.tags = intent.tags;
    this.minInputTokens = table.settings.enablePreCallChecks ? intent.promptTokens : 0;
    this.#deadlineMs = deadlineAt(startedAtMs, table.settings);
    this.#mock = intent.mockFailure;
    const first = firstHop(context);
    if (!('kind' in first)) this.#hop = first;
    else if (first.isFinal) this.#ending = first.failure;
    else this.#hopFailed(first.failure, startedAtMs);
  }

  /** Who may answer now. */
  get candidates(): readonly DeploymentIndex[] {
    return this.#hop?.candidates ?? NO_DEPLOYMENTS;
  }

  get hasFallback(): boolean {
    return this.hasFallbackFor('server_error');
  }

  /** Whether a failure of this cause would lead to another group. */
  hasFallbackFor(cause: FailureCause): boolean {
    return this.#hop !== undefined && this.#canFallBack(this.#hop, cause);
  }

  get keepLast(): boolean {
    return !this.hasFallback;
  }

  /** Ids and pinned deployments are served whatever their health (1.106, 3.1). */
  get ignoreHealth(): boolean {
    return this.#hop?.resolution.byId === true;
  }

  /** Name that was asked for at this hop, as `x-litellm-model-group` shows it. */
  get group(): string {
    return this.#hop?.resolution.requested ?? this.#context.intent.model;
  }

  /** Retries of this hop. */
  get retries(): number {
    return this.#hop?.retries ?? 0;
  }

  /** Retries that this hop allows. */
  get maxRetries(): number {
    return this.#hop?.maxRetries ?? 0;
  }

  /** Fallbacks attempted, as `x-litellm-attempted-fallbacks` counts them; 0 while the request's own model is asked. */
  get fallbacks(): number {
    return this.#hop === undefined || this.#hop.depth === 0 ? 0 : (this.#source?.count ?? 0);
  }

  /** What to do now. After a wait and after `record` of a failure it is asked again; never after the end. */
  next(now: Millis, rng: Rng): Action {
    while (this.#ending === undefined) {
      const hop = this.#hop;
      if (hop === undefined) throw new Error('a plan without a hop must have ended');
      if (now >= this.#deadlineMs) {
        this.#end(this.#rootFailure ?? hop.lastFailure ?? deadlineFailure(this.table.settings.deadlineMs ?? 0), now);
        continue;
      }
      if (this.#mock !== undefined && hop.attempts === 0 && hop.retries === 0) {
        this.#raiseMock(hop, this.#mock, { now, rng });
        continue;
      }
      if (hop.notBeforeMs > now) return { kind: 'wait', untilMs: hop.notBeforeMs, reason: hop.waitReason };
      const selection = select(this, now, rng);
      if (selection.kind === 'picked') return this.#begin(hop, selection, now);
      const wait = this.#onShortage(hop, selection, now);
      if (wait !== undefined) return wait;
    }
    return { kind: 'fail', failure: this.#ending };
  }

  /** A stream gave its first content: what a probe needs to succeed (DESIGN 5). The end is recorded all the same. */
  content(now: Millis): BreakerChange {
    return this.#charge === undefined ? undefined : recordFirstContent(this.fleet, this.#charge, now);
  }

  /** Tells what came of the attempt; once per attempt. Says whether the deployment's breaker opened or closed. */
  record(outcome: Outcome, now: Millis, rng: Rng): BreakerChange {
    const charge = this.#charge;
    const deployment = charge && this.table.deployments[charge.deployment];
    if (charge === undefined || deployment === undefined) return undefined;
    this.#charge = undefined;
    finished(this.fleet, charge.deployment);
    if (outcome.kind === 'failure' && outcome.unsent) refund(this.fleet, charge, now);
    else settle(this.fleet, charge, { usage: outcome.kind === 'success' ? outcome.usage : undefined, now });
    const { settings } = this.table;
    const change = recordOutcome(this.fleet, outcome, { charge, deployment, settings, now, rng });
    if (outcome.kind === 'failure') this.#afterFailure(outcome, deployment, { now, rng });
    return change;
  }

  #begin(hop: Hop, { deployment: index, charge }: Picked, now: Millis): Action {
    const deployment = this.table.deployments[index];
    if (deployment === undefined) throw new RangeError(`no deployment ${index} in the table`);
    const sources = { intent: this.#context.intent, deployment, settings: this.table.settings };
    const { timeouts, shownMs } = resolveTimeouts(sources, this.#deadlineMs, now);
    this.#charge = charge;
    this.deployment = index;
    this.attempts += 1;
    this.shownTimeoutMs = shownMs;
    hop.attempts += 1;
    hop.lastDeployment = index;
    hop.waitingSinceMs = undefined;
    const { resolution, overrides, retries } = hop;
    const upstreamModel = upstreamModelFor(deployment, resolution);
    const group = resolution.requested;
    return {
      kind: 'attempt',
      attempt: { deployment: index, upstreamModel, group, timeouts, overrides, retries, fallbacks: this.fallbacks },
    };
  }

  #afterFailure(outcome: Extract<Outcome, { kind: 'failure' }>, deployment: Deployment, moment: Moment): void {
    const hop = this.#hop;
    if (hop === undefined) return;
    const { failure, committed, unsent } = outcome;
    const { intent } = this.#context;
    hop.lastFailure = failure;
    if (!this.tried.includes(deployment.index)) this.tried = [...this.tried, deployment.index];
    if (committed) {
      this.#ending = failure;
      return;
    }
    if (intent.retryUnsafe && !unsent) return this.#end(failure, moment.now);
    if (!hop.resolution.byId) {
      hop.maxRetries = intent.numRetries ?? deployment.numRetries ?? this.table.settings.numRetries;
    }
    if (!this.#retry(hop, failure, { ...moment, deployment })) this.#hopFailed(failure, moment.now);
  }

  /** Arranges a further attempt in the group; false = this hop is over, at least until its fallbacks have failed. */
  #retry(hop: Hop, failure: Failure, at: Moment & { readonly deployment: Deployment | undefined }): boolean {
    const { table, tried, promptTokens } = this;
    const hasFallback = this.#canFallBack(hop, failure.cause);
    const retry = planRetry({
      ...at,
      table,
      hop,
      failure,
      tried,
      promptTokens,
      hasFallback,
      latestMs: latestWaitMs(this.#context, at.now),
    });
    if (retry === undefined) return false;
    if (!retry.isDeferred) applyRetry(hop, retry);
    else if (hop.depth === 0) this.#deferred ??= { hop, retry };
    return !retry.isDeferred;
  }

  #onShortage(hop: Hop, none: NonePicked, now: Millis): Action | undefined {
    hop.waitingSinceMs ??= now;
    const wait = worthWaitingUntil(this, none, { hasFailed: hop.lastFailure !== undefined, now });
    if (wait !== undefined && wait.untilMs <= latestWaitMs(this.#context, hop.waitingSinceMs)) {
      const { fallbackAfterMs } = this.table.settings;
      if (wait.untilMs - now <= fallbackAfterMs || !this.hasFallback) return { kind: 'wait', ...wait };
      const retry = { candidates: hop.candidates, ...wait, counts: false, isDeferred: true };
      if (hop.depth === 0) this.#deferred ??= { hop, retry };
    }
    this.#hopFailed(hop.lastFailure ?? shortageFailure(this, none, { group: this.group, now }), now);
    return undefined;
  }

  /** `mock_testing_*`: raised before any deployment; a rate limit is retried like any other, the rest falls back. */
  #raiseMock(hop: Hop, kind: MockFailure, moment: Moment): void {
    const failure = mockFailure(kind, this.group);
    hop.lastFailure = failure;
    if (kind !== 'rate_limit') this.#mock = undefined;
    else if (this.#retry(hop, failure, { ...moment, deployment: undefined })) {
      this.#mock = undefined;
      return;
    }
    this.#hopFailed(failure, moment.now);
  }

  #hopFailed(failure: Failure, now: Millis): void {
    const hop = this.#hop;
    if (hop === undefined || hop.depth === 0) this.#rootFailure = failure;
    this.failures = [...this.failures, failure];
    const failed = { hop, model: this.group, depth: hop?.depth ?? 0, cause: failure.cause };
    const onUnknown = (unknown: Failure): void => void (this.failures = [...this.failures, unknown]);
    const next = this.#isOutOfFallbacks ? undefined : this.#hops().next(failed, onUnknown);
    if (next !== undefined) {
      this.#hop = next;
      return;
    }
    this.#isOutOfFallbacks = true;
    if (!this.#takeUpDeferred()) this.#end(this.#rootFailure ?? failure, now);
  }

  #takeUpDeferred(): boolean {
    const { hop, retry } = this.#deferred ?? {};
    if (hop === undefined || retry === undefined) return false;
    this.#deferred = undefined;
    this.#hop = hop;
    applyRetry(hop, retry);
    return true;
  }

  #canFallBack(hop: Hop, cause: FailureCause): boolean {
    if (this.#isOutOfFallbacks || this.#context.intent.disableFallbacks) return false;
    return this.#hops().hasNext(hop, cause);
  }

  #hops(): HopSource {
    this.#source ??= new HopSource(this.#context, this.#hop);
    return this.#source;
  }

  #end(failure: Failure, now: Millis): void {
    const { failures, attempts, tried } = this;
    this.#ending = finalFailure(
      failure,
      { context: this.#context, source: this.#hops(), failures, attempts, tried },
      now,
    );
  }
}
