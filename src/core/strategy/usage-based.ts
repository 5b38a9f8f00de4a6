// usage-based-routing and -v2: the fewest tokens in the last 60 s, sliding. LiteLLM's two versions differ in where they
// keep their counters and in faults (one request short of the limit, a blind first pick); here they are one function.
// Limits are the limiter's business: this compares what was used, not what is left.
import { rampOf } from '../breaker/standing.ts';
import { rowOf } from '../fleet/fleet.ts';
import { slotsSum } from '../fleet/slots.ts';
import type { StrategyName } from '../routing-table.ts';
import type { DeploymentIndex } from '../units.ts';
import type { PickContext, Strategy } from './strategy.ts';

/** A recovering deployment counts as if it had used the tokens that its missing share would have brought it. */
function score(candidate: DeploymentIndex, context: PickContext): number {
  const row = rowOf(context.fleet, candidate);
  const ramp = rampOf(row, context.nowUs);
  const used = slotsSum(row.usage, context.nowUs);
  return ramp === 1 ? used : (used + context.requestTokens) / ramp - context.requestTokens;
}

function named(name: StrategyName): Strategy {
  return { name, score, needs: 'usage' };
}

export const usageBased = named('usage-based-routing');
export const usageBasedV2 = named('usage-based-routing-v2');
