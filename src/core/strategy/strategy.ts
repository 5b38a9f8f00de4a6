// What a strategy is: one pure function that scores a candidate, lower is better. Which candidates there are, health,
// limits, order and retries are decided before it is asked (DESIGN 3, rule 3).
import type { Deployment } from '../deployment.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Micros } from '../fleet/micros.ts';
import type { Tracking } from '../fleet/tracking.ts';
import type { StrategyArgs, StrategyName } from '../routing-table.ts';
import type { DeploymentIndex, Rng } from '../units.ts';

/** What the candidates of one decision have in common, known before the first is scored. */
export interface PickContext {
  readonly fleet: Fleet;
  readonly deployments: readonly Deployment[];
  readonly nowUs: Micros;
  readonly rng: Rng;
  /** Of the candidates: the first metric that any of them has above zero (LiteLLM 1.106, 3.3a). */
  readonly basis: WeightBasis;
  /** Mean of the configured weights of the whole group: what a deployment without one gets. */
  readonly meanWeight: number;
  /** Weights that the request gives, by deployment id. */
  readonly weights: ReadonlyMap<string, number> | undefined;
  readonly args: StrategyArgs;
  readonly stream: boolean;
  /** What the request is expected to use, in tokens. */
  readonly requestTokens: number;
}

export type WeightBasis = 'request' | 'weight' | 'rpm' | 'tpm' | 'uniform';

export interface Strategy {
  readonly name: StrategyName;
  /** Lower is better, Infinity is last; equal scores are drawn at random. May use `rng`; changes nothing. */
  score(candidate: DeploymentIndex, context: PickContext): number;
  /**
   * Present where the choice is a weighted draw: the candidate's weight, 0 or more. The pipeline then draws one number
   * instead of one logarithm per candidate; the shares are those of `score` (measured: 1.9 against 0.7 µs for 100).
   */
  readonly share?: (candidate: DeploymentIndex, context: PickContext) => number;
  /** Present where near scores count as equal: the highest score that is as good as `lowest`, which is the best one. */
  readonly tolerated?: (lowest: number, context: PickContext) => number;
  /** What has to be counted for it from its first decision on. */
  readonly needs?: keyof Tracking;
}
