// The retry budgets of the model groups, read from the fleet when somebody scrapes: apart from the deployments' state,
// because a budget belongs to a group and is shown once.
import { budgetOf } from '../core/fleet/fleet.ts';
import { refusedRetries, retriesLeft } from '../core/plan/retry-budget.ts';
import { insideGuard } from '../gateway/fleet-guard.ts';
import { labelText, type Exposition } from './exposition.ts';
import type { Scrape } from './write-state.ts';

export function writeRetryBudgets(out: Exposition, { runtime, now }: Scrape): void {
  const groups = [...runtime.config.table.groups.values()].flatMap(({ name, deployments: [first] }) =>
    first === undefined ? [] : [{ labels: labelText({ model: name }), budget: budgetOf(runtime.fleet, first) }],
  );
  out.family('gauge', 'loadstone_retry_budget_left', 'Retries that a model group may still make.');
  for (const { labels, budget } of groups) {
    out.sample(
      labels,
      insideGuard(runtime.guard, now, (at) => retriesLeft(budget, at)),
    );
  }
  out.family('counter', 'loadstone_retries_refused', 'Retries that the budget of a model group did not allow.');
  for (const { labels, budget } of groups) out.sample(labels, refusedRetries(budget));
}
