// What an instance may use of a limit when the ledger does not answer: its part of it, all that it has charged in the
// last minute included. The parts of all known instances together are the limit, so that if nobody reaches the ledger
// the limit holds from one minute on, and one instance that does not adds at most its part.
import { load } from '../fleet/cells.ts';
import { HUB, PHASE, type LeaseHub, type MeterLease } from '../fleet/lease-cells.ts';
import { meterFreeAt, meterUsed, type Meter } from '../fleet/meter.ts';
import type { Micros } from '../fleet/micros.ts';
import { ANSWER_MS, SILENCE_MS } from './exchange.ts';
import { firstMomentsEndUs, roomAtFirst } from './first-moments.ts';

/** Units in any 60 s, or parallel slots: 17 a second. */
const SMALL_LIMIT = 1_000;
/**
 * The ledger counts a unit for 61 s from the end of its half second, 1.5 s longer than it is used up here, and from up to
 * half a second later where it was told again.
 */
const LEDGER_LAG_US = 2_000_000;
const LATE_US = (SILENCE_MS - ANSWER_MS) * 1000;

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
  lease: MeterLease,
  need: { readonly units: number; readonly nowUs: Micros },
): Micros {
  const { units, nowUs } = need;
  const share = shareOf(meter.limit, lease.hub);
  if (units > share) return Number.POSITIVE_INFINITY;
  const charged = meterUsed(meter, nowUs) + units;
  const endUs = firstMomentsEndUs(lease.hub);
  const shareUs = charged <= share ? endUs : Math.max(endUs, meterFreeAt(meter, charged - share));
  if (nowUs >= endUs) return charged <= share ? 0 : meterFreeAt(meter, charged - share);
  const short = charged - Math.min(share, roomAtFirst(meter, lease, nowUs));
  return short <= 0 ? 0 : Math.min(shareUs, meterFreeAt(meter, short));
}

/** The ledger was asked, or should have been, and has not answered in time: nobody waits for it. */
export function isCutOff({ cells, at }: Pick<LeaseHub, 'cells' | 'at'>, nowUs: Micros): boolean {
  const deadlineUs = load(cells, at + HUB.deadlineUs);
  return deadlineUs !== 0 && nowUs >= deadlineUs;
}

/**
 * The answer is late, but may still come: within a second it is known whether the ledger is away. Others may have been
 * given meanwhile what seemed to be left, so a small limit stands still rather than being exceeded: a second of it is
 * worth little. The parts of large ones are used at once.
 */
export function standsStill(limit: number, hub: Pick<LeaseHub, 'cells' | 'at'>, nowUs: Micros): boolean {
  return limit <= SMALL_LIMIT && isCutOff(hub, nowUs) && !isAway(hub, nowUs);
}

/** Of who is cut off: the ledger is not only late. Without others nobody waits to know it. */
export function isAway(hub: Pick<LeaseHub, 'cells' | 'at'>, nowUs: Micros): boolean {
  const { cells, at } = hub;
  const isAlone = load(cells, at + HUB.known) <= 1;
  return isAlone || load(cells, at + HUB.isGone) !== 0 || nowUs >= lateUntilUs(hub);
}

/** No answer comes later than this: the ledger counts as away from then on, if nobody has said so before. */
export function lateUntilUs({ cells, at }: Pick<LeaseHub, 'cells' | 'at'>): Micros {
  return load(cells, at + HUB.deadlineUs) + LATE_US;
}

/** The ledger is away, and what may be used is reckoned from the instance's own charges. */
export function isOnItsOwn(hub: Pick<LeaseHub, 'cells' | 'at'>, nowUs: Micros): boolean {
  return isCutOff(hub, nowUs) && isAway(hub, nowUs);
}

/** How much longer the ledger may count a unit than the instance that used it; 0 before the two have met. */
export function ledgerLagUs({ cells, at }: Pick<LeaseHub, 'cells' | 'at'>): Micros {
  return load(cells, at + HUB.known) === 0 ? 0 : LEDGER_LAG_US;
}

/** The ledger answers and knows the charges of all instances; after an outage they may take their time to tell it. */
export function ledgerKnowsAll(limit: number, { cells, at }: LeaseHub, nowUs: Micros): boolean {
  const untilUs = load(cells, at + (limit <= SMALL_LIMIT ? HUB.smallShareUntilUs : HUB.shareUntilUs));
  return load(cells, at + HUB.phase) === PHASE.normal && nowUs >= untilUs;
}
