// Why a decision found nothing, and when it might. Only computed then: error messages, `Retry-After` and the plan's
// choice between waiting and falling back all read it.
import { availableAtUs, standingOf } from '../breaker/standing.ts';
import { rowOf } from '../fleet/fleet.ts';
import type { Micros } from '../fleet/micros.ts';
import { toMillis } from '../fleet/micros.ts';
import type { Row } from '../fleet/row.ts';
import { clientFreeAtUs, rowFreeAtUs, slotFreeAtUs } from '../limiter/limiter.ts';
import type { DeploymentIndex, Millis } from '../units.ts';
import type { Moment } from './filter.ts';
import { fitsLimits, fitsWindow, ruleReason } from './filter.ts';
import { budgetsFreeAtUs, type OptionalReason } from './optional-filter.ts';
import type { NonePicked, SelectContext } from './select-context.ts';

/** What keeps a candidate from traffic. */
export type Reason =
  | 'outOfRotation'
  | 'tagged'
  | OptionalReason
  | 'tooSmall'
  | 'overLimit'
  | 'open'
  | 'blocked'
  | 'limited'
  | 'parallel';

const NOBODY: Readonly<Record<Reason, number>> = {
  outOfRotation: 0,
  tagged: 0,
  wrongRegion: 0,
  unsupported: 0,
  overBudget: 0,
  failedCheck: 0,
  tooSmall: 0,
  overLimit: 0,
  open: 0,
  blocked: 0,
  limited: 0,
  parallel: 0,
};

/** Puts every candidate under the first reason that keeps it from traffic. */
export function shortage(context: SelectContext, moment: Moment): NonePicked {
  const counts = { ...NOBODY };
  let soonestUs = Number.POSITIVE_INFINITY;
  let limitedUntilUs = Number.POSITIVE_INFINITY;
  let returnUs = Number.POSITIVE_INFINITY;
  for (const index of context.candidates) {
    const reason = reasonOf(context, moment, index);
    counts[reason]++;
    const freeUs = freeAtUs(context, moment, { index, reason });
    if (freeUs > moment.nowUs) {
      soonestUs = Math.min(soonestUs, freeUs);
      returnUs = Math.min(
        returnUs,
        reason === 'limited' ? Math.max(freeUs, clientRoomAtUs(context, moment, index)) : freeUs,
      );
    }
    if (reason === 'limited') limitedUntilUs = Math.min(limitedUntilUs, freeUs);
  }
  const total = context.candidates.length;
  return {
    kind: 'none',
    total,
    ...counts,
    soonestMs: finite(soonestUs),
    returnMs: finite(returnUs),
    limitedUntilMs: finite(limitedUntilUs),
  };
}

function finite(us: Micros): Millis | undefined {
  return Number.isFinite(us) ? toMillis(us) : undefined;
}

/** The first reason against a candidate that the filter left out. */
export function reasonOf(context: SelectContext, moment: Moment, index: DeploymentIndex): Reason {
  const deployment = context.table.deployments[index];
  if (deployment === undefined || deployment.outOfRotation !== undefined) return 'outOfRotation';
  const ruledOut = ruleReason(deployment, moment.rules);
  if (ruledOut !== undefined) return ruledOut;
  if (!fitsWindow(deployment, context)) return 'tooSmall';
  if (!fitsLimits(deployment, context, moment.rules)) return 'overLimit';
  const row = rowOf(context.fleet, index);
  const standing = context.ignoreHealth ? 'ready' : standingOf(row, moment.nowUs);
  if (standing === 'blocked' || standing === 'resting') return 'blocked';
  if (standing === 'open' || standing === 'probing') return 'open';
  return slotFreeAtUs(row, moment.nowUs, false) === Number.POSITIVE_INFINITY ? 'parallel' : 'limited';
}

/** When what keeps the candidate out is over; no later than `now` when no clock can tell. */
export function freeAtUs(
  context: SelectContext,
  moment: Moment,
  { index, reason }: { readonly index: DeploymentIndex; readonly reason: Reason },
): number {
  if (reason === 'overBudget') return budgetsFreeAtUs(moment.rules.optional, index);
  const isTimed = reason === 'open' || reason === 'blocked' || reason === 'limited';
  if (!isTimed) return 0;
  const row = rowOf(context.fleet, index);
  const roomUs = roomAtUs(context, moment, row);
  return reason === 'limited' ? Math.max(roomUs, slotFreeAtUs(row, moment.nowUs, false)) : roomUs;
}

/** When limits let a client's next request through. */
function clientRoomAtUs(context: SelectContext, moment: Moment, index: DeploymentIndex): number {
  const row = rowOf(context.fleet, index);
  return row.metered && moment.rules.enforceLimits ? clientFreeAtUs(row, context, moment.nowUs) : 0;
}

/** When breaker and limits both let a request through; no later than `now` when that hangs on a probe. */
function roomAtUs(context: SelectContext, moment: Moment, row: Row): number {
  const healthyAtUs = context.ignoreHealth ? 0 : availableAtUs(row, moment.nowUs);
  if (!row.metered || !moment.rules.enforceLimits) return healthyAtUs;
  return Math.max(healthyAtUs, rowFreeAtUs(row, context, moment.nowUs));
}
