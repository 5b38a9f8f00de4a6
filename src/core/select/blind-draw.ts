// A weighted draw before anybody is looked at: draw by the configured weights, look at the winner alone, and take it if
// it may be used. A refused draw goes the whole way. The shares are the same: drawing again among the usable ones gives
// each its weight over the sum of the usable weights, whatever was refused before (rejection sampling). It makes the
// decision independent of the number of deployments.
import { rampOf } from '../breaker/standing.ts';
import type { Deployment } from '../deployment.ts';
import { load } from '../fleet/cells.ts';
import { rowOf, type WeightedDraw } from '../fleet/fleet.ts';
import type { RoutingPolicy } from '../routing-table.ts';
import type { DeploymentIndex, Rng } from '../units.ts';
import { hasRoom, isEligible, isHealthy, type Moment } from './filter.ts';
import type { SelectContext } from './select-context.ts';

/**
 * `undefined` where the shares depend on who is usable: candidates of different `order`, or some without the metric
 * that others are weighed by. Settled once per group.
 */
export function weightedDraw(
  deployments: readonly Deployment[],
  candidates: readonly DeploymentIndex[],
): WeightedDraw | undefined {
  const members = candidates.map((index) => deployments[index]).filter((member) => member !== undefined);
  const [first] = members;
  if (first === undefined || members.some(({ order }) => order !== first.order)) return undefined;
  const weights = commonMetric(members);
  if (weights === undefined) return undefined;
  const sums = new Float64Array(weights.length);
  let total = 0;
  weights.forEach((weight, nth) => {
    total += weight;
    sums[nth] = total;
  });
  return { members, sums, total };
}

/** A usable deployment by its weight, or `undefined`: then the whole pipeline decides. */
export function drawBlindly(context: SelectContext, moment: Moment, rng: Rng): DeploymentIndex | undefined {
  const { fleet } = context;
  if (context.tried.length > 0 || !isPlainShuffle(context.policy)) return undefined;
  if (moment.rules.tagRequest !== undefined) return undefined;
  const draw = knownDraw(context);
  if (draw === undefined) return undefined;
  const deployment = draw.members[positionOf(draw, rng() * draw.total)];
  if (deployment === undefined || !isEligible(deployment, context, moment.rules)) return undefined;
  const { index } = deployment;
  const row = rowOf(fleet, index);
  if (!context.ignoreHealth && !isHealthy(row, moment.nowUs)) return undefined;
  if (!hasRoom(row, context, moment)) return undefined;
  const ramp = rampOf(row, moment.nowUs);
  return ramp >= 1 || rng() < ramp ? index : undefined;
}

/** The configured weights decide, for all candidates at once. */
function isPlainShuffle({ strategy, priorities, weights }: RoutingPolicy): boolean {
  return strategy === 'simple-shuffle' && priorities === undefined && weights === undefined;
}

function knownDraw({ table, fleet, candidates }: SelectContext): WeightedDraw | undefined {
  const known = fleet.draws.get(candidates);
  if (known !== undefined) return known.draw;
  const draw = weightedDraw(table.deployments, candidates);
  fleet.draws.set(candidates, { draw });
  return draw;
}

/** The metric that every member has above zero, in simple-shuffle's order; all alike where nobody has any. */
function commonMetric(members: readonly Deployment[]): number[] | undefined {
  for (const metric of METRICS) {
    const values = members.map(metric).filter((value) => value !== undefined);
    if (values.length === 0) continue;
    return values.length === members.length && values.every((value) => value > 0) ? values : undefined;
  }
  return members.map(() => 1);
}

const METRICS = [
  (deployment: Deployment) => deployment.weight,
  (deployment: Deployment) => deployment.limits.rpm,
  (deployment: Deployment) => deployment.limits.tpm,
];

/** First position whose running sum exceeds `point`. */
function positionOf({ sums }: WeightedDraw, point: number): number {
  let low = 0;
  let high = sums.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (load(sums, middle) > point) high = middle;
    else low = middle + 1;
  }
  return low;
}
