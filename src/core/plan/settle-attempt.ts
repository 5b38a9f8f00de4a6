// The end of an attempt in every book that counts it: slots, limits, usage, latency, spend and health. What the plan does
// next is not decided here.
import type { BreakerChange } from '../breaker/breaker.ts';
import { recordOutcome } from '../breaker/record-outcome.ts';
import { learnFirstContent } from '../first-content.ts';
import type { Charge } from '../fleet/charge.ts';
import { rowOf } from '../fleet/fleet.ts';
import { finished } from '../fleet/operations.ts';
import { refund, settle } from '../limiter/settle.ts';
import type { Outcome } from '../outcome.ts';
import { deploymentAt } from '../routing-table.ts';
import { recordLatency } from '../strategy/latency-samples.ts';
import { settleUsage } from '../strategy/usage-window.ts';
import type { Hop } from './hop.ts';
import type { Moment } from './plan-context.ts';
import type { PlanState } from './plan-state.ts';
import { spend } from './spend.ts';

export interface EndedAttempt extends Moment {
  readonly hop: Hop;
  readonly charge: Charge;
}

/** Once per attempt. Says whether the deployment's breaker opened or closed. */
export function settleAttempt(
  state: PlanState,
  outcome: Outcome,
  { hop, charge, now, rng }: EndedAttempt,
): BreakerChange {
  const { fleet, intent, table } = state;
  const deployment = deploymentAt(table, charge.deployment);
  finished(fleet, charge.deployment);
  if (outcome.kind === 'failure' && outcome.unsent) refund(fleet, charge, now);
  else settle(fleet, charge, { usage: outcome.kind === 'success' ? outcome.usage : undefined, now });
  settleUsage(fleet, charge, { outcome, now });
  if (fleet.tracking.latency) recordLatency(fleet, outcome, { deployment: charge.deployment, intent, now });
  if (outcome.kind === 'success' && outcome.timing.firstContentMs !== undefined && !intent.callerCredentials) {
    learnFirstContent(rowOf(fleet, charge.deployment), outcome.timing.firstContentMs);
  }
  spend(state, { hop, deployment, charge, outcome, now });
  const { callerCredentials } = intent;
  const change = recordOutcome(fleet, outcome, {
    charge,
    deployment,
    settings: table.settings,
    callerCredentials,
    now,
    rng,
  });
  state.context.queue?.changed(now);
  return change;
}
