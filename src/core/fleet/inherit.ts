// A config reload makes a new fleet; the numbers of deployments that are still there (same id) move over, and every older
// fleet is pointed at the new rows, so that requests which began before finish where the others count.
import type { Deployment } from '../deployment.ts';
import type { Budgets } from '../budget/budgets.ts';
import type { Millis } from '../units.ts';
import { copyAccount, type Account } from './accounts.ts';
import { load, store } from './cells.ts';
import { BUDGET, type Budget } from './budget.ts';
import { copyFailCounts } from './fail-counts.ts';
import type { Fleet } from './fleet.ts';
import { copyLanes } from './lanes.ts';
import { copyHub, copyLeases } from './leases.ts';
import type { Meter } from './meter.ts';
import { meterCopy } from './meter.ts';
import type { Micros } from './micros.ts';
import { microsBefore } from './micros.ts';
import type { Row } from './row.ts';
import { CELL, COUNTER, ESTIMATE } from './row.ts';
import { samplesCopy } from './samples.ts';
import type { Slots } from './slots.ts';
import { slotsAdd, slotsEntries, slotsSum } from './slots.ts';

/** A fleet with the deployments that it was made for. */
export interface FleetOf {
  readonly fleet: Fleet;
  readonly deployments: readonly Deployment[];
  readonly budgets?: Budgets | undefined;
}

/** `inheritFleets` from a single one. */
export function inheritFleet(old: FleetOf, next: FleetOf, now: Millis): void {
  inheritFleets([old], next, now);
}

/**
 * Moves the numbers of deployments with the same id to a fresh `next`, from the first of `generations` that has them:
 * all fleets in which requests still run, newest first. A deployment that was gone and is back finds its numbers where
 * requests on it still run. Call before `next` serves requests.
 */
export function inheritFleets(generations: readonly FleetOf[], next: FleetOf, now: Millis): void {
  copyNumbers(generations, next, now);
  for (const old of generations) pointAtHeirs(old, next);
}

/** The numbers alone: where threads share them, one thread copies and each points its own fleets at what was copied. */
export function copyNumbers(generations: readonly FleetOf[], next: FleetOf, now: Millis): void {
  const [newest] = generations;
  if (newest !== undefined) Object.assign(next.fleet.tracking, newest.fleet.tracking);
  copyHub(newest?.fleet.hub, next.fleet.hub);
  const moved = new Set<Row | Budget | Account>();
  for (const old of generations) {
    copyRows(old, next, { moved, nowUs: microsBefore(now) });
    for (const { from, to } of budgetHeirs(old, next)) if (isFirst(moved, to)) copyBudget(from, to);
    for (const { from, to } of accountHeirs(old, next)) if (isFirst(moved, to)) copyAccount(from, to);
  }
}

function copyRows(
  { fleet, deployments }: FleetOf,
  next: FleetOf,
  { moved, nowUs }: { readonly moved: Set<Row | Budget | Account>; readonly nowUs: Micros },
): void {
  const heirs = heirsIn(next);
  const hasLearned = fleet.tracking.usage || fleet.tracking.latency;
  for (const [index, { id }] of deployments.entries()) {
    const from = fleet.rows[index];
    const to = heirs.get(id);
    if (from === undefined || to === undefined || !isFirst(moved, to)) continue;
    copyRow(from, to, nowUs);
    if (hasLearned) copyLearned(from, to, nowUs);
  }
}

function isFirst<Value>(seen: Set<Value>, value: Value): boolean {
  if (seen.has(value)) return false;
  seen.add(value);
  return true;
}

/** From now on `old` reads and writes the numbers in `next`. */
export function pointAtHeirs(old: FleetOf, next: FleetOf): void {
  const heirs = heirsIn(next);
  for (const [index, { id }] of old.deployments.entries()) {
    const to = heirs.get(id);
    if (to !== undefined) old.fleet.rows[index] = to;
  }
  for (const { nth, to } of budgetHeirs(old, next)) old.fleet.budgets[nth] = to;
  for (const { nth, to } of accountHeirs(old, next)) old.fleet.accounts[nth] = to;
}

function heirsIn({ deployments, fleet }: FleetOf): Map<string, Row | undefined> {
  return new Map(deployments.map(({ id }, index) => [id, fleet.rows[index]]));
}

/** What stands at position `nth` of the old list, and what takes its place. */
interface Heir<Value> {
  readonly nth: number;
  readonly from: Value;
  readonly to: Value;
}

/** Budgets of groups with the same name. */
function budgetHeirs(old: FleetOf, next: FleetOf): Heir<Budget>[] {
  const heirs = new Map(next.deployments.map(({ group }, index) => [group, next.fleet.budgets[index]]));
  return old.deployments.flatMap(({ group }, nth) => {
    const from = old.fleet.budgets[nth];
    const to = heirs.get(group);
    return from === undefined || to === undefined ? [] : [{ nth, from, to }];
  });
}

function copyBudget(from: Budget, to: Budget): void {
  for (const offset of Object.values(BUDGET)) store(to.cells, to.at + offset, load(from.cells, from.at + offset));
}

/** What was spent stays spent, whatever the new limit and period; a window that runs ends when it would have. */
function accountHeirs(old: FleetOf, next: FleetOf): Heir<Account>[] {
  const list = next.budgets?.list ?? [];
  const heirs = new Map(list.map(({ kind, name }, nth) => [`${kind}:${name}`, next.fleet.accounts[nth]]));
  return (old.budgets?.list ?? []).flatMap(({ kind, name }, nth) => {
    const from = old.fleet.accounts[nth];
    const to = heirs.get(`${kind}:${name}`);
    return from === undefined || to === undefined ? [] : [{ nth, from, to }];
  });
}

function copyRow(from: Row, to: Row, nowUs: Micros): void {
  for (const offset of Object.values(COUNTER)) {
    store(to.counters, to.counterAt + offset, load(from.counters, from.counterAt + offset));
  }
  for (const offset of Object.values(CELL)) {
    store(to.cells, to.cellAt + offset, load(from.cells, from.cellAt + offset));
  }
  copySlots(from.rateTotal, to.rateTotal, nowUs);
  copySlots(from.rateFailures, to.rateFailures, nowUs);
  copySlots(from.recentFailures, to.recentFailures, nowUs);
  copyMeter(from.rpm, to.rpm, nowUs);
  copyMeter(from.tpm, to.tpm, nowUs);
  copyMeter(from.itpm, to.itpm, nowUs);
  copyMeter(from.otpm, to.otpm, nowUs);
  copyEstimate(from, to);
  copyFailCounts(from.failCounts, to.failCounts, nowUs);
  copyLanes(from, to);
  copyLeases(from, to);
}

/** Only where a strategy learns: the pages of a fleet that does not are never touched. */
function copyLearned(from: Row, to: Row, nowUs: Micros): void {
  copySlots(from.usage, to.usage, nowUs);
  samplesCopy(from.latencies, to.latencies);
  samplesCopy(from.firstContents, to.firstContents);
}

function copySlots(from: Slots, to: Slots, nowUs: Micros): void {
  slotsSum(to, nowUs);
  slotsEntries(from, (atUs, amount) => slotsAdd(to, atUs, amount));
}

/** A limit that is new starts empty; what was charged under a limit that is gone is forgotten. */
function copyMeter(from: Meter | undefined, to: Meter | undefined, nowUs: Micros): void {
  if (from !== undefined && to !== undefined) meterCopy(from, to, nowUs);
}

function copyEstimate(from: Row, to: Row): void {
  if (from.estimateAt < 0 || to.estimateAt < 0) return;
  for (let offset = 0; offset < ESTIMATE.size; offset++) {
    store(to.cells, to.estimateAt + offset, load(from.cells, from.estimateAt + offset));
  }
}
