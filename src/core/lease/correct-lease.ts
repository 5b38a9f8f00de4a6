// A charge turned out smaller or larger than what was taken for it. The ledger is told in the slot that the units came
// from, so that they count there and nowhere else; what it has not heard of yet is corrected before it is told.
import type { Charge } from '../fleet/charge.ts';
import { load } from '../fleet/cells.ts';
import { HUB, type MeterLease } from '../fleet/lease-cells.ts';
import { meterDate, type Meter } from '../fleet/meter.ts';
import { microsBefore } from '../fleet/micros.ts';
import { datedAdd, datedUnits } from './dated-units.ts';
import { LEDGER_SLOT_MS, type LedgerSlot } from './exchange.ts';
import { changesOf } from './hand.ts';
import { debtsOf, ownSlotOf } from './lease-admission.ts';
import { unpackSlot } from './packed-slots.ts';

/**
 * `units` more than was charged (negative: fewer) to the limit at place `nth`. Units of which nobody knows under which
 * slot the ledger has them stay charged: less is then given out for a minute, never more.
 */
export function correctLease(meter: Meter, charge: Charge, by: { readonly nth: number; readonly units: number }): void {
  const { lease } = meter;
  if (lease === undefined || by.units === 0) return;
  const slot = slotOf(meter, lease, { charge, nth: by.nth });
  if (slot > 0) return datedAdd(changesOf(lease), slot, by.units);
  const own = ownSlotOf(microsBefore(charge.atMs));
  if (by.units > 0 || datedUnits(debtsOf(lease), own) + by.units >= 0) datedAdd(debtsOf(lease), own, by.units);
}

/** 0 or less: nobody knows. */
function slotOf(
  meter: Meter,
  { hub }: MeterLease,
  { charge, nth }: { readonly charge: Charge; readonly nth: number },
): LedgerSlot {
  const recountedUs = load(hub.cells, hub.at + HUB.recountedUs);
  if (microsBefore(charge.atMs) > recountedUs) return unpackSlot(charge.leaseSlots, nth);
  return load(hub.cells, hub.at + HUB.recountSlot) - halfSecondsBetween(meterDate(meter, charge.atMs), recountedUs);
}

/** Whole half seconds from `us` until `nowUs`. */
export function halfSecondsBetween(us: number, nowUs: number): number {
  return Math.max(0, Math.floor((nowUs - us) / (LEDGER_SLOT_MS * 1000)));
}
