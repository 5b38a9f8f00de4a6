import { expect, test } from 'vitest';
import { sketchDeployment, type DeploymentSketch } from '../../../test/support/routing-fixture.ts';
import { blockUntil, recordFailure, recordSuccess, restUntil } from '../breaker/breaker.ts';
import { availableAtMs, breakerState } from '../breaker/standing.ts';
import { admit } from '../limiter/limiter.ts';
import { learnOutputTokens } from '../limiter/output-estimate.ts';
import type { Account } from './accounts.ts';
import { load, store } from './cells.ts';
import { budgetOf, createFleet, freeChargeOf, rowOf } from './fleet.ts';
import { inheritFleet, inheritFleets, type FleetOf } from './inherit.ts';
import { finished, started } from './operations.ts';
import { CELL, COUNTER } from './row.ts';
import { snapshot } from './snapshot.ts';

/** Late enough for every window to have moved on from where it began. */
const AT = 1_000_000;

function fleetOf(...sketches: DeploymentSketch[]): FleetOf {
  const deployments = sketches.map((sketch, index) => sketchDeployment(index, sketch));
  return { fleet: createFleet(deployments), deployments };
}

function fail({ fleet }: FleetOf, now: number, times: number, allowedFails?: number): void {
  const context = { now, rng: () => 0.5, allowedFails, openMs: 1_000, retryAfterMs: undefined };
  for (let nth = 0; nth < times; nth++) recordFailure(fleet, freeChargeOf(fleet, 0), context);
}

function next(old: FleetOf, now: number, ...sketches: DeploymentSketch[]): FleetOf {
  const heir = fleetOf(...sketches);
  inheritFleet(old, heir, now);
  return heir;
}

test('every number of a row moves', () => {
  const old = fleetOf({ id: 'gone' }, { id: 'kept' });
  const from = rowOf(old.fleet, 1);
  for (const offset of Object.values(COUNTER)) store(from.counters, from.counterAt + offset, 10 + offset);
  for (const offset of Object.values(CELL)) store(from.cells, from.cellAt + offset, 100 + offset);
  const { fleet } = next(old, 0, { id: 'new' }, { id: 'other' }, { id: 'kept' });
  const to = rowOf(fleet, 2);
  for (const offset of Object.values(COUNTER)) expect(load(to.counters, to.counterAt + offset)).toBe(10 + offset);
  for (const offset of Object.values(CELL)) expect(load(to.cells, to.cellAt + offset)).toBe(100 + offset);
  expect(snapshot(fleet, 0, 0).attempts).toBe(0);
});

test('failures before the reload and after it add up to the rate that opens', () => {
  const old = fleetOf({ id: 'kept' });
  for (let nth = 0; nth < 5; nth++) recordSuccess(old.fleet, freeChargeOf(old.fleet, 0), AT + 1_000);
  fail(old, AT + 1_000, 3);
  recordSuccess(old.fleet, freeChargeOf(old.fleet, 0), AT + 1_000);
  const heir = next(old, AT + 20_000, { id: 'kept' });
  fail(heir, AT + 20_000, 3);
  expect(breakerState(heir.fleet, 0, AT + 20_000)).toBe('closed');
  fail(heir, AT + 20_000, 1);
  expect(breakerState(heir.fleet, 0, AT + 20_000)).toBe('open');
});

test('allowed_fails goes on counting, and what is older than its minute is gone', () => {
  const old = fleetOf({ id: 'kept' });
  fail(old, AT + 1_000, 2, 9);
  fail(old, AT + 50_000, 2, 9);
  const soon = next(old, AT + 55_000, { id: 'kept' });
  fail(soon, AT + 55_000, 1, 4);
  expect(breakerState(soon.fleet, 0, AT + 55_000)).toBe('open');
  const again = fleetOf({ id: 'kept' });
  fail(again, AT + 1_000, 2, 9);
  fail(again, AT + 50_000, 2, 9);
  const late = next(again, AT + 70_000, { id: 'kept' });
  fail(late, AT + 70_000, 1, 3);
  expect(breakerState(late.fleet, 0, AT + 70_000)).toBe('closed');
});

test('all four limits keep what was charged', () => {
  const limits = { rpm: 10, tpm: 1_000, itpm: 100, otpm: 200 };
  const old = fleetOf({ id: 'kept', limits });
  admit(old.fleet, 0, { promptTokens: 30, maxTokens: 40, enforceLimits: true, now: 0 });
  const heir = next(old, 1, { id: 'kept', limits });
  expect(snapshot(heir.fleet, 0, 1)).toMatchObject({
    rpm: { used: 1 },
    tpm: { used: 70 },
    itpm: { used: 30 },
    otpm: { used: 40 },
  });
});

test('a limit that is new starts empty, one that is gone is forgotten', () => {
  const old = fleetOf({ id: 'kept', limits: { rpm: 10 } });
  admit(old.fleet, 0, { promptTokens: 30, maxTokens: 40, enforceLimits: true, now: 0 });
  const heir = next(old, 1, { id: 'kept', limits: { tpm: 50 } });
  expect(snapshot(heir.fleet, 0, 1)).toMatchObject({ rpm: undefined, tpm: { used: 0, left: 50 } });
});

test('what was learned about the output moves where both count it', () => {
  const learned = (): FleetOf => {
    const fleet = fleetOf({ id: 'kept', limits: { tpm: 1_000 } });
    for (let nth = 0; nth < 20; nth++) learnOutputTokens(rowOf(fleet.fleet, 0), 64);
    return fleet;
  };
  expect(snapshot(learned().fleet, 0, 0).outputTokensP95).toBe(64);
  const heir = next(learned(), 0, { id: 'kept', limits: { otpm: 9 } });
  expect(snapshot(heir.fleet, 0, 0).outputTokensP95).toBe(64);
  learnOutputTokens(rowOf(heir.fleet, 0), 256);
  learnOutputTokens(rowOf(heir.fleet, 0), 256);
  expect(snapshot(heir.fleet, 0, 0).outputTokensP95).toBe(256);
  const without = next(learned(), 0, { id: 'kept' }, { id: 'other', limits: { tpm: 9 } });
  expect([0, 1].map((index) => snapshot(without.fleet, index, 0).outputTokensP95)).toEqual([undefined, undefined]);
  const uncounted = fleetOf({ id: 'other' }, { id: 'kept' });
  fail(uncounted, 8_000, 1, 9);
  const fresh = next(uncounted, 8_000, { id: 'kept', limits: { tpm: 9 } });
  expect(snapshot(fresh.fleet, 0, 0).outputTokensP95).toBeUndefined();
});

test('what was learned about the output is dropped where nothing counts it any more', () => {
  const old = fleetOf({ id: 'kept', limits: { tpm: 100_000 } });
  for (let nth = 0; nth < 20; nth++) learnOutputTokens(rowOf(old.fleet, 0), 4_096);
  const heir = next(old, 0, { id: 'kept' });
  fail(heir, 1, 1, 9);
  expect(breakerState(heir.fleet, 0, 1)).toBe('closed');
});

test('a row that two deployments share moves once', () => {
  const old = fleetOf({ id: 'kept', limits: { rpm: 5 } }, { id: 'kept', limits: { rpm: 5 } });
  admit(old.fleet, 0, { promptTokens: 1, maxTokens: 1, enforceLimits: true, now: 0 });
  fail(old, 0, 2, 9);
  started(old.fleet, 1);
  const heir = next(old, 1, { id: 'kept', limits: { rpm: 5 } }, { id: 'kept', limits: { rpm: 5 } });
  expect(snapshot(heir.fleet, 0, 1)).toMatchObject({ inFlight: 1, rpm: { used: 1 } });
  fail(heir, 1, 1, 3);
  expect(breakerState(heir.fleet, 0, 1)).toBe('closed');
  started(old.fleet, 0);
  expect(snapshot(heir.fleet, 1, 1).inFlight).toBe(2);
});

test('one that is gone keeps its own row for the requests that are still on it', () => {
  const old = fleetOf({ id: 'gone' }, { id: 'kept' });
  const heir = next(old, 0, { id: 'kept' });
  started(old.fleet, 0);
  expect([snapshot(old.fleet, 0, 0).inFlight, snapshot(heir.fleet, 0, 0).inFlight]).toEqual([1, 0]);
});

test('blocks and rests last over a reload', () => {
  const old = fleetOf({ id: 'kept' });
  blockUntil(old.fleet, 0, 5_000);
  restUntil(old.fleet, 0, 7_000);
  expect(availableAtMs(next(old, 1_000, { id: 'kept' }).fleet, 0, 1_000)).toBe(7_000);
});

const LIMITS = { rpm: 5, maxParallelRequests: 3 };

test('a request that outlives two reloads ends where the others count', () => {
  const first = fleetOf({ id: 'kept', limits: LIMITS });
  started(first.fleet, 0);
  const second = fleetOf({ id: 'kept', limits: LIMITS });
  inheritFleets([first], second, 1);
  const third = fleetOf({ id: 'new' }, { id: 'kept', limits: LIMITS });
  inheritFleets([second, first], third, 2);
  expect(snapshot(third.fleet, 1, 2).inFlight).toBe(1);
  started(second.fleet, 0);
  expect(snapshot(third.fleet, 1, 2).inFlight).toBe(2);
  finished(first.fleet, 0);
  finished(second.fleet, 0);
  expect(snapshot(third.fleet, 1, 2).inFlight).toBe(0);
});

test('a deployment that was gone for a while has its numbers back while requests on it still run', () => {
  const first = fleetOf({ id: 'back', limits: LIMITS });
  admit(first.fleet, 0, { promptTokens: 1, maxTokens: 1, enforceLimits: true, now: AT });
  started(first.fleet, 0);
  const without = fleetOf({ id: 'other' });
  inheritFleets([first], without, AT);
  const third = fleetOf({ id: 'other' }, { id: 'back', limits: LIMITS });
  started(without.fleet, 0);
  inheritFleets([without, first], third, AT + 1);
  expect([0, 1].map((index) => snapshot(third.fleet, index, AT + 1).inFlight)).toEqual([1, 1]);
  expect(snapshot(third.fleet, 1, AT + 1).rpm?.used).toBe(1);
  finished(first.fleet, 0);
  finished(without.fleet, 0);
  expect([0, 1].map((index) => snapshot(third.fleet, index, AT + 1).inFlight)).toEqual([0, 0]);
});

test('the newest numbers are the ones that count', () => {
  const [newest, oldest] = [fleetOf({ id: 'kept' }), fleetOf({ id: 'kept' })];
  started(newest.fleet, 0);
  for (let nth = 0; nth < 3; nth++) started(oldest.fleet, 0);
  newest.fleet.tracking.usage = true;
  oldest.fleet.tracking.latency = true;
  const heir = fleetOf({ id: 'kept' });
  inheritFleets([newest, oldest], heir, 1);
  expect(snapshot(heir.fleet, 0, 1).inFlight).toBe(1);
  expect(heir.fleet.tracking).toEqual({ usage: true, latency: false });
});

test('with nobody to inherit from, all numbers begin at nothing', () => {
  const heir = fleetOf({ id: 'new', limits: LIMITS });
  inheritFleets([], heir, 1);
  expect(snapshot(heir.fleet, 0, 1)).toMatchObject({ inFlight: 0, attempts: 0, rpm: { used: 0 } });
  expect(heir.fleet.tracking).toEqual({ usage: false, latency: false });
});

test('the retry budget of a group and what was spent follow over two reloads, from the newest', () => {
  const [first, second, third] = [spending(), spending(), spending()];
  for (const [fleet, amount] of [
    [first, 3],
    [second, 4],
  ] as const) {
    const [budget, account] = [budgetOf(fleet.fleet, 0), accountOf(fleet)];
    store(budget.cells, budget.at, amount);
    store(account.cells, account.at, amount);
  }
  inheritFleets([second, first], third, 2);
  const [budget, account] = [budgetOf(third.fleet, 0), accountOf(third)];
  expect([load(budget.cells, budget.at), load(account.cells, account.at)]).toEqual([4, 4]);
  expect([first, second].map(({ fleet }) => budgetOf(fleet, 0))).toEqual([budget, budget]);
  expect([first, second].map(({ fleet }) => fleet.accounts[0] === account)).toEqual([true, true]);
});

function spending(): FleetOf {
  const deployments = [sketchDeployment(0, { id: 'kept' })];
  const list = [{ kind: 'provider', name: 'openai', limitUsd: 1, period: '1s', periodMs: 1_000 }] as const;
  const budgets = { list, byDeployment: [[0]], byTag: new Map<string, number>() };
  return { fleet: createFleet(deployments, undefined, 1), deployments, budgets };
}

function accountOf({ fleet }: FleetOf): Account {
  const [account] = fleet.accounts;
  if (account === undefined) throw new Error('no account');
  return account;
}
