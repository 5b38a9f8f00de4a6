// Admission: may this request go to this deployment now, under rpm, tpm, itpm, otpm and max_parallel_requests, all or
// none (DESIGN 6)? A sliding window of 60 s per limit is safe for every way in which a provider may count
// (fixed windows of any phase, token buckets). The breaker and the strategies know nothing of it.
import type { Charge } from '../fleet/charge.ts';
import { load } from '../fleet/cells.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { freeChargeOf, rowOf } from '../fleet/fleet.ts';
import type { Meter } from '../fleet/meter.ts';
import { meterCharge, meterFreeAt, meterUsed } from '../fleet/meter.ts';
import type { Micros } from '../fleet/micros.ts';
import { microsBefore, toMillis } from '../fleet/micros.ts';
import { inFlightOfRow } from '../fleet/operations.ts';
import type { Row } from '../fleet/row.ts';
import { CELL } from '../fleet/row.ts';
import { leaseFreeAtUs, slotLeaseAtUs, slotsShort, takeLease } from '../lease/lease-admission.ts';
import { isOnItsOwn, ledgerLagUs } from '../lease/own-share.ts';
import { packSlots } from '../lease/packed-slots.ts';
import type { DeploymentIndex, Millis } from '../units.ts';
import { inputTokens, unitsOf, type TokenDemand } from './demand.ts';
import { expectedOutputTokens } from './output-estimate.ts';

export interface AdmissionRequest extends TokenDemand {
  readonly now: Millis;
  /** false: rpm and tpm are weights only; `max_parallel_requests` holds all the same. */
  readonly enforceLimits: boolean;
}

export type LimitName = 'rpm' | 'tpm' | 'itpm' | 'otpm' | 'max_parallel_requests';

export type Admission =
  | { readonly kind: 'admitted'; readonly charge: Charge }
  /** `freeAtMs` is Infinity when no clock can tell: a parallel slot, or a limit of zero. */
  | { readonly kind: 'full'; readonly freeAtMs: Millis; readonly limit: LimitName };

/** Charges the request to every limit of the deployment, or to none of them. */
export function admit(fleet: Fleet, deployment: DeploymentIndex, request: AdmissionRequest): Admission {
  const row = rowOf(fleet, deployment);
  const nowUs = microsBefore(request.now);
  const slotAtUs = slotFreeAtUs(row, nowUs, true);
  if (slotAtUs > 0) return { kind: 'full', freeAtMs: toMillis(slotAtUs), limit: 'max_parallel_requests' };
  if (!row.metered || !request.enforceLimits) return { kind: 'admitted', charge: freeChargeOf(fleet, deployment) };
  const freeAtUs = rowFreeAtUs(row, request, nowUs);
  if (freeAtUs === 0) return { kind: 'admitted', charge: chargeRow(row, request, { now: request.now, deployment }) };
  return { kind: 'full', freeAtMs: toMillis(freeAtUs), limit: lastLimit(row, request, nowUs) };
}

/** All slots of `max_parallel_requests` are taken, or all that this instance holds of them. */
export function parallelFull(row: Row, nowUs: Micros): boolean {
  if (row.maxParallel === Number.POSITIVE_INFINITY) return false;
  return inFlightOfRow(row) >= row.maxParallel || slotsShort(row, nowUs);
}

/** 0 when a parallel slot is free, else when the ledger may have given one; Infinity when no clock can tell. */
export function slotFreeAtUs(row: Row, nowUs: Micros, isWaiting: boolean): Micros {
  return parallelFull(row, nowUs) ? slotLeaseAtUs(row, nowUs, isWaiting) : 0;
}

/** The usual case, answered without asking `freeAtOf`: what is left is enough. A limit of zero never is. */
function covers(meter: Meter, amount: number, left: number): boolean {
  return left >= Math.max(1, unitsOf(meter, amount));
}

/** 0 when all limits have room for the request now, else when they will have (Infinity: never). */
export function rowFreeAtUs(row: Row, request: TokenDemand, nowUs: Micros): Micros {
  const freeAtUs = windowsFreeAtUs(row, request, nowUs);
  if (row.lease === undefined || freeAtUs !== 0) return freeAtUs;
  return leasesFreeAtUs(row, request, nowUs);
}

/**
 * The same as a client is to be told, where there is no room: the ledger counts a unit for longer than its instance does,
 * so a time that is reckoned from the instance's own charges comes too early once the ledger decides.
 */
export function clientFreeAtUs(row: Row, request: TokenDemand, nowUs: Micros): Micros {
  const freeAtUs = rowFreeAtUs(row, request, nowUs);
  if (row.lease === undefined || freeAtUs === 0) return freeAtUs;
  const isOwnReckoning = windowsFreeAtUs(row, request, nowUs) !== 0 || isOnItsOwn(row.lease.hub, nowUs);
  return isOwnReckoning ? freeAtUs + ledgerLagUs(row.lease.hub) : freeAtUs;
}

/** What this instance has charged itself leaves room: what it lacks is a lease. */
export function lacksLeaseAlone(row: Row, request: TokenDemand, nowUs: Micros): boolean {
  return row.lease !== undefined && windowsFreeAtUs(row, request, nowUs) === 0;
}

/** The same of what this instance holds of the limits that it shares with others. */
function leasesFreeAtUs(row: Row, request: TokenDemand, nowUs: Micros): Micros {
  const input = inputTokens(request);
  const output = row.estimateAt < 0 ? 0 : expectedOutputTokens(row, request.maxTokens);
  return Math.max(
    leaseFreeAtUs(row.rpm, 1, nowUs),
    leaseFreeAtUs(row.tpm, input + output, nowUs),
    leaseFreeAtUs(row.itpm, input, nowUs),
    leaseFreeAtUs(row.otpm, output, nowUs),
  );
}

/** The same of what this instance has charged itself. */
function windowsFreeAtUs(row: Row, request: TokenDemand, nowUs: Micros): Micros {
  let freeAtUs = 0;
  if (row.rpm !== undefined && !covers(row.rpm, 1, unitsLeft(row, row.rpm, nowUs))) {
    freeAtUs = freeAtOf(row, row.rpm, { amount: 1, nowUs });
  }
  if (row.tpm === undefined && row.itpm === undefined && row.otpm === undefined) return freeAtUs;
  const input = inputTokens(request);
  const output = expectedOutputTokens(row, request.maxTokens);
  if (row.tpm !== undefined && !covers(row.tpm, input + output, unitsLeft(row, row.tpm, nowUs))) {
    freeAtUs = Math.max(freeAtUs, freeAtOf(row, row.tpm, { amount: input + output, nowUs }));
  }
  if (row.itpm !== undefined && !covers(row.itpm, input, unitsLeft(row, row.itpm, nowUs))) {
    freeAtUs = Math.max(freeAtUs, freeAtOf(row, row.itpm, { amount: input, nowUs }));
  }
  if (row.otpm !== undefined && !covers(row.otpm, output, unitsLeft(row, row.otpm, nowUs))) {
    freeAtUs = Math.max(freeAtUs, freeAtOf(row, row.otpm, { amount: output, nowUs }));
  }
  return freeAtUs;
}

function freeAtOf(row: Row, meter: Meter, need: { readonly amount: number; readonly nowUs: Micros }): Micros {
  if (meter.limit === 0) return Number.POSITIVE_INFINITY;
  const amount = unitsOf(meter, need.amount);
  const used = meterUsed(meter, need.nowUs);
  const short = used + amount - meter.limit;
  const heldUntilUs = heldUntil(row, meter, need.nowUs);
  if (heldUntilUs === 0) return short <= 0 ? 0 : meterFreeAt(meter, short);
  const held = heldAmount(row, meter);
  if (short + held <= 0) return 0;
  const withoutHoldUs = Math.max(heldUntilUs, short <= 0 ? 0 : meterFreeAt(meter, short));
  return Math.min(withoutHoldUs, meterFreeAt(meter, short + held));
}

/** When the hold that the provider's headers put on this meter ends; 0 = there is none. */
export function heldUntil(row: Row, meter: Meter, nowUs: Micros): Micros {
  const untilUs = load(row.cells, heldCell(row, meter) + 1);
  return untilUs > nowUs ? untilUs : 0;
}

function heldAmount(row: Row, meter: Meter): number {
  return load(row.cells, heldCell(row, meter));
}

/** Where the hold on a meter is kept; its end follows it. */
export function heldCell(row: Row, meter: Meter): number {
  if (meter === row.rpm) return row.cellAt + CELL.heldRequests;
  if (meter === row.tpm) return row.cellAt + CELL.heldTokens;
  return row.cellAt + (meter === row.itpm ? CELL.heldInput : CELL.heldOutput);
}

/** Units that a meter has left now, header holds included. */
export function unitsLeft(row: Row, meter: Meter, nowUs: Micros): number {
  const held = heldUntil(row, meter, nowUs) === 0 ? 0 : heldAmount(row, meter);
  return Math.max(0, meter.limit - meterUsed(meter, nowUs) - held);
}

/** Which limit is the last to have room again. */
function lastLimit(row: Row, request: TokenDemand, nowUs: Micros): LimitName {
  const input = inputTokens(request);
  const output = expectedOutputTokens(row, request.maxTokens);
  const needs: readonly [LimitName, Meter | undefined, number][] = [
    ['rpm', row.rpm, 1],
    ['tpm', row.tpm, input + output],
    ['itpm', row.itpm, input],
    ['otpm', row.otpm, output],
  ];
  let last: LimitName = 'rpm';
  let lastUs = 0;
  for (const [name, meter, amount] of needs) {
    const freeAtUs = meter === undefined ? 0 : freeAtOf(row, meter, { amount, nowUs });
    if (freeAtUs > lastUs) [last, lastUs] = [name, freeAtUs];
  }
  return last;
}

function take(meter: Meter | undefined, amount: number, now: Millis): number {
  if (meter === undefined) return 0;
  const units = unitsOf(meter, amount);
  meterUsed(meter, microsBefore(now));
  meterCharge(meter, now, units);
  return units;
}

/** Charges a request for which `rowFreeAtUs` said 0 at the same time. */
export function chargeRow(
  row: Row,
  request: TokenDemand,
  at: { readonly now: Millis; readonly deployment: DeploymentIndex },
): Charge {
  const { now, deployment } = at;
  const input = inputTokens(request);
  const output = row.estimateAt < 0 ? 0 : expectedOutputTokens(row, request.maxTokens);
  const charge: Charge = {
    deployment,
    counted: true,
    probe: false,
    atMs: now,
    requests: take(row.rpm, 1, now),
    totalTokens: take(row.tpm, input + output, now),
    inputTokens: take(row.itpm, input, now),
    outputTokens: take(row.otpm, output, now),
    usageTokens: 0,
    leaseSlots: 0,
  };
  if (row.lease !== undefined) charge.leaseSlots = takeLeases(row, charge);
  return charge;
}

/** Takes what was charged out of what this instance holds; where it came from. */
function takeLeases(row: Row, charge: Charge): number {
  const nowUs = microsBefore(charge.atMs);
  return packSlots([
    takeLease(row.rpm, charge.requests, nowUs),
    takeLease(row.tpm, charge.totalTokens, nowUs),
    takeLease(row.itpm, charge.inputTokens, nowUs),
    takeLease(row.otpm, charge.outputTokens, nowUs),
  ]);
}
