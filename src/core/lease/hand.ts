// What an instance has in hand of one limit: a few grants, each with the moment from which it must not be used any more
// and the slot of the ledger it came from. The oldest is used first; what was not used in time goes back to where it
// came from.
import { add, load, store } from '../fleet/cells.ts';
import { GRANT, GRANTS, METER_LEASE, type MeterLease } from '../fleet/lease-cells.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Micros } from '../fleet/micros.ts';
import { metersOf } from '../fleet/row.ts';
import { datedAdd, type DatedUnits } from './dated-units.ts';
import type { LedgerSlot } from './exchange.ts';

export interface Grant {
  readonly units: number;
  readonly untilUs: Micros;
  readonly slot: LedgerSlot;
}

/** What the ledger is to be told of this limit. */
export function changesOf({ cells, at }: MeterLease): DatedUnits {
  return { cells, at: at + METER_LEASE.changes };
}

function placeOf({ at }: MeterLease, nth: number): number {
  return at + METER_LEASE.grants + nth * GRANT.size;
}

/** Units that may be used now: two loads while nothing has run out. */
export function handLeft(lease: MeterLease, nowUs: Micros): number {
  const { cells, at } = lease;
  if (nowUs >= load(cells, at + METER_LEASE.firstUntilUs)) giveBackUntil(lease, nowUs);
  return load(cells, at + METER_LEASE.left);
}

/** Units that may still be used later than `untilUs`. */
export function handLeftAfter(lease: MeterLease, untilUs: Micros): number {
  let left = 0;
  for (let nth = 0; nth < GRANTS; nth++) {
    const place = placeOf(lease, nth);
    if (load(lease.cells, place + GRANT.untilUs) > untilUs) left += load(lease.cells, place + GRANT.units);
  }
  return left;
}

/** Sends back whatever runs out at `untilUs` or before. */
export function giveBackUntil(lease: MeterLease, untilUs: Micros): void {
  for (let nth = 0; nth < GRANTS; nth++) {
    if (load(lease.cells, placeOf(lease, nth) + GRANT.untilUs) <= untilUs) giveBack(lease, nth);
  }
  noteHand(lease);
}

function giveBack(lease: MeterLease, nth: number): void {
  const { cells } = lease;
  const place = placeOf(lease, nth);
  const units = load(cells, place + GRANT.units);
  // Out of the hand first: should a thread end between the two, they count as used for their minute, and never twice.
  store(cells, place + GRANT.units, 0);
  if (units > 0) datedAdd(changesOf(lease), load(cells, place + GRANT.slot), -units);
}

/** Nothing is in hand any more and nobody is told: the ledger that granted it is gone. */
export function forgetHand(lease: MeterLease): void {
  for (let nth = 0; nth < GRANTS; nth++) store(lease.cells, placeOf(lease, nth) + GRANT.units, 0);
  noteHand(lease);
}

/** A thread died while it changed numbers: what is in hand is counted anew. */
export function recountHands(fleet: Fleet): void {
  for (const row of new Set(fleet.rows)) {
    for (const { lease } of metersOf(row)) if (lease !== undefined) noteHand(lease);
  }
}

function noteHand(lease: MeterLease): void {
  const { cells, at } = lease;
  let left = 0;
  let firstUntilUs = Number.POSITIVE_INFINITY;
  for (let nth = 0; nth < GRANTS; nth++) {
    const units = load(cells, placeOf(lease, nth) + GRANT.units);
    if (units === 0) continue;
    left += units;
    firstUntilUs = Math.min(firstUntilUs, load(cells, placeOf(lease, nth) + GRANT.untilUs));
  }
  store(cells, at + METER_LEASE.left, left);
  store(cells, at + METER_LEASE.firstUntilUs, firstUntilUs);
}

/** Where there is no room for a further grant the oldest goes back. */
export function putInHand(lease: MeterLease, grant: Grant): void {
  const nth = emptyPlace(lease) ?? oldest(lease, 1);
  giveBack(lease, nth);
  const place = placeOf(lease, nth);
  store(lease.cells, place + GRANT.units, grant.units);
  store(lease.cells, place + GRANT.untilUs, grant.untilUs);
  store(lease.cells, place + GRANT.slot, grant.slot);
  noteHand(lease);
}

function emptyPlace(lease: MeterLease): number | undefined {
  for (let nth = 0; nth < GRANTS; nth++) {
    if (load(lease.cells, placeOf(lease, nth) + GRANT.units) === 0) return nth;
  }
  return undefined;
}

/** The grant with at least so many units that runs out first; -1 = none. */
function oldest(lease: MeterLease, atLeast: number): number {
  let found = -1;
  let firstUntilUs = Number.POSITIVE_INFINITY;
  for (let nth = 0; nth < GRANTS; nth++) {
    const place = placeOf(lease, nth);
    if (load(lease.cells, place + GRANT.units) < atLeast) continue;
    if (load(lease.cells, place + GRANT.untilUs) >= firstUntilUs) continue;
    firstUntilUs = load(lease.cells, place + GRANT.untilUs);
    found = nth;
  }
  return found;
}

/**
 * Uses `units` of what `handLeft` said is left. Returns the one slot of the ledger under which all of them count: where no
 * grant has as many, the ledger is told to count those of older grants under the newest that was drawn on.
 */
export function takeFromHand(lease: MeterLease, units: number): LedgerSlot {
  const whole = oldest(lease, units);
  if (whole >= 0) return drawOn(lease, whole, units);
  let missing = units;
  let newest = 0;
  while (missing > 0) {
    const nth = oldest(lease, 1);
    const drawn = Math.min(missing, load(lease.cells, placeOf(lease, nth) + GRANT.units));
    const slot = drawOn(lease, nth, drawn);
    datedAdd(changesOf(lease), slot, -drawn);
    newest = Math.max(newest, slot);
    missing -= drawn;
  }
  datedAdd(changesOf(lease), newest, units);
  return newest;
}

function drawOn(lease: MeterLease, nth: number, units: number): LedgerSlot {
  const { cells, at } = lease;
  const place = placeOf(lease, nth);
  const rest = add(cells, place + GRANT.units, -units);
  if (rest === 0) noteHand(lease);
  else add(cells, at + METER_LEASE.left, -units);
  return load(cells, place + GRANT.slot);
}
