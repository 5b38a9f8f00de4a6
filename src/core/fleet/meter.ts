// A meter counts one limit of one deployment over 60 s: the exact log for limits up to 256 units, slots above. This is
// the only place that knows which of the two it is.
import type { Millis } from '../units.ts';
import type { MeterLease } from './lease-cells.ts';
import type { Log } from './log.ts';
import {
  logBetween,
  logChange,
  logCharge,
  logClear,
  logDropLater,
  logEntries,
  logFreeAt,
  logInsert,
  logRecount,
  logSize,
  logSum,
} from './log.ts';
import type { Micros } from './micros.ts';
import { microsAfter, microsBefore } from './micros.ts';
import type { Slots } from './slots.ts';
import {
  slotsAdd,
  slotsBetween,
  slotsClear,
  slotsDropLater,
  slotsDate,
  slotsEntries,
  slotsFreeAt,
  slotsHeldUs,
  slotsRecount,
  slotsSize,
  slotsSum,
} from './slots.ts';

/** Largest limit that gets an exact log (DESIGN 6). */
export const EXACT_UNITS = 256;

/** How long a charge counts, and how far ahead a reservation may be dated. */
export const WINDOW_US = 60_000_000;
const SLOT_US = 500_000;
/** One more than fills 60 s: the slot that is being left counts until its last moment is 60 s old. */
const SLOT_COUNT = WINDOW_US / SLOT_US + 1;
/** The last 60 s and the next. */
const SLOT_RING = 2 * SLOT_COUNT;

/** `limit` whole units in any 60 s. */
export interface Meter {
  readonly limit: number;
  readonly window: Log | Slots;
  /** What is held of it, where other instances share it. */
  readonly lease?: MeterLease;
}

/** A configured limit as the meter counts it: whole units, nothing below zero. */
export function wholeLimit(limit: number): number {
  return Math.max(0, Math.floor(limit));
}

/** Entries of a log: those of the last 60 s and of the next, each of at least one unit. */
function logCapacity(units: number): number {
  return 2 * Math.max(1, units);
}

/** Cells of the meter for `limit` units. */
export function meterSize(limit: number): number {
  return wholeLimit(limit) <= EXACT_UNITS ? logSize(logCapacity(wholeLimit(limit))) : slotsSize(SLOT_RING);
}

export function meterAt(cells: Float64Array, at: number, limit: number): Meter {
  const units = wholeLimit(limit);
  const window: Log | Slots =
    units <= EXACT_UNITS
      ? { kind: 'log', cells, at, capacity: logCapacity(units), windowUs: WINDOW_US }
      : { kind: 'slots', cells, at, slotUs: SLOT_US, count: SLOT_COUNT, ring: SLOT_RING };
  return { limit: units, window };
}

/** Units charged in the last 60 s, and those reserved for later. */
export function meterUsed(meter: Meter, nowUs: Micros): number {
  return meter.window.kind === 'log' ? logSum(meter.window, nowUs) : slotsSum(meter.window, nowUs);
}

/** Charges `amount` units at `now`; call after `meterUsed` at the same time. */
export function meterCharge(meter: Meter, now: Millis, amount: number): void {
  if (meter.window.kind === 'log') return logCharge(meter.window, microsAfter(now), amount);
  slotsAdd(meter.window, slotsHeldUs(meter.window, microsBefore(now)), amount);
}

/** Dates `amount` units at `atUs`, at most 60 s from now; call after `meterUsed`. */
export function meterReserve(meter: Meter, atUs: Micros, amount: number): void {
  if (meter.window.kind === 'log') return logInsert(meter.window, atUs, amount);
  slotsAdd(meter.window, atUs, amount);
}

/** Takes a reservation back. Nothing happens when there is none of that time and amount. */
export function meterRelease(meter: Meter, atUs: Micros, amount: number): void {
  if (meter.window.kind === 'log') return logChange(meter.window, { atUs, amount }, 0);
  slotsAdd(meter.window, atUs, -amount);
}

/** Units dated after `sinceUs` and not after `untilUs`, in slots to the half second; call after `meterUsed`. */
export function meterBetween(meter: Meter, sinceUs: Micros, untilUs: Micros): number {
  return meter.window.kind === 'log'
    ? logBetween(meter.window, sinceUs, untilUs)
    : slotsBetween(meter.window, sinceUs, untilUs);
}

/** Forgets everything. */
export function meterClear({ window }: Meter): void {
  if (window.kind === 'log') return logClear(window);
  slotsClear(window);
}

/** Takes out what is dated later than now, which is reservations; in slots, those of this half second stay. */
export function meterDropLater({ window }: Meter, nowUs: Micros): void {
  if (window.kind === 'log') return logDropLater(window, nowUs);
  slotsDropLater(window, nowUs);
}

/** The sum is that of the entries, whatever it was. */
export function meterRecount({ window }: Meter): void {
  if (window.kind === 'log') return logRecount(window);
  slotsRecount(window);
}

/** One charge, and what it is to become: `amount` units at `atMs` become `to` units; 0 takes it back. */
export interface MeterChange {
  readonly atMs: Millis;
  readonly amount: number;
  readonly to: number;
}

/** Corrects a charge where it was made; a charge that has left the window is past correcting. */
export function meterCorrect(meter: Meter, change: MeterChange, nowUs: Micros): void {
  if (change.amount === change.to) return;
  meterUsed(meter, nowUs);
  if (meter.window.kind === 'slots') {
    return slotsAdd(meter.window, microsBefore(change.atMs), change.to - change.amount);
  }
  logChange(meter.window, { atUs: microsAfter(change.atMs), amount: change.amount }, change.to);
}

/**
 * When `needed` more units than now will have left the window, where a reservation leaves 60 s after its own date; call
 * after `meterUsed`.
 */
export function meterFreeAt(meter: Meter, needed: number): Micros {
  return meter.window.kind === 'log' ? logFreeAt(meter.window, needed) : slotsFreeAt(meter.window, needed);
}

/** When a charge made at `atMs` is dated, as `meterEntries` shows it. */
export function meterDate({ window }: Meter, atMs: Millis): Micros {
  if (window.kind === 'log') return microsAfter(atMs);
  return slotsDate(window, microsBefore(atMs));
}

/** Visits what was charged and reserved, oldest first. */
export function meterEntries({ window }: Meter, visit: (atUs: Micros, amount: number) => void): void {
  if (window.kind === 'log') return logEntries(window, visit);
  slotsEntries(window, visit);
}

/** Copies what `from` still counts at `nowUs` into an empty `to`, whatever kind either is (config reload). */
export function meterCopy(from: Meter, to: Meter, nowUs: Micros): void {
  meterUsed(from, nowUs);
  meterUsed(to, nowUs);
  const target = to.window;
  const visit = (atUs: Micros, amount: number): void => {
    if (target.kind === 'log') return logInsert(target, atUs, amount);
    slotsAdd(target, atUs, amount);
  };
  meterEntries(from, visit);
}
