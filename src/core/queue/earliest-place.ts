// Which deployment will take a waiting request first, and when. The same rules as a decision has (select/filter.ts), but
// asked about the time to come instead of now.
import { availableAtUs } from '../breaker/standing.ts';
import { rowOf } from '../fleet/fleet.ts';
import type { Micros } from '../fleet/micros.ts';
import type { Row } from '../fleet/row.ts';
import { rowFreeAtUs, slotFreeAtUs } from '../limiter/limiter.ts';
import { filterRules, isEligible, isHealthy, type Moment } from '../select/filter.ts';
import type { SelectContext } from '../select/select-context.ts';
import type { DeploymentIndex } from '../units.ts';

export interface EarliestPlace {
  /** No later than now: it may go now. `undefined`: no deployment in health that a clock can tell about. */
  readonly place: { readonly deployment: DeploymentIndex; readonly atUs: Micros } | undefined;
  /** When a deployment that is out for its health comes back: then there may be a better place. Infinity: none. */
  readonly askAgainAtUs: Micros;
}

/** A parallel slot that is taken now may be free at a later place; one that is needed now is not. */
export function earliestPlace(context: SelectContext, nowUs: Micros): EarliestPlace {
  const { candidates, fleet, table } = context;
  const rules = filterRules(context, nowUs);
  let place: EarliestPlace['place'];
  let askAgainAtUs = Number.POSITIVE_INFINITY;
  for (const index of candidates) {
    const deployment = table.deployments[index];
    if (deployment === undefined || !isEligible(deployment, context, rules)) continue;
    const row = rowOf(fleet, index);
    if (!context.ignoreHealth && !isHealthy(row, nowUs)) {
      const backAtUs = availableAtUs(row, nowUs);
      if (backAtUs > nowUs) askAgainAtUs = Math.min(askAgainAtUs, backAtUs);
      continue;
    }
    const limitsAtUs = limitsFreeAtUs(row, context, { rules, nowUs });
    const slotAtUs = limitsAtUs <= nowUs ? slotFreeAtUs(row, nowUs, true) : 0;
    if (slotAtUs === Number.POSITIVE_INFINITY) continue;
    const atUs = Math.max(limitsAtUs, slotAtUs);
    if (atUs < (place?.atUs ?? Number.POSITIVE_INFINITY)) place = { deployment: index, atUs };
  }
  return { place, askAgainAtUs };
}

function limitsFreeAtUs(row: Row, context: SelectContext, moment: Moment): Micros {
  if (!row.metered || !moment.rules.enforceLimits) return 0;
  return rowFreeAtUs(row, context, moment.nowUs);
}
