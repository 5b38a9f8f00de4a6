// What a provider says is left (`x-ratelimit-remaining-*`, `anthropic-ratelimit-*`) against our own count. Others may
// use the same key, so the smaller number holds; a larger one is ignored, because it does not know what we have sent
// since. What it says is as old as the request that it answers: what was charged after that is taken off.
import type { Charge } from '../fleet/charge.ts';
import { store } from '../fleet/cells.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { rowOf } from '../fleet/fleet.ts';
import type { Meter } from '../fleet/meter.ts';
import { meterBetween, meterUsed, WINDOW_US } from '../fleet/meter.ts';
import type { Micros } from '../fleet/micros.ts';
import { microsAfter, microsBefore } from '../fleet/micros.ts';
import type { Row } from '../fleet/row.ts';
import type { Millis } from '../units.ts';
import { heldCell } from './limiter.ts';

/** What is left of one limit. */
export interface Remaining {
  readonly units: number;
  /** When the provider's window starts anew, relative; `undefined` = it did not say. */
  readonly resetMs: Millis | undefined;
}

/** Rate-limit headers of one answer, `undefined` where they were absent. */
export interface RemainingHeaders {
  readonly requests: Remaining | undefined;
  readonly tokens: Remaining | undefined;
  readonly inputTokens: Remaining | undefined;
  readonly outputTokens: Remaining | undefined;
}

/** A window of unknown length: the longest below a minute that a provider is known to use (Azure's 10 s). */
const UNNAMED_RESET_MS = 10_000;

/** Longer windows are not ours: in 60 s the next answer speaks anew. */
const LONGEST_HOLD_MS = 60_000;

/**
 * Lowers what is left of the limits to the provider's word, for at most 60 s; each answer replaces the word of the one
 * before. `charge` is that of the request that was answered; nothing happens where no limit counts it.
 */
export function mirrorHeaders(
  fleet: Fleet,
  charge: Charge,
  mirror: { readonly headers: RemainingHeaders; readonly now: Millis },
): void {
  if (!charge.counted) return;
  const row = rowOf(fleet, charge.deployment);
  const { headers, now } = mirror;
  const at = { sentUs: microsAfter(charge.atMs), now };
  hold(row, row.rpm, { ...at, word: headers.requests });
  hold(row, row.tpm, { ...at, word: headers.tokens });
  hold(row, row.itpm, { ...at, word: headers.inputTokens });
  hold(row, row.otpm, { ...at, word: headers.outputTokens });
}

interface Said {
  readonly word: Remaining | undefined;
  readonly sentUs: Micros;
  readonly now: Millis;
}

function hold(row: Row, meter: Meter | undefined, { word, sentUs, now }: Said): void {
  if (meter === undefined || word === undefined || !(word.units >= 0)) return;
  const nowUs = microsBefore(now);
  const dispatched = meterUsed(meter, nowUs) - meterBetween(meter, nowUs, nowUs + WINDOW_US);
  const left = Math.max(0, meter.limit - dispatched);
  const said = Math.max(0, Math.floor(word.units) - meterBetween(meter, sentUs, nowUs));
  const cell = heldCell(row, meter);
  store(row.cells, cell, Math.max(0, left - said));
  store(row.cells, cell + 1, microsAfter(now + Math.min(word.resetMs ?? UNNAMED_RESET_MS, LONGEST_HOLD_MS)));
}
