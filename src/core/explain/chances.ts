// How likely each candidate is to be picked under the policy in force: shares of a weighted draw, or the lowest score.
// Asks the strategies what `pick` asks them, and never draws.
import type { Micros } from '../fleet/micros.ts';
import type { SelectContext } from '../select/select-context.ts';
import { strategyNamed } from '../strategy/registry.ts';
import type { PickContext, Strategy } from '../strategy/strategy.ts';
import { meanWeight, weightBasis } from '../strategy/weight-basis.ts';
import type { DeploymentIndex } from '../units.ts';

export interface Chance {
  /** 0 to 1; all of them together are 1. */
  readonly probability: number;
  /** Of a weighted draw. */
  readonly weight: number | undefined;
  /** Of any other strategy: lower is better. */
  readonly score: number | undefined;
}

/** A strategy that draws inside its scores would be asked with this number. */
const MIDDLE = 0.5;

export function chancesOf(
  context: SelectContext,
  nowUs: Micros,
  kept: readonly DeploymentIndex[],
): ReadonlyMap<DeploymentIndex, Chance> {
  const { deployments } = context.table;
  const pickContext: PickContext = {
    fleet: context.fleet,
    deployments,
    nowUs,
    rng: () => MIDDLE,
    basis: weightBasis(deployments, kept, kept.length),
    meanWeight: meanWeight(deployments, context.candidates),
  };
  const strategy = strategyNamed(context.policy.strategy);
  return strategy.share === undefined
    ? chancesByScore(strategy, pickContext, kept)
    : chancesByShare(strategy.share, pickContext, kept);
}

/** The lowest score wins; equal ones are drawn evenly. */
function chancesByScore(
  strategy: Strategy,
  context: PickContext,
  kept: readonly DeploymentIndex[],
): Map<DeploymentIndex, Chance> {
  const scores = kept.map((index) => strategy.score(index, context));
  const lowest = Math.min(...scores);
  const winners = scores.filter((score) => score === lowest).length;
  return new Map(
    kept.map((index, nth) => {
      const score = scores[nth];
      return [index, { probability: score === lowest ? 1 / winners : 0, weight: undefined, score }];
    }),
  );
}

/** Each its weight over the sum; an even draw when nobody has any. */
function chancesByShare(
  share: NonNullable<Strategy['share']>,
  context: PickContext,
  kept: readonly DeploymentIndex[],
): Map<DeploymentIndex, Chance> {
  const weights = kept.map((index) => share(index, context));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return new Map(
    kept.map((index, nth) => {
      const weight = weights[nth] ?? 0;
      return [index, { probability: total > 0 ? weight / total : 1 / kept.length, weight, score: undefined }];
    }),
  );
}
