// How likely each candidate is to be picked under the policy in force: shares of a weighted draw, or the lowest score.
// Asks the strategies what `pick` asks them, and never draws.
import type { Micros } from '../fleet/micros.ts';
import { pickContextOf } from '../select/pick.ts';
import type { SelectContext } from '../select/select-context.ts';
import { strategyNamed } from '../strategy/registry.ts';
import type { PickContext, Strategy } from '../strategy/strategy.ts';
import type { DeploymentIndex, Rng } from '../units.ts';

export interface Chance {
  /** 0 to 1; all of them together are 1. */
  readonly probability: number;
  /** Of a weighted draw. */
  readonly weight: number | undefined;
  /** Of any other strategy: lower is better. */
  readonly score: number | undefined;
}

/** Chance for strategies that draw inside their scores: always the middle. */
export const MIDDLE: Rng = () => 0.5;

export function chancesOf(
  context: SelectContext,
  nowUs: Micros,
  kept: readonly DeploymentIndex[],
): ReadonlyMap<DeploymentIndex, Chance> {
  const pickContext = pickContextOf(context, { nowUs, rng: MIDDLE, count: kept.length }, kept);
  const strategy = strategyNamed(context.policy.strategy);
  return strategy.share === undefined
    ? chancesByScore(strategy, pickContext, kept)
    : chancesByShare(strategy.share, pickContext, kept);
}

/** The lowest score wins; those that the strategy calls equal to it are drawn evenly. */
export function chancesByScore(
  strategy: Strategy,
  context: PickContext,
  kept: readonly DeploymentIndex[],
): Map<DeploymentIndex, Chance> {
  const scored = kept.map((index) => ({ index, score: strategy.score(index, context) }));
  const lowest = scored.reduce((least, { score }) => Math.min(least, score), Number.POSITIVE_INFINITY);
  const highest = strategy.tolerated?.(lowest, context) ?? lowest;
  const winners = scored.filter(({ score }) => score <= highest).length;
  return new Map(
    scored.map(({ index, score }) => {
      return [index, { probability: score <= highest ? 1 / winners : 0, weight: undefined, score }];
    }),
  );
}

/** Each its weight over the sum; an even draw when nobody has any. */
export function chancesByShare(
  share: NonNullable<Strategy['share']>,
  context: PickContext,
  kept: readonly DeploymentIndex[],
): Map<DeploymentIndex, Chance> {
  const weighted = kept.map((index) => ({ index, weight: share(index, context) }));
  const total = weighted.reduce((sum, { weight }) => sum + weight, 0);
  return new Map(
    weighted.map(({ index, weight }) => {
      return [index, { probability: total > 0 ? weight / total : 1 / kept.length, weight, score: undefined }];
    }),
  );
}
