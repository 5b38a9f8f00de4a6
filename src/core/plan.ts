// The plan of one request: the pure state machine that says what to do next (DESIGN 5). Order of moves: another
// deployment of the group, then a fallback, then waiting. The executor asks `next`, does it, and reports with `record`.
import { recordFirstContent, type BreakerChange } from './breaker/breaker.ts';
import { recordOutcome } from './breaker/record-outcome.ts';
import { finished } from './fleet/operations.ts';
import { refund, settle } from './limiter/settle.ts';
import type { Action, Outcome } from './outcome.ts';
import { deadlineFailure } from './own-failures.ts';
import { firstHop } from './plan/first-hop.ts';
import type { Hop } from './plan/hop.ts';
import { afterFailure, endPlan, hopFailed, raiseMock } from './plan/moves.ts';
import { onShortage } from './plan/on-shortage.ts';
import type { PlanContext } from './plan/plan-context.ts';
import { PlanState } from './plan/plan-state.ts';
import { spend } from './plan/spend.ts';
import { upstreamModelFor } from './select/resolve.ts';
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
    if (!('kind' in first)) this.hop = first;
    else if (first.isFinal) this.ending = first.failure;
    else hopFailed(this, first.failure, context.startedAtMs);
  }

  /** What to do now. After a wait and after `record` of a failure it is asked again; never after the end. */
  next(now: Millis, rng: Rng): Action {
    while (this.ending === undefined) {
      const { hop } = this;
      if (hop === undefined) throw new Error('a plan without a hop must have ended');
      if (now >= this.deadlineMs) {
        const failure = this.rootFailure ?? hop.lastFailure ?? deadlineFailure(this.table.settings.deadlineMs ?? 0);
        endPlan(this, failure, now);
        continue;
      }
      if (this.mock !== undefined && hop.attempts === 0 && hop.retries === 0) {
        raiseMock(this, this.mock, { hop, now, rng });
        continue;
      }
      if (hop.notBeforeMs > now) return { kind: 'wait', untilMs: hop.notBeforeMs, reason: hop.waitReason };
      const selection = select(this, now, rng);
      if (selection.kind === 'picked') return this.#begin(hop, selection, now);
      const wait = onShortage(this, selection, { hop, now });
      if (wait !== undefined) return wait;
    }
    return { kind: 'fail', failure: this.ending };
  }

  /** A stream gave its first content: what a probe needs to succeed (DESIGN 5). The end is recorded all the same. */
  content(now: Millis): BreakerChange {
    return this.charge === undefined ? undefined : recordFirstContent(this.fleet, this.charge, now);
  }

  /** Tells what came of the attempt; once per attempt. Says whether the deployment's breaker opened or closed. */
  record(outcome: Outcome, now: Millis, rng: Rng): BreakerChange {
    const { charge } = this;
    const deployment = charge && this.table.deployments[charge.deployment];
    if (charge === undefined || deployment === undefined) return undefined;
    this.charge = undefined;
    finished(this.fleet, charge.deployment);
    if (outcome.kind === 'failure' && outcome.unsent) refund(this.fleet, charge, now);
    else settle(this.fleet, charge, { usage: outcome.kind === 'success' ? outcome.usage : undefined, now });
    const { settings } = this.table;
    spend(this, { deployment, charge, outcome, now });
    const change = recordOutcome(this.fleet, outcome, { charge, deployment, settings, now, rng });
    if (outcome.kind === 'failure') afterFailure(this, outcome, { deployment, now, rng });
    return change;
  }

  #begin(hop: Hop, { deployment: index, charge }: Picked, now: Millis): Action {
    const deployment = this.table.deployments[index];
    if (deployment === undefined) throw new RangeError(`no deployment ${index} in the table`);
    const sources = { intent: this.intent, deployment, settings: this.table.settings };
    const { timeouts, shownMs } = resolveTimeouts(sources, this.deadlineMs, now);
    this.charge = charge;
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
}
