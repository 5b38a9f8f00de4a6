// Where the numbers of shared limits lie: what an instance holds of each limit, what it owes the ledger, and what it
// knows of the others. In a buffer of their own beside the fleet's, because a gateway alone has none of them; what the
// numbers mean is decided in core/lease.
import { load, store } from './cells.ts';
import type { Fleet } from './fleet.ts';
import {
  HUB_CELLS,
  METER_LEASE_CELLS,
  ROW_LEASE_CELLS,
  type LeaseHub,
  type MeterLease,
  type RowLease,
} from './lease-cells.ts';
import type { Meter } from './meter.ts';
import type { Row } from './row.ts';

/** A row whose limits are shared with other instances; so are all that it has. */
export type LeasedRow = Row & { readonly lease: RowLease };

/** A fleet of such rows. */
export type LeasedFleet = Omit<Fleet, 'rows' | 'hub'> & { readonly hub: LeaseHub; readonly rows: LeasedRow[] };

const METERS = ['rpm', 'tpm', 'itpm', 'otpm'] as const;

function cellsOf(row: Row): number {
  return ROW_LEASE_CELLS + METERS.filter((name) => row[name] !== undefined).length * METER_LEASE_CELLS;
}

/** Bytes that the leases of this fleet need. */
export function leaseBytes(fleet: Fleet): number {
  return 8 * [...new Set(fleet.rows)].reduce((sum, row) => sum + cellsOf(row), HUB_CELLS);
}

/**
 * The same fleet with leases over `given` (at least `leaseBytes`, zeroed) or a new buffer. Use the result in its place:
 * the rows of `fleet` itself know nothing of leases.
 */
export function leaseFleet(fleet: Fleet, given?: ArrayBufferLike): LeasedFleet {
  const cells = new Float64Array(given ?? new ArrayBuffer(leaseBytes(fleet)));
  const hub: LeaseHub = { cells, at: 0, bell: { ring: undefined } };
  const known = new Map<Row, LeasedRow>();
  let at = HUB_CELLS;
  const leased = (row: Row): LeasedRow => {
    const made = leaseRow(row, hub, at);
    at += cellsOf(row);
    known.set(row, made);
    return made;
  };
  return { ...fleet, hub, rows: fleet.rows.map((row) => known.get(row) ?? leased(row)) };
}

function leaseRow(row: Row, hub: LeaseHub, at: number): LeasedRow {
  const { cells } = hub;
  let next = at + ROW_LEASE_CELLS;
  const leased = (meter: Meter | undefined): Meter | undefined => {
    if (meter === undefined) return undefined;
    const lease: MeterLease = { hub, cells, at: next };
    next += METER_LEASE_CELLS;
    return { ...meter, lease };
  };
  const meters = { rpm: leased(row.rpm), tpm: leased(row.tpm), itpm: leased(row.itpm), otpm: leased(row.otpm) };
  return { ...row, ...meters, lease: { hub, cells, at } };
}

/** Moves what one row holds and owes to its heir (config reload). Nothing happens where either is not shared. */
export function copyLeases(from: Row, to: Row): void {
  if (from.lease === undefined || to.lease === undefined) return;
  copyCells(from.lease, to.lease, ROW_LEASE_CELLS);
  for (const name of METERS) {
    const source = from[name]?.lease;
    const target = to[name]?.lease;
    if (source !== undefined && target !== undefined) copyCells(source, target, METER_LEASE_CELLS);
  }
}

/** The same for how the instance stands with the ledger. */
export function copyHub(from: LeaseHub | undefined, to: LeaseHub | undefined): void {
  if (from !== undefined && to !== undefined) copyCells(from, to, HUB_CELLS);
}

interface Place {
  readonly cells: Float64Array;
  readonly at: number;
}

function copyCells(from: Place, to: Place, count: number): void {
  for (let offset = 0; offset < count; offset++) store(to.cells, to.at + offset, load(from.cells, from.at + offset));
}
