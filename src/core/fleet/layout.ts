// Where everything lies in the fleet's buffer: counters first, then the rows, what strategies learn about each of them,
// the retry budgets of the groups and the accounts of what was spent. Decided from the deployments alone, so that whoever
// makes the buffer and whoever reads it agree.
import type { Deployment, FailLimit, Limits } from '../deployment.ts';
import { ACCOUNT_CELLS } from './accounts.ts';
import { CELLS_PER_BUDGET } from './budget.ts';
import type { Lanes } from './lane-place.ts';
import { COUNTERS_PER_ROW, LEARNED_CELLS, rowSize } from './row.ts';

/** One row: deployments with one id share it, under the strictest limits of all of them. */
export interface RowLayout {
  readonly limits: Limits;
  readonly failLimits: readonly FailLimit[];
  /** First of its Int32 counters. */
  readonly counterAt: number;
  /** First of its Float64 cells. */
  readonly cellAt: number;
  /** First of its learned cells: they lie behind all rows, since most decisions never look at them. */
  readonly learnedAt: number;
  readonly lanes: Lanes | undefined;
}

export interface FleetLayout {
  readonly rowsById: ReadonlyMap<string, RowLayout>;
  /** First cell of each group's retry budget. */
  readonly budgetsByGroup: ReadonlyMap<string, number>;
  /** First cell of the accounts. */
  readonly accountsAt: number;
  /** First of the counters that say what is tracked, where threads share them; -1 = each fleet keeps its own. */
  readonly trackingAt: number;
  /** Int32 cells, rounded up so that the Float64 cells behind them are aligned. */
  readonly counters: number;
  /** Float64 cells. */
  readonly cells: number;
}

/** Who lays the fleet out: one of so many threads that share it, from 1. */
export type Seat = Pick<Lanes, 'count' | 'thread'>;

/** `usage` and `latency`. */
const TRACKING_COUNTERS = 2;

/** The layout for these deployments and so many accounts; `seat` undefined = nobody shares it. */
export function layoutOf(deployments: readonly Deployment[], accounts: number, seat?: Seat): FleetLayout {
  const merged = mergedById(deployments);
  const rowCells = [...merged.values()].reduce((sum, row) => sum + rowSize(row.limits, row.failLimits), 0);
  const rowsById = new Map<string, RowLayout>();
  const lanesAt = merged.size * COUNTERS_PER_ROW;
  const trackingAt = lanesAt + merged.size * (seat?.count ?? 0);
  let cellAt = 0;
  for (const [id, row] of merged) {
    const nth = rowsById.size;
    const learnedAt = rowCells + nth * LEARNED_CELLS;
    const lanes = seat === undefined ? undefined : { ...seat, first: lanesAt + nth * seat.count };
    rowsById.set(id, { ...row, counterAt: nth * COUNTERS_PER_ROW, cellAt, learnedAt, lanes });
    cellAt += rowSize(row.limits, row.failLimits);
  }
  const budgetsAt = rowCells + rowsById.size * LEARNED_CELLS;
  const groups = [...new Set(deployments.map(({ group }) => group))];
  const accountsAt = budgetsAt + groups.length * CELLS_PER_BUDGET;
  return {
    rowsById,
    budgetsByGroup: new Map(groups.map((group, nth) => [group, budgetsAt + nth * CELLS_PER_BUDGET])),
    accountsAt,
    trackingAt: seat === undefined ? -1 : trackingAt,
    counters: Math.ceil((trackingAt + (seat === undefined ? 0 : TRACKING_COUNTERS)) / 2) * 2,
    cells: accountsAt + accounts * ACCOUNT_CELLS,
  };
}

type Merged = Pick<RowLayout, 'limits' | 'failLimits'>;

function mergedById(deployments: readonly Deployment[]): Map<string, Merged> {
  const byId = new Map<string, Merged>();
  for (const { id, limits, failLimits } of deployments) {
    const known = byId.get(id);
    if (known === undefined) byId.set(id, { limits, failLimits });
    else byId.set(id, { limits: strictest(known.limits, limits), failLimits: [...known.failLimits, ...failLimits] });
  }
  return byId;
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
