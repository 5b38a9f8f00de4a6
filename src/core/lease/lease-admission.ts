// Whether what an instance holds of the shared limits covers a request, and if not, when it will: what the limiter asks
// after the windows of the instance itself. A request never waits here; what is missing is noted and the bell is rung, so
// that whoever asks the ledger asks for it.
import { add, load, store } from '../fleet/cells.ts';
import { HUB, METER_LEASE, ROW_LEASE, type LeaseHub, type MeterLease, type RowLease } from '../fleet/lease-cells.ts';
import type { Meter } from '../fleet/meter.ts';
import type { Micros } from '../fleet/micros.ts';
import { inFlightOfRow } from '../fleet/operations.ts';
import type { Row } from '../fleet/row.ts';
import { unitsOf } from '../limiter/demand.ts';
import { datedAdd, type DatedUnits } from './dated-units.ts';
import { handLeft, takeFromHand } from './hand.ts';
import { isCutOff, lateUntilUs, shareFreeAtUs, shareOf, standsStill } from './own-share.ts';
import { PATIENCE_MS, type LedgerSlot } from './exchange.ts';

/** Half seconds of our own clock, from 1. */
const OWN_SLOT_US = 500_000;

export function ownSlotOf(us: Micros): number {
  return Math.floor(us / OWN_SLOT_US) + 1;
}

/** Charges that the ledger does not know of, by `ownSlotOf`. */
export function debtsOf({ cells, at }: MeterLease): DatedUnits {
  return { cells, at: at + METER_LEASE.debts };
}

/** 0 when `amount` more may be charged now, else when that may be so. A limit that is not there is always covered. */
export function leaseFreeAtUs(meter: Meter | undefined, amount: number, nowUs: Micros): Micros {
  if (meter?.lease === undefined) return 0;
  const { lease } = meter;
  const units = unitsOf(meter, amount);
  if (handLeft(lease, nowUs) >= units) return 0;
  if (isCutOff(lease.hub, nowUs) && !standsStill(meter.limit, lease.hub, nowUs)) {
    return shareFreeAtUs(meter, lease, { units, nowUs });
  }
  const { cells, at } = lease;
  const deniedUntilUs = load(cells, at + METER_LEASE.deniedUntilUs);
  if (deniedUntilUs > nowUs && units >= load(cells, at + METER_LEASE.deniedAmount)) return deniedUntilUs;
  const least = load(cells, at + METER_LEASE.needLeast);
  store(cells, at + METER_LEASE.needLeast, least === 0 ? units : Math.min(least, units));
  store(cells, at + METER_LEASE.needMost, Math.max(load(cells, at + METER_LEASE.needMost), units));
  return beHungry(lease.hub, nowUs);
}

/** When whoever waits is to look again. */
function beHungry(hub: LeaseHub, nowUs: Micros): Micros {
  const { cells, at, bell } = hub;
  if (load(cells, at + HUB.deadlineUs) === 0) store(cells, at + HUB.deadlineUs, nowUs + PATIENCE_MS * 1000);
  const deadlineUs = load(cells, at + HUB.deadlineUs);
  if (load(cells, at + HUB.isHungry) === 0) {
    store(cells, at + HUB.isHungry, 1);
    bell.ring?.();
  }
  return deadlineUs > nowUs ? deadlineUs : lateUntilUs(hub);
}

/**
 * Takes `units`, for which `leaseFreeAtUs` said 0 at the same time, out of the hand, and returns the slot of the ledger
 * that they came from. 0: they are charged on the instance's own share, and the ledger will be told.
 */
export function takeLease(meter: Meter | undefined, units: number, nowUs: Micros): LedgerSlot {
  if (meter?.lease === undefined) return 0;
  const { lease } = meter;
  add(lease.cells, lease.at + METER_LEASE.taken, units);
  if (handLeft(lease, nowUs) >= units) return takeFromHand(lease, units);
  datedAdd(debtsOf(lease), ownSlotOf(nowUs), units);
  return 0;
}

/** All slots of `max_parallel_requests` that this instance may use are taken. */
export function slotsShort(row: Row, nowUs: Micros): boolean {
  return row.lease !== undefined && slotsLeft(row, row.lease, nowUs) <= 0;
}

function slotsLeft(row: Row, { hub, cells, at }: RowLease, nowUs: Micros): number {
  const isHeld = nowUs < load(hub.cells, hub.at + HUB.slotsUntilUs);
  const held = isHeld ? load(cells, at + ROW_LEASE.held) : 0;
  const isOnItsOwn = isCutOff(hub, nowUs) && !standsStill(row.maxParallel, hub, nowUs);
  const usable = isOnItsOwn ? Math.max(held, shareOf(row.maxParallel, hub)) : held;
  return usable - inFlightOfRow(row);
}

/**
 * When the ledger may have given one more slot than are in use, where none is free; Infinity: there is none, for all are
 * in use, or the ledger has just said so, or does not answer. `isWaiting`: one more request wants one; else another
 * deployment may serve it, and a single slot is asked for, so that this one has its part.
 */
export function slotLeaseAtUs(row: Row, nowUs: Micros, isWaiting: boolean): Micros {
  const { lease } = row;
  if (lease === undefined || inFlightOfRow(row) >= row.maxParallel) return Number.POSITIVE_INFINITY;
  const { cells, at, hub } = lease;
  const isOnItsOwn = isCutOff(hub, nowUs) && !standsStill(row.maxParallel, hub, nowUs);
  if (isOnItsOwn || nowUs < load(cells, at + ROW_LEASE.slotsDeniedUntilUs)) return Number.POSITIVE_INFINITY;
  const needed = load(cells, at + ROW_LEASE.slotsNeeded);
  store(cells, at + ROW_LEASE.slotsNeeded, isWaiting ? needed + 1 : Math.max(1, needed));
  return beHungry(hub, nowUs);
}
