// The latest background health check of a deployment: when, and what it came to. Written by the checks, read by the
// filter (`enable_health_check_routing`); it moves no breaker, for a check is not traffic.
import type { DeploymentIndex, Millis } from '../units.ts';
import { load, store } from './cells.ts';
import type { Fleet } from './fleet.ts';
import { rowOf } from './fleet.ts';
import type { Micros } from './micros.ts';
import { microsBefore, toMillis } from './micros.ts';
import type { Row } from './row.ts';
import { CELL } from './row.ts';

const UNKNOWN = 0;
const HEALTHY = 1;
const FAILED = 2;

export function recordCheck(
  fleet: Fleet,
  deployment: DeploymentIndex,
  check: { readonly isHealthy: boolean; readonly now: Millis },
): void {
  const { cells, cellAt } = rowOf(fleet, deployment);
  store(cells, cellAt + CELL.checkedAtUs, microsBefore(check.now));
  store(cells, cellAt + CELL.checkResult, check.isHealthy ? HEALTHY : FAILED);
}

/** The latest check failed less than `stalenessMs` ago. */
export function hasFailedCheck(row: Row, nowUs: Micros, stalenessMs: Millis): boolean {
  const { cells, cellAt } = row;
  if (load(cells, cellAt + CELL.checkResult) !== FAILED) return false;
  return nowUs - load(cells, cellAt + CELL.checkedAtUs) < stalenessMs * 1000;
}

/** What the latest check came to, and when. */
export interface DeploymentCheck {
  readonly isHealthy: boolean;
  readonly atMs: Millis;
}

/** `undefined`: never checked. */
export function latestCheck(row: Row): DeploymentCheck | undefined {
  const result = load(row.cells, row.cellAt + CELL.checkResult);
  if (result === UNKNOWN) return undefined;
  return { isHealthy: result === HEALTHY, atMs: toMillis(load(row.cells, row.cellAt + CELL.checkedAtUs)) };
}
