// The breaker's transitions: what opens it, what closes it, and the blocks that a provider asks for. One attempt's
// charge comes in with each report, because only the report of a probe may close or reopen a half-open breaker: late
// answers to requests from before prove nothing.
import type { Charge } from '../fleet/charge.ts';
import { add, load, store } from '../fleet/cells.ts';
import { clearFailCounts, countFailure } from '../fleet/fail-counts.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { rowOf } from '../fleet/fleet.ts';
import { microsAfter, microsBefore } from '../fleet/micros.ts';
import type { Row } from '../fleet/row.ts';
import { CELL, COUNTER } from '../fleet/row.ts';
import { slotsAdd, slotsClear, slotsSum } from '../fleet/slots.ts';
import type { DeploymentIndex, Millis, Rng } from '../units.ts';
import { CONSECUTIVE_FAILURES, FAILURE_RATE, openTimeMs, RAMP_MS, RATE_MINIMUM } from './policy.ts';
import { isOpen, STATUS, TRIGGER } from './standing.ts';

/** What a report changed, for the event that announces it. */
export type BreakerChange = 'opened' | 'closed' | undefined;

/** What decides whether a failure opens, and for how long. */
export interface FailureContext {
  readonly now: Millis;
  readonly rng: Rng;
  /** Explicit `allowed_fails`: replaces both triggers. */
  readonly allowedFails: number | undefined;
  /** That number is one of a policy, for failures of this class alone; `undefined` = it is for all. */
  readonly failClass?: string | undefined;
  /** Fixed open time; `undefined` = 1 s doubling to 15 s. */
  readonly openMs: Millis | undefined;
  /** The least time to stay open. */
  readonly retryAfterMs: Millis | undefined;
}

/** The attempt gave content. Closes the breaker if it was a probe. */
export function recordSuccess(fleet: Fleet, charge: Charge, now: Millis): BreakerChange {
  const row = rowOf(fleet, charge.deployment);
  add(row.cells, row.cellAt + CELL.successes, 1);
  store(row.counters, row.counterAt + COUNTER.consecutiveFailures, 0);
  const nowUs = microsBefore(now);
  if (!isOpen(row)) {
    slotsSum(row.rateTotal, nowUs);
    slotsAdd(row.rateTotal, nowUs, 1);
    return undefined;
  }
  if (!charge.probe) return undefined;
  close(row, now);
  return 'closed';
}

/** A probe succeeds at its first content, long before a stream ends; the end is then reported like any other. */
export function recordFirstContent(fleet: Fleet, charge: Charge, now: Millis): BreakerChange {
  const row = rowOf(fleet, charge.deployment);
  if (!charge.probe || !isOpen(row)) return undefined;
  close(row, now);
  return 'closed';
}

/** The attempt that begins now is the probe. `select` does this; 0 means that no probe is out. */
export function markProbe(row: Row, now: Millis): void {
  store(row.cells, row.cellAt + CELL.probeAtUs, Math.max(1, microsBefore(now)));
  store(row.counters, row.counterAt + COUNTER.probeBy, row.lanes?.thread ?? 0);
}

function close(row: Row, now: Millis): void {
  store(row.counters, row.counterAt + COUNTER.status, (statusOf(row) & ~STATUS.open) | STATUS.ramping);
  store(row.cells, row.cellAt + CELL.recoveredAtUs, microsAfter(now));
  store(row.cells, row.cellAt + CELL.probeAtUs, 0);
  clearSamples(row);
}

function clearSamples(row: Row): void {
  store(row.counters, row.counterAt + COUNTER.consecutiveFailures, 0);
  slotsClear(row.rateTotal);
  slotsClear(row.rateFailures);
  slotsClear(row.recentFailures);
  clearFailCounts(row.failCounts);
}

function statusOf(row: Row): number {
  return load(row.counters, row.counterAt + COUNTER.status);
}

/** The attempt failed and the deployment is to blame. Opens at a trigger; the failure of a probe opens again. */
export function recordFailure(fleet: Fleet, charge: Charge, context: FailureContext): BreakerChange {
  const row = rowOf(fleet, charge.deployment);
  add(row.cells, row.cellAt + CELL.failures, 1);
  if (isOpen(row)) return recordFailureWhileOpen(row, charge, context);
  const trigger = sample(row, context);
  if (trigger === 0) return undefined;
  openRow(row, { trigger, now: context.now, openMs: openTime(row, context) });
  return 'opened';
}

/**
 * Failures of attempts from before the opening, or of a last deployment that is used all the same, do not prolong it:
 * only what comes after the open time speaks about the present.
 */
function recordFailureWhileOpen(row: Row, charge: Charge, context: FailureContext): BreakerChange {
  add(row.counters, row.counterAt + COUNTER.consecutiveFailures, 1);
  if (!charge.probe) return undefined;
  store(row.cells, row.cellAt + CELL.probeAtUs, 0);
  if (microsBefore(context.now) < load(row.cells, row.cellAt + CELL.openUntilUs)) return undefined;
  const trigger = load(row.counters, row.counterAt + COUNTER.trigger);
  openRow(row, { trigger, now: context.now, openMs: openTime(row, context) });
  return 'opened';
}

/**
 * Counts one failure; the trigger that it pulls, 0 for none. What a policy counts by its class is that counter's alone:
 * an operator who allowed so many of them does not want them to pull another trigger.
 */
function sample(row: Row, context: FailureContext): number {
  const { allowedFails, failClass } = context;
  if (allowedFails !== undefined && failClass !== undefined) {
    return countFailure(row.failCounts, failClass, context.now) > allowedFails ? TRIGGER.allowedFails : 0;
  }
  const nowUs = microsBefore(context.now);
  const inARow = add(row.counters, row.counterAt + COUNTER.consecutiveFailures, 1);
  const attempts = slotsSum(row.rateTotal, nowUs) + 1;
  const failures = slotsSum(row.rateFailures, nowUs) + 1;
  const recent = slotsSum(row.recentFailures, nowUs) + 1;
  slotsAdd(row.rateTotal, nowUs, 1);
  slotsAdd(row.rateFailures, nowUs, 1);
  slotsAdd(row.recentFailures, nowUs, 1);
  if (allowedFails !== undefined) return recent > allowedFails ? TRIGGER.allowedFails : 0;
  if (inARow >= CONSECUTIVE_FAILURES) return TRIGGER.consecutive;
  return attempts >= RATE_MINIMUM && failures > attempts * FAILURE_RATE ? TRIGGER.rate : 0;
}

/** Draws from `rng` only when no fixed time is given. */
function openTime(row: Row, context: FailureContext): Millis {
  const calmSinceUs = microsBefore(context.now) - load(row.cells, row.cellAt + CELL.recoveredAtUs);
  const openingsAt = row.counterAt + COUNTER.openings;
  if (!isOpen(row) && calmSinceUs >= RAMP_MS * 1000) store(row.counters, openingsAt, 0);
  const openMs = context.openMs ?? openTimeMs(load(row.counters, openingsAt), context.rng);
  add(row.counters, openingsAt, 1);
  return Math.max(openMs, context.retryAfterMs ?? 0);
}

interface Opening {
  readonly trigger: number;
  readonly now: Millis;
  readonly openMs: Millis;
}

function openRow(row: Row, opening: Opening): void {
  const untilAt = row.cellAt + CELL.openUntilUs;
  const untilUs = microsAfter(opening.now + opening.openMs);
  store(row.cells, untilAt, isOpen(row) ? Math.max(untilUs, load(row.cells, untilAt)) : untilUs);
  store(row.cells, row.cellAt + CELL.probeAtUs, 0);
  store(row.counters, row.counterAt + COUNTER.trigger, opening.trigger);
  store(row.counters, row.counterAt + COUNTER.status, (statusOf(row) | STATUS.open) & ~STATUS.ramping);
}

/** Another instance opened its breaker. Not repeated here when this one is open, or has recovered since. */
export function openByHint(row: Row, hint: Opening & { readonly openedMsAgo: Millis }): void {
  const openedUs = microsBefore(hint.now - hint.openedMsAgo);
  if (isOpen(row) || load(row.cells, row.cellAt + CELL.recoveredAtUs) > openedUs) return;
  openRow(row, hint);
}

/** Opens at once, whatever came before: the deployment is misconfigured or its quota is gone. */
export function openNow(fleet: Fleet, charge: Charge, opening: Opening): BreakerChange {
  const row = rowOf(fleet, charge.deployment);
  const wasOpen = isOpen(row);
  add(row.cells, row.cellAt + CELL.failures, 1);
  add(row.counters, row.counterAt + COUNTER.consecutiveFailures, 1);
  openRow(row, opening);
  return wasOpen && !charge.probe ? undefined : 'opened';
}

/** The attempt says nothing about the deployment: a probe's place is free again. */
export function recordAbandoned(fleet: Fleet, charge: Charge): void {
  if (!charge.probe) return;
  const row = rowOf(fleet, charge.deployment);
  store(row.cells, row.cellAt + CELL.probeAtUs, 0);
}

/** The provider asked to be left alone until then (429 with a time). Never shortens a longer block. */
export function blockUntil(fleet: Fleet, deployment: DeploymentIndex, untilMs: Millis): void {
  block(rowOf(fleet, deployment), CELL.blockedUntilUs, untilMs);
}

/** The provider refused without saying for how long. */
export function restUntil(fleet: Fleet, deployment: DeploymentIndex, untilMs: Millis): void {
  block(rowOf(fleet, deployment), CELL.restingUntilUs, untilMs);
}

function block(row: Row, cell: number, untilMs: Millis): void {
  const at = row.cellAt + cell;
  store(row.cells, at, Math.max(load(row.cells, at), microsAfter(untilMs)));
  store(row.counters, row.counterAt + COUNTER.status, statusOf(row) | STATUS.blocked);
}
