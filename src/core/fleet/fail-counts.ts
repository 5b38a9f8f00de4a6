// Counters of failures by class, for deployments with an `allowed_fails_policy`: one window of 60 s for each class that
// the policy names. Only such deployments have them, so that the rows of all others stay small.
import type { FailLimit } from '../deployment.ts';
import { meterAt, meterClear, meterCharge, meterCopy, meterSize, meterUsed, type Meter } from './meter.ts';
import { microsBefore, type Micros } from './micros.ts';
import type { Millis } from '../units.ts';

/** By exception class. */
export type FailCounts = ReadonlyMap<string, Meter>;

const NO_COUNTS: FailCounts = new Map();

/** A window must hold one failure more than is allowed; of deployments that share a row the larger number counts. */
function capacities(limits: readonly FailLimit[]): Map<string, number> {
  const byClass = new Map<string, number>();
  for (const { exceptionClass, allowedFails } of limits) {
    byClass.set(exceptionClass, Math.max(allowedFails + 1, byClass.get(exceptionClass) ?? 0));
  }
  return byClass;
}

/** Float64 cells that the counters of these limits need. */
export function failCountsSize(limits: readonly FailLimit[]): number {
  let size = 0;
  for (const capacity of capacities(limits).values()) size += meterSize(capacity);
  return size;
}

/** The counters, from `at` on. */
export function createFailCounts(cells: Float64Array, at: number, limits: readonly FailLimit[]): FailCounts {
  if (limits.length === 0) return NO_COUNTS;
  const counts = new Map<string, Meter>();
  let next = at;
  for (const [exceptionClass, capacity] of capacities(limits)) {
    counts.set(exceptionClass, meterAt(cells, next, capacity));
    next += meterSize(capacity);
  }
  return counts;
}

/** Counts one failure; how many there were in the last 60 s, this one included. */
export function countFailure(counts: FailCounts, exceptionClass: string, now: Millis): number {
  const meter = counts.get(exceptionClass);
  if (meter === undefined) return 0;
  const nowUs = microsBefore(now);
  meterUsed(meter, nowUs);
  meterCharge(meter, now, 1);
  return meterUsed(meter, nowUs);
}

/** The breaker has closed: its samples are forgotten. */
export function clearFailCounts(counts: FailCounts): void {
  for (const meter of counts.values()) meterClear(meter);
}

/** Moves what `from` still counts to `to` (config reload). */
export function copyFailCounts(from: FailCounts, to: FailCounts, nowUs: Micros): void {
  for (const [exceptionClass, meter] of to) {
    const old = from.get(exceptionClass);
    if (old !== undefined) meterCopy(old, meter, nowUs);
  }
}
