// What simple-shuffle weighs by. LiteLLM 1.106 tries weight, rpm and tpm in this order and takes the first that any
// candidate has above zero. One deviation (DESIGN 7): beside weighted deployments, one without a weight gets the mean
// weight instead of silence.
import type { Deployment } from '../deployment.ts';
import type { DeploymentIndex } from '../units.ts';
import type { PickContext, WeightBasis } from './strategy.ts';

/** Whether the request's own weights, by id, give any of the first `count` candidates some traffic. */
export function hasRequestWeight(
  weights: ReadonlyMap<string, number>,
  deployments: readonly Deployment[],
  candidates: readonly DeploymentIndex[] | Int32Array,
): boolean {
  return candidates.some((index) => Number(weights.get(String(deployments[index]?.id))) > 0);
}

/** The metric for these candidates: the first `count` of the list. */
export function weightBasis(
  deployments: readonly Deployment[],
  candidates: ArrayLike<DeploymentIndex>,
  count: number,
): WeightBasis {
  let basis: WeightBasis = 'uniform';
  for (let nth = 0; nth < count; nth++) {
    const deployment = deployments[Number(candidates[nth])];
    if (isPositive(deployment?.weight)) return 'weight';
    if (isPositive(deployment?.limits.rpm)) basis = 'rpm';
    else if (basis === 'uniform' && isPositive(deployment?.limits.tpm)) basis = 'tpm';
  }
  return basis;
}

function isPositive(metric: number | undefined): boolean {
  return metric !== undefined && metric > 0;
}

/** Mean of the weights that are configured; 0 when there is none. */
export function meanWeight(deployments: readonly Deployment[], candidates: ArrayLike<DeploymentIndex>): number {
  let sum = 0;
  let weighted = 0;
  for (let nth = 0; nth < candidates.length; nth++) {
    const weight = deployments[Number(candidates[nth])]?.weight;
    if (weight === undefined) continue;
    sum += weight;
    weighted++;
  }
  return weighted === 0 ? 0 : sum / weighted;
}

/** Weight of one candidate under the context's basis; 0 = no traffic while another has some. */
export function weightOf(deployment: Deployment | undefined, context: PickContext): number {
  switch (context.basis) {
    case 'request':
      return context.weights?.get(String(deployment?.id)) ?? 0;
    case 'weight':
      return deployment?.weight ?? context.meanWeight;
    case 'rpm':
      return deployment?.limits.rpm ?? 0;
    case 'tpm':
      return deployment?.limits.tpm ?? 0;
    case 'uniform':
      return 1;
  }
}
