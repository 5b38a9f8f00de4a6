// simple-shuffle: a weighted draw. Expressed as a score by the exponential race: each candidate draws an arrival time
// -ln(u)/w and the earliest wins, which happens with probability w over the sum of all w.
import { rampOf } from '../breaker/standing.ts';
import { rowOf } from '../fleet/fleet.ts';
import type { DeploymentIndex } from '../units.ts';
import type { PickContext, Strategy } from './strategy.ts';
import { weightOf } from './weight-basis.ts';

function share(candidate: DeploymentIndex, context: PickContext): number {
  const weight = Math.max(0, weightOf(context.deployments[candidate], context));
  return weight * rampOf(rowOf(context.fleet, candidate), context.nowUs);
}

export const simpleShuffle: Strategy = {
  name: 'simple-shuffle',
  share,
  score(candidate: DeploymentIndex, context: PickContext): number {
    const weight = share(candidate, context);
    return weight > 0 ? -Math.log(1 - context.rng()) / weight : Number.POSITIVE_INFINITY;
  },
};
