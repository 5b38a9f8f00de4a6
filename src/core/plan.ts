// The plan of one request: the pure state machine that says what to do next (DESIGN 5). Order of moves: another
// deployment of the group, then a fallback, then waiting. The executor asks `next`, does it, and reports with `record`.
import { recordFirstContent, type BreakerChange } from './breaker/breaker.ts';
import type { Budget } from './fleet/budget.ts';
import { budgetOf } from './fleet/fleet.ts';
import type { Action, AttemptReport, Outcome } from './outcome.ts';
import { deadlineFailure } from './own-failures.ts';
import { attemptEnded } from './plan/attempt-end.ts';
import { firstHop } from './plan/first-hop.ts';
import type { Hop } from './plan/hop.ts';
import { hangsOnCount } from './plan/hangs-on-count.ts';
import { endPlan, hopFailed, raiseMock } from './plan/moves.ts';
import { onShortage } from './plan/on-shortage.ts';
import type { Moment, PlanContext } from './plan/plan-context.ts';
import { PlanState } from './plan/plan-state.ts';
import { planAttempt } from './plan/planned-attempt.ts';
import { depositStream } from './plan/race-budget.ts';
import { pickRival } from './plan/race.ts';
import { narrowToResumers } from './plan/recovery.ts';
import { leaveQueue } from './plan/queue-wait.ts';
import { Rival, type PlannedRival } from './plan/rival.ts';
import type { Waiter } from './queue/waiter.ts';
import { depositRequest } from './plan/retry-budget.ts';
import { settleAttempt } from './plan/settle-attempt.ts';
import { deploymentAt } from './routing-table.ts';
import type { Picked } from './select/select-context.ts';
import { select } from './select/select.ts';
import type { Millis, Rng } from './units.ts';

export type { PlanContext } from './plan/plan-context.ts';

/** Starts the plan of a request. */
export function createPlan(context: PlanContext): Plan {
  return new Plan(context);
}

export class Plan extends PlanState implements AttemptReport {
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

  /** Of the attempt that `next` planned. */
  content(now: Millis): BreakerChange {
    const change = this.charge === undefined ? undefined : recordFirstContent(this.fleet, this.charge, now);
    if (change !== undefined) this.context.queue?.changed(now);
    return change;
  }

  /**
   * The attempt under way has been silent for `raceAfterMs`: a second one beside it, charged and to be made now, or
   * `undefined`. At most one a request.
   */
  race(now: Millis, rng: Rng): PlannedRival | undefined {
    const { charge, hop } = this;
    if (charge === undefined || hop === undefined || this.rival !== undefined) return undefined;
    const pick = pickRival(this, hop, { current: charge.deployment, now, rng });
    if (pick === undefined) return undefined;
    const rival = new Rival(this, pick, now);
    this.rival = rival;
    this.trace?.raced(
      rival.attempt.group,
      {
        silent: deploymentAt(this.table, charge.deployment),
        rival: deploymentAt(this.table, rival.attempt.deployment),
      },
      now,
    );
    return rival;
  }

  /** The request goes away before its end; harmless at any other time. */
  abandon(now: Millis): void {
    if (this.waiter !== undefined) leaveQueue(this, this.waiter, now);
  }

  /** Of the attempt that `next` planned. */
  record(outcome: Outcome, now: Millis, rng: Rng): BreakerChange {
    const { charge, hop } = this;
    if (charge === undefined || hop === undefined) return undefined;
    this.charge = undefined;
    const change = settleAttempt(this, outcome, { hop, charge, now, rng });
    if (outcome.kind !== 'success') {
      attemptEnded(this, outcome, { hop, deployment: deploymentAt(this.table, charge.deployment), now, rng });
    }
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
    this.trace?.picked(this.group, deploymentAt(this.table, index), now);
    this.charge = charge;
    this.deployment = index;
    if (hop.attempts === 0 && !hop.isOrderStep) this.#deposit(budgetOf(this.fleet, index));
    hop.waitingSinceMs = undefined;
    return { kind: 'attempt', attempt: planAttempt(this, hop, { deployment: index, isRival: false, now }) };
  }

  #deposit(budget: Budget): void {
    depositRequest(budget);
    if (this.stream) depositStream(budget);
  }
}
