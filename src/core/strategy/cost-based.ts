// cost-based-routing: the cheapest deployment, by the price of one token in and one token out, as in LiteLLM 1.106
// (3.10). What the request will really cost is not known before it is answered. Equal prices are drawn at random.
import { rampOf } from '../breaker/standing.ts';
import type { Deployment } from '../deployment.ts';
import { rowOf } from '../fleet/fleet.ts';
import type { DeploymentIndex } from '../units.ts';
import { rampedScore } from './sidelined.ts';
import type { PickContext, Strategy } from './strategy.ts';

/** US dollars for a token in or out whose price nobody knows: dearer than any real one. */
const UNKNOWN_PRICE = 5;
const TOKENS = 1_000_000;

export const costBased: Strategy = {
  name: 'cost-based-routing',
  score(candidate: DeploymentIndex, context: PickContext): number {
    const ramp = rampOf(rowOf(context.fleet, candidate), context.nowUs);
    return rampedScore(priceOf(context.deployments[candidate]), ramp, context.rng);
  },
};

/** US dollars for a million tokens in and a million out. */
function priceOf(deployment: Deployment | undefined): number {
  const input = deployment?.inputCostPerToken ?? UNKNOWN_PRICE;
  const output = deployment?.outputCostPerToken ?? UNKNOWN_PRICE;
  return (input + output) * TOKENS;
}
