// The fleet: all mutable numbers of the deployments, over one buffer that is handed in (DESIGN 3, rule 4). This file
// lays the buffer out and finds rows; what the numbers mean is decided by limiter, breaker and strategies.
import type { Deployment, FailLimit, Limits } from '../deployment.ts';
import type { DeploymentIndex } from '../units.ts';
import { CELLS_PER_BUDGET, type Budget } from './budget.ts';
import type { Charge } from './charge.ts';
import { freeCharge } from './charge.ts';
import { COUNTERS_PER_ROW, createRow, rowSize } from './row.ts';
import type { Row } from './row.ts';

/** Weights of a candidate list, summed up from the first to the last. */
export interface WeightedDraw {
  readonly sums: Float64Array;
  readonly total: number;
}

export interface Fleet {
  readonly buffer: ArrayBufferLike;
  /** By deployment index; deployments with one id share one row. After a reload old fleets point at the new rows. */
  readonly rows: Row[];
  /** By deployment index: the retry budget of its group. After a reload old fleets point at the new ones. */
  readonly budgets: Budget[];
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

const NO_FAIL_LIMITS: readonly FailLimit[] = [];

/** Only ids that have any: deployments of one id share the counters. */
function rowFailLimits(deployments: readonly Deployment[]): Map<string, readonly FailLimit[]> {
  const byId = new Map<string, readonly FailLimit[]>();
  for (const { id, failLimits } of deployments) {
    if (failLimits.length > 0) byId.set(id, [...(byId.get(id) ?? NO_FAIL_LIMITS), ...failLimits]);
  }
  return byId;
}

function groupsOf(deployments: readonly Deployment[]): Set<string> {
  return new Set(deployments.map(({ group }) => group));
}

/** One budget a group, in order of the groups; by deployment index. */
function createBudgets(deployments: readonly Deployment[], cells: Float64Array, at: number): Budget[] {
  const byGroup = new Map<string, Budget>();
  return deployments.map(({ group }) => {
    const budget = byGroup.get(group) ?? { cells, at: at + byGroup.size * CELLS_PER_BUDGET };
    byGroup.set(group, budget);
    return budget;
  });
}

/** Bytes of the counters, rounded up so that the Float64 cells behind them are aligned. */
function counterBytes(rows: number): number {
  return Math.ceil((rows * COUNTERS_PER_ROW * 4) / 8) * 8;
}

/** Bytes that the buffer of these deployments needs. */
export function fleetBytes(deployments: readonly Deployment[]): number {
  const limitsById = rowLimits(deployments);
  const failLimitsById = rowFailLimits(deployments);
  let cells = groupsOf(deployments).size * CELLS_PER_BUDGET;
  for (const [id, limits] of limitsById) cells += rowSize(limits, failLimitsById.get(id) ?? NO_FAIL_LIMITS);
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
  const failLimitsById = rowFailLimits(deployments);
  let cellAt = 0;
  for (const [id, limits] of limitsById) {
    const failLimits = failLimitsById.get(id) ?? NO_FAIL_LIMITS;
    const place = { counters, counterAt: rowsById.size * COUNTERS_PER_ROW, cells, cellAt };
    rowsById.set(id, createRow(limits, failLimits, place));
    cellAt += rowSize(limits, failLimits);
  }
  const budgets = createBudgets(deployments, cells, cellAt);
  cellAt += groupsOf(deployments).size * CELLS_PER_BUDGET;
  if (cellAt > cells.length) throw new RangeError(`fleet buffer too small: ${cells.length} of ${cellAt} cells`);
  const rows: Row[] = [];
  for (const { id } of deployments) {
    const row = rowsById.get(id);
    if (row !== undefined) rows.push(row);
  }
  const freeCharges = deployments.map((_, index) => freeCharge(index));
  const size = deployments.length;
  return {
    buffer,
    rows,
    budgets,
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

/** The retry budget of a deployment's group. RangeError for an index that is not in the fleet. */
export function budgetOf(fleet: Fleet, deployment: DeploymentIndex): Budget {
  const budget = fleet.budgets[deployment];
  if (budget === undefined) throw new RangeError(`no deployment ${deployment} in the fleet`);
  return budget;
}

/** The shared receipt of a deployment. */
export function freeChargeOf(fleet: Fleet, deployment: DeploymentIndex): Charge {
  return fleet.freeCharges[deployment] ?? freeCharge(deployment);
}
