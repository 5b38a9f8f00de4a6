// Who pays for a retry (DESIGN 5): the first move of a request to an untried, closed deployment or to a fallback is free,
// every further attempt in a group draws on the group's budget. Separate from the question whether a retry makes sense.
// What the caller or the request itself is to blame for (a timeout of a millisecond, a refused body that a policy has tried
// again) costs nothing: nobody may use up by such requests what the retries of all others are paid from.
import { standingOf } from '../breaker/standing.ts';
import { budgetOf, rowOf } from '../fleet/fleet.ts';
import { microsBefore } from '../fleet/micros.ts';
import type { Failure } from '../outcome.ts';
import type { DeploymentIndex, Millis } from '../units.ts';
import type { PlanState } from './plan-state.ts';
import type { Retry } from './retry.ts';
import { drawRetry } from './retry-budget.ts';

export interface FailedMove {
  /** `undefined`: nothing was attempted. */
  readonly failed: DeploymentIndex | undefined;
  readonly failure: Failure | undefined;
  readonly now: Millis;
}

/** Whether the retry may be made; takes its price. `failed` is the deployment that failed, with `failure`. */
export function payForRetry(
  state: PlanState,
  { candidates, counts }: Retry,
  { failed, failure, now }: FailedMove,
): boolean {
  if (!counts || failed === undefined || failure?.scope !== 'deployment') return true;
  if (!state.hadFreeMove && hasFresh(state, candidates, now)) {
    state.hadFreeMove = true;
    return true;
  }
  if (drawRetry(budgetOf(state.fleet, failed), now)) return true;
  state.note = `No further retry: the retry budget of model group '${state.group}' is used up.`;
  return false;
}

/** A candidate that this request has not tried and nothing is known against: selection prefers such a one. */
function hasFresh({ fleet, tried }: PlanState, candidates: readonly DeploymentIndex[], now: Millis): boolean {
  const nowUs = microsBefore(now);
  return candidates.some((index) => !tried.includes(index) && standingOf(rowOf(fleet, index), nowUs) === 'ready');
}
