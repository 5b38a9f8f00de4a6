// What happens to a charge after the attempt: corrected to the provider's own count, or given back. A charge is given
// back only when no byte of the request was written: a provider counts what it has seen, whatever came of it.
import type { Charge } from '../fleet/charge.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { rowOf } from '../fleet/fleet.ts';
import type { Meter } from '../fleet/meter.ts';
import { meterCorrect } from '../fleet/meter.ts';
import { microsBefore } from '../fleet/micros.ts';
import { correctLease } from '../lease/correct-lease.ts';
import type { TokenUsage } from '../outcome.ts';
import type { Millis } from '../units.ts';
import { learnOutputTokens } from './output-estimate.ts';

/** The attempt ended. `usage` undefined: nobody told, the estimate stands. Call once per charge. */
export function settle(
  fleet: Fleet,
  charge: Charge,
  end: { readonly usage: TokenUsage | undefined; readonly now: Millis },
): void {
  if (!charge.counted || end.usage === undefined) return;
  const row = rowOf(fleet, charge.deployment);
  const { promptTokens, completionTokens, totalTokens } = end.usage;
  const { now } = end;
  correct(row.tpm, charge, { nth: 1, from: charge.totalTokens, to: spent(totalTokens), now });
  correct(row.itpm, charge, { nth: 2, from: charge.inputTokens, to: spent(promptTokens), now });
  correct(row.otpm, charge, { nth: 3, from: charge.outputTokens, to: spent(completionTokens), now });
  learnOutputTokens(row, completionTokens);
}

/** No byte of the request was written: all units come back. Call instead of `settle`. */
export function refund(fleet: Fleet, charge: Charge, now: Millis): void {
  if (!charge.counted) return;
  const row = rowOf(fleet, charge.deployment);
  correct(row.rpm, charge, { nth: 0, from: charge.requests, to: 0, now });
  correct(row.tpm, charge, { nth: 1, from: charge.totalTokens, to: 0, now });
  correct(row.itpm, charge, { nth: 2, from: charge.inputTokens, to: 0, now });
  correct(row.otpm, charge, { nth: 3, from: charge.outputTokens, to: 0, now });
}

/** A charge never settles below one unit: see the bound on a log's entries. */
function spent(tokens: number): number {
  return Number.isFinite(tokens) ? Math.max(1, Math.ceil(tokens)) : 1;
}

interface Correction {
  /** Place of the meter among rpm, tpm, itpm and otpm. */
  readonly nth: number;
  readonly from: number;
  readonly to: number;
  readonly now: Millis;
}

function correct(meter: Meter | undefined, charge: Charge, correction: Correction): void {
  if (meter === undefined || correction.from === 0) return;
  const { atMs } = charge;
  const { nth, from, to, now } = correction;
  meterCorrect(meter, { atMs, amount: from, to }, microsBefore(now));
  if (meter.lease !== undefined) correctLease(meter, charge, { nth, units: to - from });
}
