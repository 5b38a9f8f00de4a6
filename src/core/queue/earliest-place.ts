// Which deployment will take a waiting request first, and when. The same rules as a decision has (select/filter.ts), but
// asked about the time to come instead of now.
import { availableAtUs } from '../breaker/standing.ts';
import { rowOf } from '../fleet/fleet.ts';
import type { Micros } from '../fleet/micros.ts';
import { parallelFull, rowFreeAtUs } from '../limiter/limiter.ts';
import { promptExceedsLimit } from '../limiter/oversized.ts';
import { filterRules, isEligible, isHealthy } from '../select/filter.ts';
import type { SelectContext } from '../select/select-context.ts';
import type { DeploymentIndex } from '../units.ts';

export interface EarliestPlace {
  /** `undefined`: no deployment in health that a clock can tell about. */
  readonly deployment: DeploymentIndex | undefined;
  /** No later than now: it may go now. Infinity without a deployment. */
  readonly atUs: Micros;
  /** When a deployment that is out for its health comes back: then there may be a better place. Infinity: none. */
  readonly askAgainAtUs: Micros;
}

/** Looks at the healthy candidates; a parallel slot that is taken now may be free by then, one that is needed now is not. */
export function earliestPlace(context: SelectContext, nowUs: Micros): EarliestPlace {
  const { candidates, fleet, table } = context;
  const rules = filterRules(context);
  let best: DeploymentIndex | undefined;
  let atUs = Number.POSITIVE_INFINITY;
  let askAgainAtUs = Number.POSITIVE_INFINITY;
  for (const index of candidates) {
    const deployment = table.deployments[index];
    if (deployment === undefined || !isEligible(deployment, context, rules)) continue;
    const row = rowOf(fleet, index);
    if (promptExceedsLimit(row, context)) continue;
    if (!context.ignoreHealth && !isHealthy(row, nowUs)) {
      const backAtUs = availableAtUs(row, nowUs);
      if (backAtUs > nowUs) askAgainAtUs = Math.min(askAgainAtUs, backAtUs);
      continue;
    }
    const freeAtUs = row.metered && rules.enforceLimits ? rowFreeAtUs(row, context, nowUs) : 0;
    if (freeAtUs >= atUs || (freeAtUs <= nowUs && parallelFull(row))) continue;
    best = index;
    atUs = freeAtUs;
  }
  return { deployment: best, atUs, askAgainAtUs };
}
