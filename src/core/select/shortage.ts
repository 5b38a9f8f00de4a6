// Why a decision found nothing, and when it might. Only computed then: error messages, `Retry-After` and the plan's
// choice between waiting and falling back all read it.
import { availableAtUs, standingOf } from '../breaker/standing.ts';
import { rowOf } from '../fleet/fleet.ts';
import type { Micros } from '../fleet/micros.ts';
import { toMillis } from '../fleet/micros.ts';
import type { Row } from '../fleet/row.ts';
import { parallelFull, rowFreeAtUs } from '../limiter/limiter.ts';
import type { DeploymentIndex, Millis } from '../units.ts';
import type { Moment } from './filter.ts';
import { fitsLimits, fitsWindow, passesRules } from './filter.ts';
import type { NonePicked, SelectContext } from './select-context.ts';

/** What keeps a candidate from traffic. */
export type Reason =
  | 'outOfRotation'
  | 'tagged'
  | 'tooSmall'
  | 'overLimit'
  | 'open'
  | 'blocked'
  | 'limited'
  | 'parallel';

/** Puts every candidate under the first reason that keeps it from traffic. */
export function shortage(context: SelectContext, moment: Moment): NonePicked {
  const counts = {
    outOfRotation: 0,
    tagged: 0,
    tooSmall: 0,
    overLimit: 0,
    open: 0,
    blocked: 0,
    limited: 0,
    parallel: 0,
  };
  let soonestUs = Number.POSITIVE_INFINITY;
  let limitedUntilUs = Number.POSITIVE_INFINITY;
  for (const index of context.candidates) {
    const reason = reasonOf(context, moment, index);
    counts[reason]++;
    if (reason === 'open' || reason === 'blocked' || reason === 'limited') {
      const freeUs = freeAtUs(context, moment, rowOf(context.fleet, index));
      if (freeUs > moment.nowUs) soonestUs = Math.min(soonestUs, freeUs);
      if (reason === 'limited') limitedUntilUs = Math.min(limitedUntilUs, freeUs);
    }
  }
  const total = context.candidates.length;
  return { kind: 'none', total, ...counts, soonestMs: finite(soonestUs), limitedUntilMs: finite(limitedUntilUs) };
}

function finite(us: Micros): Millis | undefined {
  return Number.isFinite(us) ? toMillis(us) : undefined;
}

/** The first reason against a candidate that the filter left out. */
export function reasonOf(context: SelectContext, moment: Moment, index: DeploymentIndex): Reason {
  const deployment = context.table.deployments[index];
  if (deployment === undefined || deployment.outOfRotation !== undefined) return 'outOfRotation';
  if (!passesRules(deployment, moment.rules)) return 'tagged';
  if (!fitsWindow(deployment, context)) return 'tooSmall';
  if (!fitsLimits(deployment, context, moment.rules)) return 'overLimit';
  const row = rowOf(context.fleet, index);
  const standing = context.ignoreHealth ? 'ready' : standingOf(row, moment.nowUs);
  if (standing === 'blocked' || standing === 'resting') return 'blocked';
  if (standing === 'open' || standing === 'probing') return 'open';
  return parallelFull(row) ? 'parallel' : 'limited';
}

/** When breaker and limits both let a request through; no later than `now` when that hangs on a probe. */
export function freeAtUs(context: SelectContext, moment: Moment, row: Row): number {
  const healthyAtUs = context.ignoreHealth ? 0 : availableAtUs(row, moment.nowUs);
  if (!row.metered || !moment.rules.enforceLimits) return healthyAtUs;
  return Math.max(healthyAtUs, rowFreeAtUs(row, context, moment.nowUs));
}
