// The plan of one request: the pure state machine that says what to do next (DESIGN 5). Order of moves: another
// deployment of the group, then a fallback, then waiting. The executor asks `next`, does it, and reports with `record`.
import { recordFirstContent, type BreakerChange } from './breaker/breaker.ts';
import { recordOutcome } from './breaker/record-outcome.ts';
import { finished } from './fleet/operations.ts';
import { budgetOf } from './fleet/fleet.ts';
import { refund, settle } from './limiter/settle.ts';
import type { Action, Outcome } from './outcome.ts';
import { deadlineFailure } from './own-failures.ts';
import { firstHop } from './plan/first-hop.ts';
import type { Hop } from './plan/hop.ts';
import { hangsOnCount } from './plan/hangs-on-count.ts';
import { afterFailure, endPlan, hopFailed, raiseMock } from './plan/moves.ts';
import { onShortage } from './plan/on-shortage.ts';
import type { Moment, PlanContext } from './plan/plan-context.ts';
import { PlanState } from './plan/plan-state.ts';
import { narrowToResumers, resumeBy } from './plan/recovery.ts';
import { leaveQueue } from './plan/queue-wait.ts';
import type { Waiter } from './queue/waiter.ts';
import { depositRequest } from './plan/retry-budget.ts';
import { deploymentAt } from './routing-table.ts';
import { spend } from './plan/spend.ts';
import { upstreamModelFor } from './select/resolve.ts';
import { recordLatency } from './strategy/latency-samples.ts';
import { settleUsage } from './strategy/usage-window.ts';
import type { Picked } from './select/select-context.ts';
import { select } from './select/select.ts';
import { resolveTimeouts } from './timeouts.ts';
import type { Millis, Rng } from './units.ts';

export type { PlanContext } from './plan/plan-context.ts';

/** Starts the plan of a request. */
export function createPlan(context: PlanContext): Plan {
  return new Plan(context);
}

export class Plan extends PlanState {
  constructor(context: PlanContext) {
    super(context);
    const first = firstHop(context);
    if (!('kind' in first)) {
      this.hop = first;
      this.trace?.group(first, context.startedAtMs);
    } else if (first.isFinal) {
      this.ending = first.failure;
      this.trace?.end(first.failure, context.startedAtMs);
    } else hopFailed(this, first.failure, context.startedAtMs);
  }

  /** What to do now. After a wait and after `record` of a failure it is asked again; never after the end. */
  next(now: Millis, rng: Rng): Action {
    while (this.ending === undefined) {
      const { hop, waiter } = this;
      if (hop === undefined) throw new Error('a plan without a hop must have ended');
      if (waiter !== undefined) {
        const action = this.#whileQueued(waiter, hop, { now, rng });
        if (action !== undefined) return action;
      }
      if (now >= this.deadlineMs) {
        endPlan(this, hop.lastFailure ?? deadlineFailure(this.deadlineMs - this.context.startedAtMs), now);
        continue;
      }
      if (this.mock !== undefined && hop.attempts === 0 && hop.retries === 0) {
        raiseMock(this, this.mock, { hop, now, rng });
        continue;
      }
      if (this.recovery !== undefined && !narrowToResumers(this, hop, this.recovery)) {
        hopFailed(this, this.recovery.failure, now);
        continue;
      }
      if (hop.notBeforeMs > now) return this.#pause(hop, now);
      const uncertain = this.mayCount ? hangsOnCount(this) : undefined;
      if (uncertain !== undefined) {
        this.mayCount = false;
        return { kind: 'count', deployment: uncertain };
      }
      this.#refreshQueue({ now, rng });
      if (this.trace !== undefined) this.trace.look(this, now);
      const selection = select(this, now, rng);
      if (selection.kind === 'picked') return this.#begin(hop, selection, now);
      const wait = onShortage(this, selection, { hop, now, rng });
      if (wait !== undefined) return wait;
    }
    return { kind: 'fail', failure: this.ending };
  }

  /** How many tokens the prompt has; `undefined` = nobody could tell, and the estimate stands. */
  counted(promptTokens: number | undefined, now: Millis): void {
    if (promptTokens === undefined) return;
    this.promptTokens = promptTokens;
    this.promptIsCounted = true;
    if (this.minInputTokens > 0) this.minInputTokens = promptTokens;
    this.trace?.counted(promptTokens, now);
  }

  /** A stream gave its first content: what a probe needs to succeed (DESIGN 5). The end is recorded all the same. */
  content(now: Millis): BreakerChange {
    const change = this.charge === undefined ? undefined : recordFirstContent(this.fleet, this.charge, now);
    if (change !== undefined) this.context.queue?.changed(now);
    return change;
  }

  /** The request goes away before its end; harmless at any other time. */
  abandon(now: Millis): void {
    if (this.waiter !== undefined) leaveQueue(this, this.waiter, now);
  }

  /** Tells what came of the attempt; once per attempt. Says whether the deployment's breaker opened or closed. */
  record(outcome: Outcome, now: Millis, rng: Rng): BreakerChange {
    const { charge, hop } = this;
    if (charge === undefined || hop === undefined) return undefined;
    const deployment = deploymentAt(this.table, charge.deployment);
    this.charge = undefined;
    finished(this.fleet, charge.deployment);
    if (outcome.kind === 'failure' && outcome.unsent) refund(this.fleet, charge, now);
    else settle(this.fleet, charge, { usage: outcome.kind === 'success' ? outcome.usage : undefined, now });
    settleUsage(this.fleet, charge, { outcome, now });
    if (this.fleet.tracking.latency) {
      recordLatency(this.fleet, outcome, { deployment: charge.deployment, intent: this.intent, now });
    }
    const { settings } = this.table;
    spend(this, { deployment, charge, outcome, now });
    const { callerCredentials } = this.intent;
    const context = { charge, deployment, settings, callerCredentials, now, rng };
    const change = recordOutcome(this.fleet, outcome, context);
    this.context.queue?.changed(now);
    if (outcome.kind === 'failure') afterFailure(this, outcome, { hop, deployment, now, rng });
    return change;
  }

  /** `undefined`: it has left the queue without a place, and goes on like one that has just found nothing. */
  #whileQueued(waiter: Waiter, hop: Hop, at: Moment): Action | undefined {
    if (waiter.state === 'waiting') this.#refreshQueue(at);
    if (waiter.state === 'waiting') return { kind: 'wait', untilMs: waiter.latestMs, reason: 'capacity' };
    this.waiter = undefined;
    return waiter.picked === undefined ? undefined : this.#begin(hop, waiter.picked, at.now);
  }

  /** Who waits comes before whoever asks now. */
  #refreshQueue({ now, rng }: Moment): void {
    const { queue } = this.context;
    if (queue?.isStale(now) === true) queue.round({ now, rng });
  }

  #pause({ notBeforeMs: untilMs, waitReason: reason }: Hop, now: Millis): Action {
    this.trace?.wait({ untilMs, reason }, now);
    return { kind: 'wait', untilMs, reason };
  }

  #begin(hop: Hop, { deployment: index, charge }: Picked, now: Millis): Action {
    const deployment = deploymentAt(this.table, index);
    this.trace?.picked(this.group, deployment, now);
    const sources = { intent: this.intent, deployment, settings: this.table.settings };
    const { timeouts, shownMs } = resolveTimeouts(sources, this.deadlineMs, now);
    this.charge = charge;
    this.deployment = index;
    this.attempts += 1;
    this.shownTimeoutMs = shownMs;
    if (hop.attempts === 0 && !hop.isOrderStep) depositRequest(budgetOf(this.fleet, index));
    hop.attempts += 1;
    hop.lastDeployment = index;
    hop.waitingSinceMs = undefined;
    const { resolution, overrides, retries } = hop;
    const upstreamModel = upstreamModelFor(deployment, resolution);
    const group = resolution.requested;
    const resume = this.recovery === undefined ? undefined : resumeBy(this.recovery, this.table, index);
    const { fallbacks } = this;
    return {
      kind: 'attempt',
      attempt: { deployment: index, upstreamModel, group, timeouts, overrides, retries, resume, fallbacks },
    };
  }
}
