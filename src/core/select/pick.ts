// The last step of a decision: one of the preferred candidates, by the strategy's word.
import type { Micros } from '../fleet/micros.ts';
import { strategyNamed } from '../strategy/registry.ts';
import type { PickContext, Strategy } from '../strategy/strategy.ts';
import { meanWeight, weightBasis } from '../strategy/weight-basis.ts';
import type { DeploymentIndex, Rng } from '../units.ts';
import type { SelectContext } from './select-context.ts';

/** How many candidates stand in the scratch space (at least 1), and what else the choice depends on. */
export interface Draw {
  readonly count: number;
  readonly nowUs: Micros;
  readonly rng: Rng;
}

export function pick(context: SelectContext, draw: Draw): DeploymentIndex {
  const { scratch } = context.fleet;
  if (draw.count === 1) return scratch[0] ?? 0;
  const { deployments } = context.table;
  const pickContext: PickContext = {
    fleet: context.fleet,
    deployments,
    nowUs: draw.nowUs,
    rng: draw.rng,
    basis: weightBasis(deployments, scratch, draw.count),
    meanWeight: meanWeight(deployments, context.candidates),
  };
  const strategy = strategyNamed(context.policy.strategy);
  return strategy.share === undefined
    ? pickByScore(strategy, pickContext, draw.count)
    : pickByShare(strategy.share, pickContext, draw.count);
}

/** The lowest score; equal ones are drawn evenly. */
export function pickByScore(strategy: Strategy, context: PickContext, count: number): DeploymentIndex {
  const { scratch } = context.fleet;
  let best = scratch[0] ?? 0;
  let bestScore = strategy.score(best, context);
  let equals = 1;
  for (let nth = 1; nth < count; nth++) {
    const candidate = scratch[nth] ?? 0;
    const score = strategy.score(candidate, context);
    if (score > bestScore) continue;
    equals = score === bestScore ? equals + 1 : 1;
    if (equals > 1 && context.rng() * equals >= 1) continue;
    best = candidate;
    bestScore = score;
  }
  return best;
}

/** One weighted draw; an even one when no candidate has any weight. */
export function pickByShare(
  share: NonNullable<Strategy['share']>,
  context: PickContext,
  count: number,
): DeploymentIndex {
  const { scratch, scratchShares } = context.fleet;
  let total = 0;
  for (let nth = 0; nth < count; nth++) {
    const weight = share(scratch[nth] ?? 0, context);
    scratchShares[nth] = weight;
    total += weight;
  }
  const point = context.rng();
  if (!(total > 0)) return scratch[Math.floor(point * count)] ?? 0;
  let left = point * total;
  let last = 0;
  for (let nth = 0; nth < count; nth++) {
    const weight = scratchShares[nth] ?? 0;
    if (weight <= 0) continue;
    if (left < weight) return scratch[nth] ?? 0;
    left -= weight;
    last = nth;
  }
  return scratch[last] ?? 0;
}
