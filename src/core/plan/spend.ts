// What an attempt of a plan costs, and for whom: nobody's budget pays for a caller's own key, and behind a wildcard the
// price is that of the model that was asked for.
import { settleBudgets, type Prices } from '../budget/settle-budgets.ts';
import type { Deployment } from '../deployment.ts';
import type { Charge } from '../fleet/charge.ts';
import type { Outcome } from '../outcome.ts';
import { upstreamModelFor } from '../select/resolve.ts';
import type { Millis } from '../units.ts';
import type { Hop } from './hop.ts';
import type { PlanState } from './plan-state.ts';

export interface SpentAttempt {
  readonly hop: Hop;
  readonly deployment: Deployment;
  readonly charge: Charge;
  readonly outcome: Outcome;
  readonly now: Millis;
}

/** Charges the budgets of the config, if there are any. */
export function spend(state: PlanState, attempt: SpentAttempt): void {
  const { budgets } = state.table.settings;
  if (budgets === undefined || state.intent.callerCredentials) return;
  const { fleet, tags, promptTokens } = state;
  settleBudgets({ budgets, fleet }, { ...attempt, tags, promptTokens, prices: pricesOf(state, attempt) });
}

function pricesOf({ context }: PlanState, { hop, deployment }: SpentAttempt): Prices {
  const isPriced = deployment.inputCostPerToken !== undefined || deployment.outputCostPerToken !== undefined;
  if (isPriced || !deployment.isWildcard) return deployment;
  return context.priceOf?.(deployment.provider, upstreamModelFor(deployment, hop.resolution)) ?? deployment;
}
