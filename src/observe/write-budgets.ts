// What is left of the budgets of providers, under LiteLLM's name for it.
import { budgetStates } from '../core/budget/budgets.ts';
import { microsBefore } from '../core/fleet/micros.ts';
import type { Millis } from '../core/units.ts';
import { insideGuard } from '../gateway/fleet-guard.ts';
import type { Runtime } from '../gateway/runtime.ts';
import { labelText, type Exposition } from './exposition.ts';

export function writeBudgets(out: Exposition, { config, fleet, guard }: Runtime, now: Millis): void {
  out.family('gauge', 'litellm_provider_remaining_budget_metric', 'US dollars left in the budget of a provider.');
  const { budgets } = config.table.settings;
  if (budgets === undefined) return;
  const states = insideGuard(guard, now, (at) => budgetStates({ budgets, fleet }, microsBefore(at)));
  for (const { budget, spentUsd } of states) {
    if (budget.kind !== 'provider') continue;
    out.sample(labelText({ api_provider: budget.name }), Math.max(0, budget.limitUsd - spentUsd));
  }
}
