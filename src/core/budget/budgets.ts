// Budgets in money: how much may be spent on a provider, a deployment or a tag in a period. A filter like any other:
// what has crossed its budget gets no traffic until its window ends. What was spent stands in the fleet.
import { spentOn, windowEndUs, type NanoDollars } from '../fleet/accounts.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Micros } from '../fleet/micros.ts';
import type { DeploymentIndex, Millis } from '../units.ts';

export const NANOS_PER_DOLLAR = 1e9;

export interface Budget {
  readonly kind: 'provider' | 'deployment' | 'tag';
  /** The provider, the deployment's id, or the tag. */
  readonly name: string;
  readonly limitUsd: number;
  /** As configured: `1d`. */
  readonly period: string;
  readonly periodMs: Millis;
}

/** All budgets of a config. A budget's position in `list` is its account in the fleet. */
export interface Budgets {
  readonly list: readonly Budget[];
  /** By deployment index: its provider's budget and its own. */
  readonly byDeployment: readonly (readonly number[])[];
  readonly byTag: ReadonlyMap<string, number>;
}

const NONE: readonly number[] = [];

/** Budgets that a request with these tags draws on, whatever deployment it goes to. */
export function budgetsOfTags({ byTag }: Budgets, tags: readonly string[]): readonly number[] {
  if (byTag.size === 0 || tags.length === 0) return NONE;
  return [...new Set(tags)].flatMap((tag) => byTag.get(tag) ?? []);
}

export function budgetsOfDeployment({ byDeployment }: Budgets, deployment: DeploymentIndex): readonly number[] {
  return byDeployment[deployment] ?? NONE;
}

export interface Ledger {
  readonly budgets: Budgets;
  readonly fleet: Fleet;
}

/** As in LiteLLM, a budget is crossed when what was spent has reached it: the request before is the last one. */
export function isCrossed({ budgets, fleet }: Ledger, budget: number, nowUs: Micros): boolean {
  const spec = budgets.list[budget];
  const account = fleet.accounts[budget];
  if (spec === undefined || account === undefined) return false;
  return spentOn(account, nowUs) >= spec.limitUsd * NANOS_PER_DOLLAR;
}

/** When the last of these budgets that are crossed begins anew; 0 when none is crossed. */
export function crossedUntilUs(ledger: Ledger, budgets: readonly number[], nowUs: Micros): Micros {
  let untilUs = 0;
  for (const budget of budgets) {
    const account = ledger.fleet.accounts[budget];
    if (account === undefined || !isCrossed(ledger, budget, nowUs)) continue;
    untilUs = Math.max(untilUs, windowEndUs(account, nowUs));
  }
  return untilUs;
}

/** One budget as the listing of them shows it. */
export interface BudgetState {
  readonly budget: Budget;
  readonly spentUsd: number;
  /** `undefined`: nothing has been spent, no window runs. */
  readonly resetsInMs: Millis | undefined;
}

export function budgetStates({ budgets, fleet }: Ledger, nowUs: Micros): BudgetState[] {
  return budgets.list.map((budget, nth) => {
    const account = fleet.accounts[nth];
    const endUs = account === undefined ? 0 : windowEndUs(account, nowUs);
    return {
      budget,
      spentUsd: account === undefined ? 0 : dollars(spentOn(account, nowUs)),
      resetsInMs: endUs === 0 ? undefined : (endUs - nowUs) / 1000,
    };
  });
}

/** `Exceeded budget for provider openai: 10.2 >= 10`, in LiteLLM's words. */
export function crossedText(ledger: Ledger, budget: number, nowUs: Micros): string {
  const spec = ledger.budgets.list[budget];
  const account = ledger.fleet.accounts[budget];
  if (spec === undefined || account === undefined) return '';
  return `Exceeded budget for ${spec.kind} ${spec.name}: ${dollars(spentOn(account, nowUs))} >= ${spec.limitUsd}`;
}

function dollars(nanos: NanoDollars): number {
  return nanos / NANOS_PER_DOLLAR;
}
