import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MANY_RUNS } from '../../../test/support/property-runs.ts';
import { CELLS_PER_BUDGET, type Budget } from '../fleet/budget.ts';
import { depositRequest, drawRetry, refusedRetries, retriesLeft } from './retry-budget.ts';

const fresh = (): Budget => ({ cells: new Float64Array(CELLS_PER_BUDGET + 2), at: 1 });

function draw(budget: Budget, times: number, now: number): number {
  let made = 0;
  for (let nth = 0; nth < times; nth++) made += drawRetry(budget, now) ? 1 : 0;
  return made;
}

describe('a retry budget', () => {
  it('has a reserve of 20 from the first moment on, whatever the clock says', () => {
    expect(draw(fresh(), 30, 0)).toBe(20);
    expect(draw(fresh(), 30, 1_000_000_000)).toBe(20);
  });

  it('earns a fifth of each request', () => {
    const budget = fresh();
    draw(budget, 20, 5);
    for (let nth = 0; nth < 4; nth++) depositRequest(budget);
    expect(drawRetry(budget, 5)).toBe(false);
    depositRequest(budget);
    expect(drawRetry(budget, 5)).toBe(true);
    expect(drawRetry(budget, 5)).toBe(false);
  });

  it('earns one a second, fractions kept', () => {
    const budget = fresh();
    draw(budget, 20, 1_000);
    expect(drawRetry(budget, 1_999)).toBe(false);
    expect(drawRetry(budget, 2_000)).toBe(true);
    expect(drawRetry(budget, 2_500)).toBe(false);
    expect(drawRetry(budget, 3_000)).toBe(true);
  });

  it('never saves up more than 50', () => {
    const budget = fresh();
    for (let nth = 0; nth < 10_000; nth++) depositRequest(budget);
    expect(retriesLeft(budget, 1)).toBe(50);
    expect(draw(budget, 100, 1)).toBe(50);
    expect(retriesLeft(budget, 3_600_001)).toBe(50);
  });

  it('counts what it refused, and nothing else', () => {
    const budget = fresh();
    draw(budget, 20, 1);
    expect(refusedRetries(budget)).toBe(0);
    draw(budget, 3, 1);
    expect(refusedRetries(budget)).toBe(3);
    expect([budget.cells[0], budget.cells.at(-1)]).toEqual([0, 0]);
  });

  it('takes a clock that stepped back for one that stands', () => {
    const budget = fresh();
    draw(budget, 20, 10_000);
    expect(drawRetry(budget, 5_000)).toBe(false);
    expect(drawRetry(budget, 10_500)).toBe(false);
    expect(drawRetry(budget, 11_000)).toBe(true);
  });

  it('never gives more than the reserve, a fifth of the requests and one a second', () => {
    const step = fc.record({ requests: fc.nat({ max: 5 }), draws: fc.nat({ max: 5 }), ms: fc.nat({ max: 3_000 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const budget = fresh();
        let [now, requests, made, asked] = [1_000, 0, 0, 0];
        for (const { requests: begun, draws, ms } of steps) {
          now += ms;
          requests += begun;
          asked += draws;
          for (let nth = 0; nth < begun; nth++) depositRequest(budget);
          made += draw(budget, draws, now);
        }
        expect(made).toBeLessThanOrEqual(20 + requests / 5 + (now - 1_000) / 1_000);
        expect(made + refusedRetries(budget)).toBe(asked);
      }),
      MANY_RUNS,
    );
  });
});
