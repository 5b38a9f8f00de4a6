// The last step of a decision: one of the preferred candidates, by the strategy's word.
import { load } from '../fleet/cells.ts';
import type { Micros } from '../fleet/micros.ts';
import { strategyNamed } from '../strategy/registry.ts';
import type { PickContext, Strategy } from '../strategy/strategy.ts';
import { expectedTokens } from '../strategy/usage-window.ts';
import { hasRequestWeight, meanWeight, weightBasis } from '../strategy/weight-basis.ts';
import type { DeploymentIndex, Rng } from '../units.ts';
import type { SelectContext } from './select-context.ts';

/** How many candidates stand in the scratch space (at least 1), and what else the choice depends on. */
export interface Draw {
  readonly count: number;
  readonly nowUs: Micros;
  readonly rng: Rng;
}

export function pick(context: SelectContext, draw: Draw): DeploymentIndex {
  const { scratch, tracking } = context.fleet;
  const strategy = strategyNamed(context.policy.strategy);
  if (strategy.needs !== undefined) tracking[strategy.needs] = true;
  if (draw.count === 1) return load(scratch, 0);
  const pickContext = pickContextOf(context, draw, scratch);
  if (strategy.share !== undefined) return pickByShare(strategy.share, pickContext, draw.count);
  return pickByScore(strategy, pickContext, draw.count);
}

/** What the strategy is told about a choice between the first `draw.count` of `kept`. */
export function pickContextOf(context: SelectContext, draw: Draw, kept: ArrayLike<DeploymentIndex>): PickContext {
  const { fleet, policy, table, stream, promptTokens, maxTokens } = context;
  const { deployments } = table;
  const { weights } = policy;
  const isWeighed =
    weights !== undefined && hasRequestWeight(weights, deployments, Array.from(kept).slice(0, draw.count));
  return {
    fleet,
    deployments,
    nowUs: draw.nowUs,
    rng: draw.rng,
    basis: isWeighed ? 'request' : weightBasis(deployments, kept, draw.count),
    meanWeight: meanWeight(deployments, context.candidates),
    weights,
    args: policy.strategyArgs,
    stream,
    requestTokens: expectedTokens(promptTokens, maxTokens),
  };
}

/** The lowest score; those that the strategy calls equal to it are drawn evenly. */
export function pickByScore(strategy: Strategy, context: PickContext, count: number): DeploymentIndex {
  const { scratch, scratchShares } = context.fleet;
  let lowest = Number.POSITIVE_INFINITY;
  for (let nth = 0; nth < count; nth++) {
    const score = strategy.score(load(scratch, nth), context);
    scratchShares[nth] = score;
    if (score < lowest) lowest = score;
  }
  const highest = strategy.tolerated?.(lowest, context) ?? lowest;
  let best = 0;
  let equals = 0;
  for (let nth = 0; nth < count; nth++) {
    if (load(scratchShares, nth) > highest) continue;
    equals += 1;
    if (equals === 1 || context.rng() * equals < 1) best = load(scratch, nth);
  }
  return best;
}

/** One weighted draw; the weights go by a metric that at least one candidate has. */
export function pickByShare(
  share: NonNullable<Strategy['share']>,
  context: PickContext,
  count: number,
): DeploymentIndex {
  const { scratch, scratchShares } = context.fleet;
  let total = 0;
  for (let nth = 0; nth < count; nth++) {
    const weight = share(load(scratch, nth), context);
    scratchShares[nth] = weight;
    total += weight;
  }
  let left = context.rng() * total;
  let last = 0;
  for (let nth = 0; nth < count; nth++) {
    const weight = load(scratchShares, nth);
    if (weight <= 0) continue;
    last = nth;
    if (left < weight) break;
    left -= weight;
  }
  return load(scratch, last);
}
