import { describe, expect, test } from 'vitest';
import { CELLS_PER_BUDGET, type Budget } from '../fleet/budget.ts';
import { depositStream, drawRace, mayDrawRace } from './race-budget.ts';
import { retriesLeft } from './retry-budget.ts';

const fresh = (): Budget => ({ cells: new Float64Array(CELLS_PER_BUDGET), at: 0 });

function draws(budget: Budget): number {
  let made = 0;
  for (; mayDrawRace(budget) && made < 100; made += 1) drawRace(budget);
  return made;
}

describe('a race budget', () => {
  test('lets the first three race', () => {
    expect(draws(fresh())).toBe(3);
  });

  test('earns one race by twenty streams', () => {
    const budget = fresh();
    draws(budget);
    for (let nth = 0; nth < 19; nth++) depositStream(budget);
    expect(mayDrawRace(budget)).toBe(false);
    depositStream(budget);
    expect(draws(budget)).toBe(1);
  });

  test('never saves up more than twenty', () => {
    const budget = fresh();
    for (let nth = 0; nth < 10_000; nth++) depositStream(budget);
    expect(draws(budget)).toBe(20);
  });

  test('has nothing to do with the retries of the group', () => {
    const budget = fresh();
    draws(budget);
    expect(retriesLeft(budget, 1)).toBe(20);
  });
});
