// How much of its limits a deployment has left, as one number: what hedging and the dashboard look at.
import type { Fleet } from '../fleet/fleet.ts';
import { rowOf } from '../fleet/fleet.ts';
import { microsBefore } from '../fleet/micros.ts';
import { inFlightOfRow } from '../fleet/operations.ts';
import type { DeploymentIndex, Millis } from '../units.ts';
import { unitsLeft } from './limiter.ts';

/** The tightest of all limits: 1 = nothing used or no limit, 0 = nothing left. */
export function headroom(fleet: Fleet, deployment: DeploymentIndex, now: Millis): number {
  const row = rowOf(fleet, deployment);
  const nowUs = microsBefore(now);
  let least =
    row.maxParallel === Number.POSITIVE_INFINITY ? 1 : share(row.maxParallel - inFlightOfRow(row), row.maxParallel);
  for (const meter of [row.rpm, row.tpm, row.itpm, row.otpm]) {
    if (meter !== undefined) least = Math.min(least, share(unitsLeft(row, meter, nowUs), meter.limit));
  }
  return least;
}

function share(left: number, limit: number): number {
  return limit <= 0 ? 0 : Math.min(1, Math.max(0, left / limit));
}
