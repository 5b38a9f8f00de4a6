// The filters that most configs and requests have nothing of: region, output format, budgets, health checks. They are
// settled once for a decision; the plain decision shares one constant and never comes here.
import { budgetsOfDeployment, budgetsOfTags, crossedUntilUs, type Ledger } from '../budget/budgets.ts';
import type { Deployment } from '../deployment.ts';
import { hasFailedCheck } from '../fleet/checks.ts';
import { rowOf, type Fleet } from '../fleet/fleet.ts';
import type { Micros } from '../fleet/micros.ts';
import type { HealthRouting } from '../filter-settings.ts';
import type { ResponseFormat } from '../deployment.ts';
import type { DeploymentIndex } from '../units.ts';
import type { SelectContext } from './select-context.ts';

/** Why one of these filters keeps a candidate out. */
export type OptionalReason = 'wrongRegion' | 'unsupported' | 'overBudget' | 'failedCheck';

/** What applies to this decision; `undefined` = that filter does not. */
export interface OptionalRules {
  readonly fleet: Fleet;
  readonly nowUs: Micros;
  readonly region: string | undefined;
  readonly responseFormat: ResponseFormat | undefined;
  readonly ledger: Ledger | undefined;
  /** Until when a budget of the request's tags keeps every deployment from it; 0 = none does. */
  readonly tagsCrossedUntilUs: Micros;
  readonly health: HealthRouting | undefined;
}

/** All that the config and the request ask for, or `undefined` when none of these filters can matter. */
export function optionalRules(context: SelectContext, nowUs: Micros): OptionalRules | undefined {
  const { table, intent, fleet } = context;
  const { enablePreCallChecks, budgets, healthRouting } = table.settings;
  const region = enablePreCallChecks ? intent.allowedRegion : undefined;
  const responseFormat = enablePreCallChecks ? intent.responseFormat : undefined;
  if (region === undefined && responseFormat === undefined && budgets === undefined && healthRouting === undefined) {
    return undefined;
  }
  const ledger = budgets === undefined ? undefined : { budgets, fleet };
  return {
    fleet,
    nowUs,
    region,
    responseFormat,
    ledger,
    tagsCrossedUntilUs:
      ledger === undefined ? 0 : crossedUntilUs(ledger, budgetsOfTags(ledger.budgets, context.tags), nowUs),
    health: healthRouting,
  };
}

/** The first of these filters that keeps the deployment out. */
export function optionalReason(deployment: Deployment, rules: OptionalRules): OptionalReason | undefined {
  const { region, responseFormat, health, fleet, nowUs } = rules;
  if (region !== undefined && deployment.region !== region) return 'wrongRegion';
  if (responseFormat !== undefined && deployment.refusedFormats.includes(responseFormat)) return 'unsupported';
  if (budgetsFreeAtUs(rules, deployment.index) !== 0) return 'overBudget';
  if (health === undefined || health.groups?.has(deployment.group) === false) return undefined;
  return hasFailedCheck(rowOf(fleet, deployment.index), nowUs, health.stalenessMs) ? 'failedCheck' : undefined;
}

/** When no budget stands in the deployment's way any more; 0 = none does. */
export function budgetsFreeAtUs(rules: OptionalRules | undefined, deployment: DeploymentIndex): Micros {
  if (rules?.ledger === undefined) return 0;
  const own = budgetsOfDeployment(rules.ledger.budgets, deployment);
  return Math.max(rules.tagsCrossedUntilUs, crossedUntilUs(rules.ledger, own, rules.nowUs));
}
