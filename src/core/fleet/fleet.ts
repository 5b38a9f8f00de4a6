// The fleet: all mutable numbers of the deployments, over one buffer that is handed in (DESIGN 3, rule 4). This file
// lays the buffer out and finds rows; what the numbers mean is decided by limiter, breaker and strategies.
import type { Deployment, Limits } from '../deployment.ts';
import type { DeploymentIndex } from '../units.ts';
import type { Charge } from './charge.ts';
import { freeCharge } from './charge.ts';
import { COUNTERS_PER_ROW, createRow, rowSize } from './row.ts';
import type { Row } from './row.ts';

/** Weights of a candidate list, summed up from the first to the last. */
export interface WeightedDraw {
  readonly members: readonly Deployment[];
  readonly sums: Float64Array;
  readonly total: number;
}

export interface Fleet {
  readonly buffer: ArrayBufferLike;
  /** By deployment index; deployments with one id share one row. After a reload old fleets point at the new rows. */
  readonly rows: Row[];
  /** By deployment index: the receipt of an attempt that no limit counts, shared so that it costs no allocation. */
  readonly freeCharges: readonly Charge[];
  /** Working space of the decision in progress: nothing in it outlives one call of `select`. */
  readonly scratch: Int32Array;
  readonly scratchShares: Float64Array;
  /** Draws of candidate lists that were decided over before; derived from the table, never settled differently. */
  readonly draws: WeakMap<readonly DeploymentIndex[], { readonly draw: WeightedDraw | undefined }>;
}

/** One row per id, with the strictest limits of all deployments that share the id. */
function rowLimits(deployments: readonly Deployment[]): Map<string, Limits> {
  const limitsById = new Map<string, Limits>();
  for (const { id, limits } of deployments) {
    const known = limitsById.get(id);
    limitsById.set(id, known === undefined ? limits : strictest(known, limits));
  }
  return limitsById;
}

function strictest(a: Limits, b: Limits): Limits {
  return {
    rpm: lower(a.rpm, b.rpm),
    tpm: lower(a.tpm, b.tpm),
    itpm: lower(a.itpm, b.itpm),
    otpm: lower(a.otpm, b.otpm),
    maxParallelRequests: lower(a.maxParallelRequests, b.maxParallelRequests),
  };
}

function lower(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}

/** Bytes of the counters, rounded up so that the Float64 cells behind them are aligned. */
function counterBytes(rows: number): number {
  return Math.ceil((rows * COUNTERS_PER_ROW * 4) / 8) * 8;
}

/** Bytes that the buffer of these deployments needs. */
export function fleetBytes(deployments: readonly Deployment[]): number {
  const limitsById = rowLimits(deployments);
  let cells = 0;
  for (const limits of limitsById.values()) cells += rowSize(limits);
  return counterBytes(limitsById.size) + cells * 8;
}

/**
 * The fleet of these deployments, over `buffer` (at least `fleetBytes`, zeroed; RangeError if too small) or a new one.
 */
export function createFleet(
  deployments: readonly Deployment[],
  buffer: ArrayBufferLike = new ArrayBuffer(fleetBytes(deployments)),
): Fleet {
  const limitsById = rowLimits(deployments);
  const counters = new Int32Array(buffer, 0, counterBytes(limitsById.size) / 4);
  const cells = new Float64Array(buffer, counterBytes(limitsById.size));
  const rowsById = new Map<string, Row>();
  let cellAt = 0;
  for (const [id, limits] of limitsById) {
    rowsById.set(id, createRow(limits, { counters, counterAt: rowsById.size * COUNTERS_PER_ROW, cells, cellAt }));
    cellAt += rowSize(limits);
  }
  if (cellAt > cells.length) throw new RangeError(`fleet buffer too small: ${cells.length} of ${cellAt} cells`);
  const rows = deployments.map(({ id }) => rowsById.get(id)).filter((row) => row !== undefined);
  const freeCharges = deployments.map((_, index) => freeCharge(index));
  const size = deployments.length;
  return {
    buffer,
    rows,
    freeCharges,
    scratch: new Int32Array(size),
    scratchShares: new Float64Array(size),
    draws: new WeakMap(),
  };
}

/** The row of a deployment. RangeError for an index that is not in the fleet: a mistake of the caller. */
export function rowOf(fleet: Fleet, deployment: DeploymentIndex): Row {
  const row = fleet.rows[deployment];
  if (row === undefined) throw new RangeError(`no deployment ${deployment} in the fleet`);
  return row;
}

/** The shared receipt of a deployment. */
export function freeChargeOf(fleet: Fleet, deployment: DeploymentIndex): Charge {
  return fleet.freeCharges[deployment] ?? freeCharge(deployment);
}
