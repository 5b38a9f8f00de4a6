// What an instance may use of a limit when the ledger does not answer: its part of it, all that it has charged in the
// last minute included. The parts of all known instances together are the limit, so that if nobody reaches the ledger
// the limit holds from one minute on, and one instance that does not adds at most its part.
import { load } from '../fleet/cells.ts';
import { HUB, PHASE, type LeaseHub } from '../fleet/leases.ts';
import { meterFreeAt, meterUsed, type Meter } from '../fleet/meter.ts';
import type { Micros } from '../fleet/micros.ts';

/**
 * An even part, rounded down. Of a limit that is smaller than the number of instances the first ones have one unit each:
 * nothing for everybody would close the deployment for as long as the ledger is away.
 */
export function shareOf(limit: number, hub: LeaseHub): number {
  const known = Math.max(1, load(hub.cells, hub.at + HUB.known));
  if (limit >= known) return Math.floor(limit / known);
  return load(hub.cells, hub.at + HUB.rank) < limit ? 1 : 0;
}

/** 0 when the part has room for `units` now, else when it will have; Infinity: it is smaller than that. */
export function shareFreeAtUs(
  meter: Meter,
  hub: LeaseHub,
  need: { readonly units: number; readonly nowUs: Micros },
): Micros {
  const share = shareOf(meter.limit, hub);
  if (need.units > share) return Number.POSITIVE_INFINITY;
  const short = meterUsed(meter, need.nowUs) + need.units - share;
  return short <= 0 ? 0 : meterFreeAt(meter, short);
}

/** The ledger was asked, or should have been, and has not answered in time: nobody waits for it. */
export function isCutOff(hub: LeaseHub, nowUs: Micros): boolean {
  const deadlineUs = load(hub.cells, hub.at + HUB.deadlineUs);
  return deadlineUs !== 0 && nowUs >= deadlineUs;
}

/** The ledger answers and knows the charges of all instances. */
export function ledgerKnowsAll(hub: LeaseHub): boolean {
  return load(hub.cells, hub.at + HUB.phase) === PHASE.normal;
}
