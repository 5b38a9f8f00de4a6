// A config reload makes a new fleet; the numbers of deployments that are still there (same id) move over, and the old
// fleet is pointed at the new rows, so that requests which began before finish where the others count.
import type { Deployment } from '../deployment.ts';
import type { Budgets } from '../budget/budgets.ts';
import type { Millis } from '../units.ts';
import { copyAccount } from './accounts.ts';
import { load, store } from './cells.ts';
import { BUDGET } from './budget.ts';
import { copyFailCounts } from './fail-counts.ts';
import type { Fleet } from './fleet.ts';
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

/** Moves numbers of deployments with the same id from `old` to a fresh `next`. Call before `next` serves requests. */
export function inheritFleet(old: FleetOf, next: FleetOf, now: Millis): void {
  const heirs = new Map(next.deployments.map((deployment, index) => [deployment.id, next.fleet.rows[index]]));
  const nowUs = microsBefore(now);
  const moved = new Set<Row>();
  const { tracking } = old.fleet;
  const hasLearned = tracking.usage || tracking.latency;
  Object.assign(next.fleet.tracking, tracking);
  for (const [index, deployment] of old.deployments.entries()) {
    const from = old.fleet.rows[index];
    const to = heirs.get(deployment.id);
    if (from === undefined || to === undefined) continue;
    if (!moved.has(to)) copyRow(from, to, nowUs);
    if (!moved.has(to) && hasLearned) copyLearned(from, to, nowUs);
    moved.add(to);
    old.fleet.rows[index] = to;
  }
  inheritBudgets(old, next);
  inheritAccounts(old, next);
  copyHub(old.fleet.hub, next.fleet.hub);
}

/** Budgets of groups with the same name. */
function inheritBudgets(old: FleetOf, next: FleetOf): void {
  const heirs = new Map(next.deployments.map(({ group }, index) => [group, next.fleet.budgets[index]]));
  for (const [index, { group }] of old.deployments.entries()) {
    const from = old.fleet.budgets[index];
    const to = heirs.get(group);
    if (from === undefined || to === undefined || from === to) continue;
    for (const offset of Object.values(BUDGET)) store(to.cells, to.at + offset, load(from.cells, from.at + offset));
    old.fleet.budgets[index] = to;
  }
}

/** What was spent stays spent, whatever the new limit and period; a window that runs ends when it would have. */
function inheritAccounts(old: FleetOf, next: FleetOf): void {
  const list = next.budgets?.list ?? [];
  const heirs = new Map(list.map(({ kind, name }, nth) => [`${kind}:${name}`, next.fleet.accounts[nth]]));
  for (const [nth, { kind, name }] of (old.budgets?.list ?? []).entries()) {
    const from = old.fleet.accounts[nth];
    const to = heirs.get(`${kind}:${name}`);
    if (from === undefined || to === undefined) continue;
    copyAccount(from, to);
    old.fleet.accounts[nth] = to;
  }
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
