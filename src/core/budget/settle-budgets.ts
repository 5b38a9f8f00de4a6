// What an attempt cost, charged to the budgets that it draws on: those of its deployment and its provider, and those of
// the tags of the request and of the deployment, as LiteLLM 1.106 merges them. Done when the attempt has ended.
import type { Deployment } from '../deployment.ts';
import type { Charge } from '../fleet/charge.ts';
import { spendOn, type NanoDollars } from '../fleet/accounts.ts';
import { microsAfter } from '../fleet/micros.ts';
import type { Outcome, TokenUsage } from '../outcome.ts';
import type { Millis } from '../units.ts';
import { budgetsOfDeployment, budgetsOfTags, NANOS_PER_DOLLAR, type Ledger } from './budgets.ts';

/** US dollars per token; `undefined` = not known. */
export type Prices = Pick<Deployment, 'inputCostPerToken' | 'outputCostPerToken'>;

export interface EndedAttempt {
  readonly deployment: Deployment;
  readonly prices: Prices;
  readonly charge: Charge;
  readonly outcome: Outcome;
  readonly tags: readonly string[];
  /** Estimate of the prompt, in tokens: what is known when the provider did not tell. */
  readonly promptTokens: number;
  readonly now: Millis;
}

/** Charges what the attempt cost. */
export function settleBudgets(ledger: Ledger, ended: EndedAttempt): void {
  const amount = costOf(ended.prices, usageOf(ended));
  const { deployment, tags, now } = ended;
  const own = budgetsOfDeployment(ledger.budgets, deployment.index);
  const tagged = budgetsOfTags(ledger.budgets, [...tags, ...deployment.tags]);
  for (const budget of [...own, ...tagged]) {
    const spec = ledger.budgets.list[budget];
    const account = ledger.fleet.accounts[budget];
    if (spec === undefined || account === undefined) continue;
    spendOn(account, { amount, periodUs: microsAfter(spec.periodMs), nowUs: microsAfter(now) });
  }
}

/** The provider's own count; without one the estimate of the prompt, of an answer that had at least begun. */
function usageOf({
  outcome,
  charge,
  promptTokens,
}: EndedAttempt): Pick<TokenUsage, 'promptTokens' | 'completionTokens'> {
  if (outcome.kind === 'failure' && !outcome.committed) return { promptTokens: 0, completionTokens: 0 };
  if (outcome.kind === 'success' && outcome.usage !== undefined) return outcome.usage;
  return { promptTokens, completionTokens: outcome.kind === 'success' ? charge.outputTokens : 0 };
}

/** In whole nano-dollars; 0 where no price is known. */
export function costOf(
  { inputCostPerToken = 0, outputCostPerToken = 0 }: Prices,
  usage: Pick<TokenUsage, 'promptTokens' | 'completionTokens'>,
): NanoDollars {
  const dollars = usage.promptTokens * inputCostPerToken + usage.completionTokens * outputCostPerToken;
  return Number.isFinite(dollars) && dollars > 0 ? Math.ceil(dollars * NANOS_PER_DOLLAR - ROUNDING) : 0;
}

/** What a product of decimal prices is off by; without it 11 tokens of 1e-6 would be a nano-dollar too many. */
const ROUNDING = 1e-3;
