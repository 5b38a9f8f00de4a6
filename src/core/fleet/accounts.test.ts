import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sketchDeployment } from '../../../test/support/routing-fixture.ts';
import type { Budget } from '../budget/budgets.ts';
import { spendOn, spentOn, windowEndUs, type Account } from './accounts.ts';
import { createFleet, fleetBytes } from './fleet.ts';
import { inheritFleet, type FleetOf } from './inherit.ts';

function account(): Account {
  return { cells: new Float64Array(4), at: 2 };
}

const HOUR_US = 3_600_000_000;

describe('an account', () => {
  test('begins its window with the first spend and is empty again when it ends', () => {
    const one = account();
    expect([spentOn(one, 5), windowEndUs(one, 5)]).toEqual([0, 0]);
    spendOn(one, { amount: 7, periodUs: HOUR_US, nowUs: 10 });
    spendOn(one, { amount: 3, periodUs: HOUR_US, nowUs: 900 });
    expect([spentOn(one, 901), windowEndUs(one, 901)]).toEqual([10, HOUR_US + 10]);
    expect(spentOn(one, HOUR_US + 9)).toBe(10);
    expect([spentOn(one, HOUR_US + 10), windowEndUs(one, HOUR_US + 10)]).toEqual([0, 0]);
    spendOn(one, { amount: 2, periodUs: 50, nowUs: HOUR_US + 20 });
    expect([spentOn(one, HOUR_US + 21), windowEndUs(one, HOUR_US + 21)]).toEqual([2, HOUR_US + 70]);
  });

  test.each([0, -1])('a spend of %s begins no window', (amount) => {
    const one = account();
    spendOn(one, { amount, periodUs: HOUR_US, nowUs: 10 });
    expect([...one.cells]).toEqual([0, 0, 0, 0]);
  });

  test('holds what was spent since its window began, whatever came when', () => {
    const spends = fc.array(fc.record({ afterUs: fc.nat({ max: 60 }), amount: fc.nat({ max: 9 }) }), { maxLength: 30 });
    fc.assert(
      fc.property(spends, fc.integer({ min: 1, max: 100 }), (list, periodUs) => {
        const one = account();
        let nowUs = 0;
        let window = { endUs: 0, sum: 0 };
        for (const { afterUs, amount } of list) {
          nowUs += afterUs;
          spendOn(one, { amount, periodUs, nowUs });
          if (nowUs >= window.endUs) window = { endUs: 0, sum: 0 };
          if (amount > 0 && window.sum === 0) window.endUs = nowUs + periodUs;
          window.sum += amount;
          expect([spentOn(one, nowUs), windowEndUs(one, nowUs)]).toEqual([window.sum, window.endUs]);
        }
      }),
    );
  });
});

describe('accounts of a fleet', () => {
  const budget = (name: string, kind: Budget['kind'] = 'provider'): Budget => ({
    kind,
    name,
    limitUsd: 1,
    period: '1h',
    periodMs: 3_600_000,
  });

  function fleetOf(list: readonly Budget[]): FleetOf {
    const deployments = [sketchDeployment(0)];
    const budgets = { list, byDeployment: [[]], byTag: new Map<string, number>() };
    return { fleet: createFleet(deployments, undefined, list.length), deployments, budgets };
  }

  function spentOf({ fleet }: FleetOf, nth: number): number {
    const one = fleet.accounts[nth];
    if (one === undefined) throw new Error(`no account ${nth}`);
    return spentOn(one, 10);
  }

  function spend({ fleet }: FleetOf, nth: number, amount: number): void {
    const one = fleet.accounts[nth];
    if (one !== undefined) spendOn(one, { amount, periodUs: 100, nowUs: 5 });
  }

  test('lie behind the rows and do not overlap', () => {
    const deployments = [sketchDeployment(0, { limits: { rpm: 3 } })];
    const buffer = new ArrayBuffer(fleetBytes(deployments, 2));
    const fleet = createFleet(deployments, buffer, 2);
    expect(fleetBytes(deployments, 2) - fleetBytes(deployments)).toBe(32);
    const there = { fleet, deployments };
    spend(there, 0, 4);
    spend(there, 1, 9);
    expect([spentOf(there, 0), spentOf(there, 1)]).toEqual([4, 9]);
    expect(() => createFleet(deployments, buffer, 3)).toThrow(RangeError);
  });

  test('keep what was spent over a reload, by kind and name, and old requests spend on the heir', () => {
    const old = fleetOf([budget('openai'), budget('gone'), budget('x', 'tag')]);
    spend(old, 0, 4);
    spend(old, 1, 5);
    spend(old, 2, 6);
    const next = fleetOf([budget('x'), budget('x', 'tag'), budget('openai')]);
    inheritFleet(old, next, 0);
    expect([0, 1, 2].map((nth) => spentOf(next, nth))).toEqual([0, 6, 4]);
    spend(old, 0, 10);
    expect(spentOf(next, 2)).toBe(14);
  });

  test('are not missed when one of the two configs has no budgets', () => {
    const bare = { ...fleetOf([]), budgets: undefined };
    const rich = fleetOf([budget('openai')]);
    inheritFleet(bare, rich, 0);
    inheritFleet(rich, bare, 0);
    expect(spentOf(rich, 0)).toBe(0);
  });
});
