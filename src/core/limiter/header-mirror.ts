// What a provider says is left (`x-ratelimit-remaining-*`, `anthropic-ratelimit-*`) against our own count. Others may
// use the same key, so the smaller number holds; a larger one is ignored, because it does not know what we have sent
// since.
import { store } from '../fleet/cells.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { rowOf } from '../fleet/fleet.ts';
import type { Meter } from '../fleet/meter.ts';
import { meterUsed } from '../fleet/meter.ts';
import { microsAfter, microsBefore } from '../fleet/micros.ts';
import type { Row } from '../fleet/row.ts';
import { CELL } from '../fleet/row.ts';
import type { DeploymentIndex, Millis } from '../units.ts';

/** Rate-limit headers of one answer, `undefined` where they were absent. */
export interface RemainingHeaders {
  readonly remainingRequests: number | undefined;
  readonly remainingTokens: number | undefined;
  /** When the provider's window starts anew, relative; `undefined` = 60 s. */
  readonly resetMs: Millis | undefined;
}

const DEFAULT_RESET_MS = 60_000;

/** Lowers what is left of rpm and tpm to the provider's word; each answer replaces the word of the one before. */
export function mirrorHeaders(
  fleet: Fleet,
  deployment: DeploymentIndex,
  mirror: { readonly headers: RemainingHeaders; readonly now: Millis },
): void {
  const row = rowOf(fleet, deployment);
  const { remainingRequests, remainingTokens, resetMs } = mirror.headers;
  const untilMs = mirror.now + (resetMs ?? DEFAULT_RESET_MS);
  hold(row, row.rpm, { cell: CELL.heldRequests, remaining: remainingRequests, untilMs, now: mirror.now });
  hold(row, row.tpm, { cell: CELL.heldTokens, remaining: remainingTokens, untilMs, now: mirror.now });
}

interface Hold {
  readonly cell: number;
  readonly remaining: number | undefined;
  readonly untilMs: Millis;
  readonly now: Millis;
}

function hold(row: Row, meter: Meter | undefined, word: Hold): void {
  if (meter === undefined || word.remaining === undefined || !(word.remaining >= 0)) return;
  const left = Math.max(0, meter.limit - meterUsed(meter, microsBefore(word.now)));
  store(row.cells, row.cellAt + word.cell, Math.max(0, left - Math.floor(word.remaining)));
  store(row.cells, row.cellAt + word.cell + 1, microsAfter(word.untilMs));
}
