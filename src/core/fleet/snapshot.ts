// The numbers of one deployment as metrics, admin pages and tests read them: a copy, taken off the hot path.
import type { BreakerState } from '../breaker/standing.ts';
import { availableAtMs, breakerState, rampOf } from '../breaker/standing.ts';
import { headroom } from '../limiter/headroom.ts';
import { unitsLeft } from '../limiter/limiter.ts';
import type { DeploymentIndex, Millis } from '../units.ts';
import { load } from './cells.ts';
import { latestCheck, type DeploymentCheck } from './checks.ts';
import type { Fleet } from './fleet.ts';
import { rowOf } from './fleet.ts';
import type { Meter } from './meter.ts';
import { meterUsed } from './meter.ts';
import { microsBefore } from './micros.ts';
import { inFlightOfRow } from './operations.ts';
import type { Row } from './row.ts';
import { CELL, COUNTER, ESTIMATE } from './row.ts';

/** One limit: units in any 60 s, charged by us, and left by our count and the provider's word. */
export interface LimitSnapshot {
  readonly limit: number;
  readonly used: number;
  readonly left: number;
}

export interface DeploymentSnapshot {
  readonly inFlight: number;
  /** Since the start: attempts begun, health samples counted. */
  readonly attempts: number;
  readonly successes: number;
  readonly failures: number;
  readonly consecutiveFailures: number;
  readonly breaker: BreakerState;
  /** May have traffic from then on; `undefined` = it may now. */
  readonly availableAtMs: Millis | undefined;
  /** Share of its normal traffic, below 1 in the 20 s after recovery. */
  readonly ramp: number;
  /** The tightest limit, 0 to 1. */
  readonly headroom: number;
  readonly rpm: LimitSnapshot | undefined;
  readonly tpm: LimitSnapshot | undefined;
  readonly itpm: LimitSnapshot | undefined;
  readonly otpm: LimitSnapshot | undefined;
  /** Learned 95th percentile of the output in tokens. */
  readonly outputTokensP95: number | undefined;
  /** The latest background health check; `undefined` = there was none. */
  readonly lastCheck: DeploymentCheck | undefined;
}

export function snapshot(fleet: Fleet, deployment: DeploymentIndex, now: Millis): DeploymentSnapshot {
  const row = rowOf(fleet, deployment);
  const nowUs = microsBefore(now);
  const atMs = availableAtMs(fleet, deployment, now);
  const learned = row.estimateAt < 0 ? 0 : load(row.cells, row.estimateAt + ESTIMATE.quantile);
  return {
    inFlight: inFlightOfRow(row),
    attempts: load(row.cells, row.cellAt + CELL.attempts),
    successes: load(row.cells, row.cellAt + CELL.successes),
    failures: load(row.cells, row.cellAt + CELL.failures),
    consecutiveFailures: load(row.counters, row.counterAt + COUNTER.consecutiveFailures),
    breaker: breakerState(fleet, deployment, now),
    availableAtMs: atMs > now ? atMs : undefined,
    ramp: rampOf(row, nowUs),
    headroom: headroom(fleet, deployment, now),
    rpm: limitOf(row, row.rpm, nowUs),
    tpm: limitOf(row, row.tpm, nowUs),
    itpm: limitOf(row, row.itpm, nowUs),
    otpm: limitOf(row, row.otpm, nowUs),
    outputTokensP95: learned === 0 ? undefined : learned,
    lastCheck: latestCheck(row),
  };
}

function limitOf(row: Row, meter: Meter | undefined, nowUs: number): LimitSnapshot | undefined {
  if (meter === undefined) return undefined;
  return { limit: meter.limit, used: meterUsed(meter, nowUs), left: unitsLeft(row, meter, nowUs) };
}
