// least-busy: the fewest attempts in flight, exact at this moment. Equal ones are drawn at random: LiteLLM 1.106 takes
// the first of the list, which sends an idle group's whole traffic to one deployment.
import { rampOf } from '../breaker/standing.ts';
import { rowOf } from '../fleet/fleet.ts';
import { inFlightOfRow } from '../fleet/operations.ts';
import type { DeploymentIndex } from '../units.ts';
import type { PickContext, Strategy } from './strategy.ts';

export const leastBusy: Strategy = {
  name: 'least-busy',
  score(candidate: DeploymentIndex, context: PickContext): number {
    const row = rowOf(context.fleet, candidate);
    const ramp = rampOf(row, context.nowUs);
    const busy = inFlightOfRow(row);
    return ramp === 1 ? busy : (busy + 1) / ramp - 1;
  },
};
