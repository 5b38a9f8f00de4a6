// Places in the future: units of a deployment's limits that a waiting request will take when its time has come. They
// stand in the same meters as the charges, so that nobody overtakes into a window that a reservation needs.
//
// Why no window ever holds more than its limit. A place is given at a time F only if everything dated after F - 60 s,
// reservations behind F included, leaves room for it. Take any 60 s and, of the entries in it, the one that was
// entered last: all the others were there and less than 60 s away from it, so they were in the sum that was compared
// with the limit. This holds whatever the order of the dates, so a small request may get a date before a large one.
// A place becomes a charge only by being taken back and asked for again at the true time: timers are late, and what
// counts is what was charged at dispatch.
import type { Fleet } from '../fleet/fleet.ts';
import { rowOf } from '../fleet/fleet.ts';
import type { Meter } from '../fleet/meter.ts';
import { meterRelease, meterReserve, meterUsed } from '../fleet/meter.ts';
import type { Micros } from '../fleet/micros.ts';
import type { DeploymentIndex } from '../units.ts';
import { inputTokens, unitsOf, type TokenDemand } from './demand.ts';
import { expectedOutputTokens } from './output-estimate.ts';

/** Units held at `atUs` in each meter of one deployment; 0 where it has no such limit. */
export interface Reservation {
  readonly deployment: DeploymentIndex;
  readonly atUs: Micros;
  readonly requests: number;
  readonly totalTokens: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** Where and when; `atUs` is what `rowFreeAtUs` said at `nowUs`, at most 60 s later. */
export interface Place {
  readonly deployment: DeploymentIndex;
  readonly atUs: Micros;
  readonly nowUs: Micros;
}

/** Holds the units of `demand` in all meters of the deployment. */
export function reserve(fleet: Fleet, demand: TokenDemand, place: Place): Reservation {
  const row = rowOf(fleet, place.deployment);
  const input = inputTokens(demand);
  const output = expectedOutputTokens(row, demand.maxTokens);
  return {
    deployment: place.deployment,
    atUs: place.atUs,
    requests: hold(row.rpm, 1, place),
    totalTokens: hold(row.tpm, input + output, place),
    inputTokens: hold(row.itpm, input, place),
    outputTokens: hold(row.otpm, output, place),
  };
}

function hold(meter: Meter | undefined, amount: number, { atUs, nowUs }: Place): number {
  if (meter === undefined) return 0;
  const units = unitsOf(meter, amount);
  meterUsed(meter, nowUs);
  meterReserve(meter, atUs, units);
  return units;
}

/** Gives the units back; once per reservation. */
export function release(fleet: Fleet, reservation: Reservation): void {
  const row = rowOf(fleet, reservation.deployment);
  giveBack(row.rpm, reservation.atUs, reservation.requests);
  giveBack(row.tpm, reservation.atUs, reservation.totalTokens);
  giveBack(row.itpm, reservation.atUs, reservation.inputTokens);
  giveBack(row.otpm, reservation.atUs, reservation.outputTokens);
}

function giveBack(meter: Meter | undefined, atUs: Micros, amount: number): void {
  if (meter !== undefined && amount > 0) meterRelease(meter, atUs, amount);
}
