// `/provider/budgets`: what was spent of each provider's budget, under LiteLLM's names.
import { budgetStates } from '../../core/budget/budgets.ts';
import { microsBefore } from '../../core/fleet/micros.ts';
import type { Millis } from '../../core/units.ts';
import { insideGuard } from '../../gateway/fleet-guard.ts';
import type { Runtime } from '../../gateway/runtime.ts';
import { errorEnvelope } from '../../wire/error-envelope.ts';
import type { DataPlaneContext } from '../data-plane.ts';
import { jsonReply, type ControlRoute } from './control-route.ts';

const NONE = {
  message: 'No provider budget config found. Give router_settings a provider_budget_config.',
  type: 'internal_server_error',
  param: null,
  code: '500',
};

/** 500 where no provider has a budget (golden b09). */
export function budgetRoute(context: () => DataPlaneContext): ControlRoute {
  return {
    method: 'GET',
    path: '/provider/budgets',
    summary: 'Budgets by provider; 500 when none are configured',
    tag: 'management',
    handle: () => {
      const { runtime, services } = context();
      const providers = budgetListing(runtime, services.clock.now());
      if (providers !== undefined) return jsonReply({ providers });
      return { status: 500, contentType: 'application/json', body: errorEnvelope(NONE) };
    },
  };
}

interface ListedBudget {
  /** US dollars, as is `spend`. */
  readonly budget_limit: number;
  readonly time_period: string;
  readonly spend: number;
  /** ISO 8601; null while nothing has been spent. */
  readonly budget_reset_at: string | null;
}

/** By provider name; `undefined` when no provider has a budget. */
function budgetListing({ config, fleet, guard }: Runtime, now: Millis): Record<string, ListedBudget> | undefined {
  const { budgets } = config.table.settings;
  if (budgets === undefined) return undefined;
  const all = insideGuard(guard, now, (at) => budgetStates({ budgets, fleet }, microsBefore(at)));
  const states = all.filter(({ budget }) => budget.kind === 'provider');
  if (states.length === 0) return undefined;
  const listed = states.map(({ budget, spentUsd, resetsInMs }): [string, ListedBudget] => [
    budget.name,
    {
      budget_limit: budget.limitUsd,
      time_period: budget.period,
      spend: spentUsd,
      budget_reset_at: resetsInMs === undefined ? null : new Date(Date.now() + resetsInMs).toISOString(),
    },
  ]);
  return Object.fromEntries(listed);
}
