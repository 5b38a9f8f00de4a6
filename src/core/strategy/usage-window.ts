// The tokens that usage-based routing compares: counted at dispatch by estimate, so that requests under way count, and
// corrected to what the provider says. Apart from the limiter, because deployments without limits are compared too.
import type { Charge } from '../fleet/charge.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { rowOf } from '../fleet/fleet.ts';
import { microsBefore } from '../fleet/micros.ts';
import type { Row } from '../fleet/row.ts';
import { slotsAdd, slotsSum } from '../fleet/slots.ts';
import { UNLEARNED_OUTPUT_TOKENS } from '../limiter/output-estimate.ts';
import type { Outcome } from '../outcome.ts';
import type { Millis } from '../units.ts';

/**
 * What a request is expected to use, the same whoever serves it: deployments are compared by it, and one that has
 * learned more than another must not look busier for that.
 */
export function expectedTokens(promptTokens: number, maxTokens: number | undefined): number {
  const output = Math.min(UNLEARNED_OUTPUT_TOKENS, maxTokens ?? UNLEARNED_OUTPUT_TOKENS);
  return Math.max(1, Math.ceil(promptTokens) + Math.max(0, Math.ceil(output)));
}

/** Counts the request; the receipt remembers how much. */
export function chargeUsage(row: Row, charge: Charge, at: { readonly now: Millis; readonly tokens: number }): Charge {
  slotsSum(row.usage, microsBefore(at.now));
  slotsAdd(row.usage, microsBefore(at.now), at.tokens);
  return { ...charge, atMs: at.now, usageTokens: at.tokens };
}

/** Corrects the count: nothing if nothing was sent, the provider's number if there is one; else the estimate stands. */
export function settleUsage(
  fleet: Fleet,
  charge: Charge,
  end: { readonly outcome: Outcome; readonly now: Millis },
): void {
  if (charge.usageTokens === 0) return;
  const spent = tokensOf(end.outcome);
  if (spent === undefined) return;
  const { usage } = rowOf(fleet, charge.deployment);
  slotsSum(usage, microsBefore(end.now));
  slotsAdd(usage, microsBefore(charge.atMs), spent - charge.usageTokens);
}

function tokensOf(outcome: Outcome): number | undefined {
  if (outcome.kind === 'failure') return outcome.unsent ? 0 : undefined;
  if (outcome.kind === 'abandoned' || outcome.usage === undefined) return undefined;
  const { totalTokens } = outcome.usage;
  return Number.isFinite(totalTokens) ? Math.max(0, Math.ceil(totalTokens)) : undefined;
}
