import { describe, expect, test } from 'vitest';
import { sketchDeployment } from '../../../test/support/routing-fixture.ts';
import type { FailLimit } from '../deployment.ts';
import { drawRetry, retriesLeft } from '../plan/retry-budget.ts';
import { clearFailCounts, copyFailCounts, countFailure, createFailCounts, failCountsSize } from './fail-counts.ts';
import { budgetOf, createFleet, fleetBytes, rowOf } from './fleet.ts';
import { inheritFleet } from './inherit.ts';

const limit = (exceptionClass: string, allowedFails: number): FailLimit => ({
  exceptionClass,
  allowedFails,
  isOwn: false,
});

function countsOf(limits: readonly FailLimit[]) {
  return createFailCounts(new Float64Array(failCountsSize(limits) + 3), 3, limits);
}

describe('counters by class', () => {
  test('each class counts for itself, over 60 s', () => {
    const counts = countsOf([limit('Timeout', 2), limit('RateLimitError', 400)]);
    expect(countFailure(counts, 'Timeout', 0)).toBe(1);
    expect(countFailure(counts, 'RateLimitError', 0)).toBe(1);
    expect(countFailure(counts, 'Timeout', 59_999)).toBe(2);
    expect(countFailure(counts, 'Timeout', 60_001)).toBe(2);
    for (let nth = 2; nth < 300; nth++) countFailure(counts, 'RateLimitError', 1);
    expect(countFailure(counts, 'RateLimitError', 1)).toBe(300);
    expect(countFailure(counts, 'InternalServerError', 1)).toBe(0);
  });

  test('one that does not forget may count past what is allowed', () => {
    const counts = countsOf([limit('Timeout', 0)]);
    expect(countFailure(counts, 'Timeout', 5)).toBe(1);
    expect(countFailure(counts, 'Timeout', 6)).toBe(2);
    expect(countFailure(counts, 'Timeout', 7)).toBe(2);
  });

  test.each([2, 400])('are cleared and copied, with %i allowed', (allowed) => {
    const [from, to] = [countsOf([limit('Timeout', allowed)]), countsOf([limit('Timeout', allowed), limit('X', 1)])];
    countFailure(from, 'Timeout', 10);
    copyFailCounts(from, to, 11_000);
    expect(countFailure(to, 'Timeout', 11)).toBe(2);
    expect(countFailure(to, 'X', 11)).toBe(1);
    clearFailCounts(to);
    expect(countFailure(to, 'Timeout', 12)).toBe(1);
    expect(countFailure(to, 'X', 12)).toBe(1);
    expect(countFailure(from, 'Timeout', 12)).toBe(2);
  });

  test('cost nothing where no policy asks for them', () => {
    const plain = [sketchDeployment(0)];
    const counted = [sketchDeployment(0, { failLimits: [limit('Timeout', 2)] })];
    expect(fleetBytes(counted) - fleetBytes(plain)).toBe(8 * failCountsSize([limit('Timeout', 2)]));
    expect(failCountsSize([])).toBe(0);
    expect(rowOf(createFleet(plain), 0).failCounts.size).toBe(0);
  });

  test('of deployments that share an id are one, wide enough for the larger number', () => {
    const fleet = createFleet([
      sketchDeployment(0, { id: 'x', failLimits: [limit('Timeout', 4)] }),
      sketchDeployment(1, { id: 'x', failLimits: [limit('Timeout', 1), limit('RateLimitError', 1)] }),
    ]);
    const { failCounts } = rowOf(fleet, 1);
    expect(failCounts).toBe(rowOf(fleet, 0).failCounts);
    expect([...failCounts].map(([name, meter]) => [name, meter.limit])).toEqual([
      ['Timeout', 5],
      ['RateLimitError', 2],
    ]);
  });
});

describe('retry budgets', () => {
  test('are one a group', () => {
    const fleet = createFleet([
      sketchDeployment(0, { group: 'a' }),
      sketchDeployment(1, { group: 'b' }),
      sketchDeployment(2, { group: 'a' }),
    ]);
    drawRetry(budgetOf(fleet, 0), 1);
    expect([0, 1, 2].map((index) => retriesLeft(budgetOf(fleet, index), 1))).toEqual([19, 20, 19]);
    expect(() => budgetOf(fleet, 3)).toThrow('no deployment 3 in the fleet');
  });

  test('and counters live on when a reload keeps their group', () => {
    const limits = [limit('Timeout', 3)];
    const old = [sketchDeployment(0, { group: 'gone' }), sketchDeployment(1, { group: 'a', failLimits: limits })];
    const next = [
      sketchDeployment(0, { id: 'd1', group: 'a', failLimits: limits }),
      sketchDeployment(1, { id: 'n', group: 'new' }),
    ];
    const [before, after] = [createFleet(old), createFleet(next)];
    drawRetry(budgetOf(before, 1), 1);
    countFailure(rowOf(before, 1).failCounts, 'Timeout', 1);
    inheritFleet({ fleet: before, deployments: old }, { fleet: after, deployments: next }, 2);
    expect(retriesLeft(budgetOf(after, 0), 2)).toBe(19);
    expect(retriesLeft(budgetOf(after, 1), 2)).toBe(20);
    expect(countFailure(rowOf(after, 0).failCounts, 'Timeout', 2)).toBe(2);
    drawRetry(budgetOf(before, 1), 2);
    expect(retriesLeft(budgetOf(after, 0), 2)).toBe(18);
    expect(retriesLeft(budgetOf(before, 0), 2)).toBe(20);
  });

  test('of two entries with one id are moved once', () => {
    const twins = [sketchDeployment(0, { id: 'x' }), sketchDeployment(1, { id: 'x' })];
    const [before, after] = [createFleet(twins), createFleet(twins)];
    drawRetry(budgetOf(before, 0), 1);
    inheritFleet({ fleet: before, deployments: twins }, { fleet: after, deployments: twins }, 2);
    expect(retriesLeft(budgetOf(after, 1), 2)).toBe(19);
    expect(rowOf(before, 1)).toBe(rowOf(after, 0));
  });
});
