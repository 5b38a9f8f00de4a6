// The fleet: all mutable numbers of the deployments, over one buffer that is handed in (DESIGN 3, rule 4). This file
// lays the buffer out and finds rows; what the numbers mean is decided by limiter, breaker and strategies.
import type { Deployment } from '../deployment.ts';
import type { DeploymentIndex } from '../units.ts';
import { ACCOUNT_CELLS, type Account } from './accounts.ts';
import type { Budget } from './budget.ts';
import type { Charge } from './charge.ts';
import { freeCharge } from './charge.ts';
import { layoutOf, type Seat } from './layout.ts';
import type { LeaseHub } from './lease-cells.ts';
import { createRow } from './row.ts';
import type { Row } from './row.ts';
import { ownTracking, sharedTracking, type Tracking } from './tracking.ts';

/** Weights of a candidate list, summed up from the first to the last. */
export interface WeightedDraw {
  readonly members: readonly Deployment[];
  readonly sums: Float64Array;
  readonly total: number;
}

/** A buffer that several threads share, and the place of this one among them. */
export interface SharedPlace extends Seat {
  readonly buffer: SharedArrayBuffer;
}

export interface Fleet {
  readonly buffer: ArrayBufferLike;
  /** By deployment index; deployments with one id share one row. After a reload old fleets point at the new rows. */
  readonly rows: Row[];
  /** By deployment index: the retry budget of its group. After a reload old fleets point at the new ones. */
  readonly budgets: Budget[];
  /** By position of the budget in the config's list: what was spent on it. After a reload old fleets point at the new ones. */
  readonly accounts: Account[];
  /** By deployment index: the receipt of an attempt that no limit counts, shared so that it costs no allocation. */
  readonly freeCharges: readonly Charge[];
  readonly tracking: Tracking;
  /** Lowest tpm or itpm of all deployments, Infinity without any: a prompt below it cannot exceed one alone. */
  readonly leastTokenLimit: number;
  /** Smallest known window of all deployments, Infinity without any. */
  readonly leastWindow: number;
  /** Working space of the decision in progress: nothing in it outlives one call of `select`. */
  readonly scratch: Int32Array;
  readonly scratchShares: Float64Array;
  /** Draws of candidate lists that were decided over before; derived from the table, never settled differently. */
  readonly draws: WeakMap<readonly DeploymentIndex[], { readonly draw: WeightedDraw | undefined }>;
  /** How this instance stands with the others that share its limits; `undefined` = it is alone. */
  readonly hub?: LeaseHub;
}

/** Bytes that the buffer of these deployments and of so many accounts needs; for so many threads where they share it. */
export function fleetBytes(deployments: readonly Deployment[], accounts = 0, threads?: number): number {
  const seat = threads === undefined ? undefined : { count: threads, thread: 1 };
  const { counters, cells } = layoutOf(deployments, accounts, seat);
  return counters * 4 + cells * 8;
}

/**
 * The fleet of these deployments with so many accounts, over `given` (at least `fleetBytes`, zeroed; RangeError if too
 * small) or a new buffer.
 */
export function createFleet(
  deployments: readonly Deployment[],
  given?: ArrayBufferLike | SharedPlace,
  accounts = 0,
): Fleet {
  const seat = given !== undefined && 'thread' in given ? given : undefined;
  const { count = 0, thread = 0 } = seat ?? {};
  const layout = layoutOf(deployments, accounts, seat === undefined ? undefined : { count, thread });
  const buffer = bufferOf(given) ?? new ArrayBuffer(fleetBytes(deployments, accounts));
  const counters = new Int32Array(buffer, 0, layout.counters);
  const cells = new Float64Array(buffer, layout.counters * 4);
  if (layout.cells > cells.length) {
    throw new RangeError(`fleet buffer too small: ${cells.length} of ${layout.cells} cells`);
  }
  const rowsById = new Map(
    [...layout.rowsById].map(([id, { limits, failLimits, ...at }]) => [
      id,
      createRow(limits, failLimits, { counters, cells, ...at }),
    ]),
  );
  const budgets = new Map([...layout.budgetsByGroup].map(([group, at]): [string, Budget] => [group, { cells, at }]));
  return {
    buffer,
    rows: deployments.map(({ id }) => rowsById.get(id)).filter((row) => row !== undefined),
    budgets: deployments.map(({ group }) => budgets.get(group)).filter((budget) => budget !== undefined),
    accounts: Array.from({ length: accounts }, (_, nth) => ({ cells, at: layout.accountsAt + nth * ACCOUNT_CELLS })),
    freeCharges: deployments.map((_, index) => freeCharge(index)),
    tracking: layout.trackingAt < 0 ? ownTracking() : sharedTracking(counters, layout.trackingAt),
    leastTokenLimit: leastTokenLimit(deployments),
    leastWindow: leastWindow(deployments),
    scratch: new Int32Array(deployments.length),
    scratchShares: new Float64Array(deployments.length),
    draws: new WeakMap(),
  };
}

function bufferOf(given: ArrayBufferLike | SharedPlace | undefined): ArrayBufferLike | undefined {
  return given !== undefined && 'thread' in given ? given.buffer : given;
}

function leastWindow(deployments: readonly Deployment[]): number {
  return deployments.reduce((least, { maxInputTokens = Infinity }) => Math.min(least, maxInputTokens), Infinity);
}

function leastTokenLimit(deployments: readonly Deployment[]): number {
  let least = Number.POSITIVE_INFINITY;
  for (const { limits } of deployments) least = Math.min(least, limits.tpm ?? least, limits.itpm ?? least);
  return least;
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
