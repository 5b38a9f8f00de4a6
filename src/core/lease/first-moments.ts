// The first moments without an answer. The ledger may only be restarting, or this process have been too busy to read an
// answer in time: others may still have what it handed out, so an even part would add to it. Until it is clear that the
// ledger is away an instance goes no further than it was, and takes its part of what the ledger had left, if that was much.
import { load, store } from '../fleet/cells.ts';
import { HUB, METER_LEASE, type LeaseHub, type MeterLease } from '../fleet/lease-cells.ts';
import { meterBetween, WINDOW_US, type Meter } from '../fleet/meter.ts';
import type { Micros } from '../fleet/micros.ts';

/** A restart and a failover are over by then. */
const FIRST_MOMENTS_US = 3_000_000;

/** When they end; without others there are none, for nobody else can have had anything. */
export function firstMomentsEndUs({ cells, at }: LeaseHub): Micros {
  const isAlone = load(cells, at + HUB.known) <= 1;
  return isAlone ? 0 : load(cells, at + HUB.deadlineUs) + FIRST_MOMENTS_US;
}

/**
 * What may be charged within them in any 60 s. Charged by all instances plus left is no more than the limit, so these
 * rooms together are not either. Call after `meterUsed` at the same time.
 */
export function roomAtFirst(meter: Meter, lease: MeterLease, nowUs: Micros): number {
  const { cells, at, hub } = lease;
  const cutUs = load(hub.cells, hub.at + HUB.deadlineUs);
  if (load(cells, at + METER_LEASE.roomSinceUs) !== cutUs) {
    const charged = meterBetween(meter, nowUs - WINDOW_US, nowUs);
    const known = load(hub.cells, hub.at + HUB.known);
    store(cells, at + METER_LEASE.room, charged + Math.floor(leftFor(meter, lease) / known));
    store(cells, at + METER_LEASE.roomSinceUs, cutUs);
  }
  return load(cells, at + METER_LEASE.room);
}

/**
 * By the ledger's last word; before the first one all. Where little is left it is in demand, and those who still reach the
 * ledger may have got it since.
 */
function leftFor({ limit }: Meter, { cells, at }: MeterLease): number {
  const word = load(cells, at + METER_LEASE.ledgerLeft);
  const left = word === 0 ? limit : word - 1;
  return left < limit / 2 ? 0 : left;
}
