// Attempts in flight, counted exactly: `started` when an attempt is dispatched, `finished` once when it ends, whatever
// became of it. Least-busy, `max_parallel_requests` and the metrics read the same number.
import type { DeploymentIndex } from '../units.ts';
import { add, load } from './cells.ts';
import type { Fleet } from './fleet.ts';
import { rowOf } from './fleet.ts';
import { countInLane } from './lanes.ts';
import type { Row } from './row.ts';
import { CELL, COUNTER } from './row.ts';

/** An attempt begins. `select` does this for the deployment that it picks. */
export function started(fleet: Fleet, deployment: DeploymentIndex): void {
  startedInRow(rowOf(fleet, deployment));
}

export function startedInRow(row: Row): void {
  add(row.counters, row.counterAt + COUNTER.inFlight, 1);
  add(row.cells, row.cellAt + CELL.attempts, 1);
  countInLane(row, 1);
}

/** An attempt ended. Never goes below zero. */
export function finished(fleet: Fleet, deployment: DeploymentIndex): void {
  const row = rowOf(fleet, deployment);
  if (inFlightOfRow(row) === 0) return;
  add(row.counters, row.counterAt + COUNTER.inFlight, -1);
  countInLane(row, -1);
}

/** Attempts running now. */
export function inFlight(fleet: Fleet, deployment: DeploymentIndex): number {
  return inFlightOfRow(rowOf(fleet, deployment));
}

export function inFlightOfRow(row: Row): number {
  return load(row.counters, row.counterAt + COUNTER.inFlight);
}
