// What is left of the budgets of providers, under LiteLLM's name for it.
import { budgetStates } from '../core/budget/budgets.ts';
import { microsBefore } from '../core/fleet/micros.ts';
import type { Millis } from '../core/units.ts';
import type { Runtime } from '../gateway/runtime.ts';
import { labelText, type Exposition } from './exposition.ts';

export function writeBudgets(out: Exposition, { config, fleet }: Runtime, now: Millis): void {
  out.family('gauge', 'litellm_provider_remaining_budget_metric', 'US dollars left in the budget of a provider.');
  const { budgets } = config.table.settings;
  if (budgets === undefined) return;
  for (const { budget, spentUsd } of budgetStates({ budgets, fleet }, microsBefore(now))) {
    if (budget.kind !== 'provider') continue;
    out.sample(labelText({ api_provider: budget.name }), Math.max(0, budget.limitUsd - spentUsd));
  }
}
