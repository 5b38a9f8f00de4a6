// May this deployment have traffic now? Reading the breaker, apart from writing it: selection asks this for every
// candidate of every request, so the healthy case is one load.
import { load, store } from '../fleet/cells.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { rowOf } from '../fleet/fleet.ts';
import type { Micros } from '../fleet/micros.ts';
import { microsBefore, toMillis } from '../fleet/micros.ts';
import type { Row } from '../fleet/row.ts';
import { CELL, COUNTER } from '../fleet/row.ts';
import type { DeploymentIndex, Millis } from '../units.ts';
import { PROBE_LEASE_MS, RAMP_MS, RAMP_START } from './policy.ts';

/** Bits of the status counter; 0 = closed, not blocked, not ramping. */
export const STATUS = { open: 1, blocked: 2, ramping: 4 } as const;

/** Why the breaker is open. Its own judgement may be overruled for a last deployment; the others may not. */
export const TRIGGER = { consecutive: 1, rate: 2, allowedFails: 3, misconfigured: 4, quota: 5 } as const;

/**
 * `ready`: closed. `probe-due`: half-open, one probe may go. `probing`: half-open, the probe is out. `open`.
 * `blocked`: the provider said until when. `resting`: the provider refused without saying until when.
 */
export type Standing = 'ready' | 'probe-due' | 'probing' | 'open' | 'blocked' | 'resting';

export type BreakerState = 'closed' | 'open' | 'half-open';

export function standingOf(row: Row, nowUs: Micros): Standing {
  const statusAt = row.counterAt + COUNTER.status;
  const status = load(row.counters, statusAt);
  if (status === 0) return 'ready';
  if ((status & STATUS.blocked) !== 0) {
    if (nowUs < load(row.cells, row.cellAt + CELL.blockedUntilUs)) return 'blocked';
    if (nowUs < load(row.cells, row.cellAt + CELL.restingUntilUs)) return 'resting';
    store(row.counters, statusAt, status & ~STATUS.blocked);
  }
  if ((status & STATUS.open) === 0) return 'ready';
  if (nowUs < load(row.cells, row.cellAt + CELL.openUntilUs)) return 'open';
  return probeIsOut(row, nowUs) ? 'probing' : 'probe-due';
}

function probeIsOut(row: Row, nowUs: Micros): boolean {
  const sinceUs = load(row.cells, row.cellAt + CELL.probeAtUs);
  return sinceUs !== 0 && nowUs - sinceUs < PROBE_LEASE_MS * 1000;
}

/** Why an open breaker is open: one of `TRIGGER`, 0 when it is closed. */
export function triggerOf(row: Row): number {
  return isOpen(row) ? load(row.counters, row.counterAt + COUNTER.trigger) : 0;
}

/** Open or half-open. */
export function isOpen(row: Row): boolean {
  return (load(row.counters, row.counterAt + COUNTER.status) & STATUS.open) !== 0;
}

/** Share of its normal traffic that a deployment should get: 1, or less in the 20 s after its breaker closed. */
export function rampOf(row: Row, nowUs: Micros): number {
  const statusAt = row.counterAt + COUNTER.status;
  const status = load(row.counters, statusAt);
  if ((status & STATUS.ramping) === 0) return 1;
  const sinceUs = nowUs - load(row.cells, row.cellAt + CELL.recoveredAtUs);
  if (sinceUs < RAMP_MS * 1000) return Math.max(RAMP_START, sinceUs / (RAMP_MS * 1000));
  store(row.counters, statusAt, status & ~STATUS.ramping);
  return 1;
}

/** When the row may have traffic again, as far as a clock can tell; 0 = now, or when the probe that is out succeeds. */
export function availableAtUs(row: Row, nowUs: Micros): Micros {
  if (load(row.counters, row.counterAt + COUNTER.status) === 0) return 0;
  const openUntilUs = isOpen(row) ? load(row.cells, row.cellAt + CELL.openUntilUs) : 0;
  const blockedUntilUs = load(row.cells, row.cellAt + CELL.blockedUntilUs);
  const restingUntilUs = load(row.cells, row.cellAt + CELL.restingUntilUs);
  const latestUs = Math.max(openUntilUs, blockedUntilUs, restingUntilUs);
  return latestUs > nowUs ? latestUs : 0;
}

export function breakerState(fleet: Fleet, deployment: DeploymentIndex, now: Millis): BreakerState {
  const row = rowOf(fleet, deployment);
  if (!isOpen(row)) return 'closed';
  return microsBefore(now) < load(row.cells, row.cellAt + CELL.openUntilUs) ? 'open' : 'half-open';
}

/** When the deployment may have traffic again: `now` if it already may. */
export function availableAtMs(fleet: Fleet, deployment: DeploymentIndex, now: Millis): Millis {
  const atUs = availableAtUs(rowOf(fleet, deployment), microsBefore(now));
  return atUs === 0 ? now : Math.max(now, toMillis(atUs));
}

/** Deployments that get no traffic for their health: LiteLLM's `cooldown_list`, in order of the table. */
export function coolingDeployments(fleet: Fleet, now: Millis): DeploymentIndex[] {
  const nowUs = microsBefore(now);
  const cooling: DeploymentIndex[] = [];
  for (let index = 0; index < fleet.rows.length; index++) {
    if (availableAtUs(rowOf(fleet, index), nowUs) !== 0) cooling.push(index);
  }
  return cooling;
}
