import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DeploymentSketch } from '../../../test/support/routing-fixture.ts';
import { StrategyPlay } from '../../../test/support/strategy-play.ts';

const cost = { strategy: 'cost-based-routing' } as const;

function priced(input: number | undefined, output: number | undefined): DeploymentSketch {
  return { inputCostPerToken: input, outputCostPerToken: output };
}

describe('cost-based routing', () => {
  test.each([
    ['the sum of both prices decides', [priced(3e-6, 1e-6), priced(1e-6, 2e-6)], [1]],
    ['equal sums are drawn', [priced(2e-6, 1e-6), priced(1e-6, 2e-6), priced(3e-6, 1e-6)], [0, 1]],
    ['a price of 0 is the cheapest', [priced(1e-9, 1e-9), priced(0, 0)], [1]],
    ['an unknown price is the dearest', [priced(undefined, undefined), priced(1, 1)], [1]],
    ['a missing price of the output alone counts as 5', [priced(0, undefined), priced(4, 0.9)], [1]],
    ['it is no more than 5', [priced(0, undefined), priced(4, 1.1)], [0]],
    ['a missing price of the input alone counts as 5', [priced(undefined, 0), priced(0.9, 4)], [1]],
    ['nobody knows any price', [{}, {}], [0, 1]],
  ])('%s', (_, deployments, seen) => {
    expect(new StrategyPlay(deployments, cost).seen(60)).toEqual(seen);
  });

  test('whatever the prices, exactly the cheapest ones are used', () => {
    const dollars = fc.option(fc.integer({ min: 0, max: 20 }), { nil: undefined });
    fc.assert(
      fc.property(fc.array(fc.tuple(dollars, dollars), { minLength: 1, maxLength: 4 }), (prices) => {
        const sums = prices.map(([input = 5, output = 5]) => input + output);
        const least = Math.min(...sums);
        const cheapest = sums.flatMap((sum, nth) => (sum === least ? nth : []));
        // One of four equals is missed by 150 fair draws with a chance of 4 × (3/4)^150, below 1e-17.
        const play = new StrategyPlay(
          prices.map(([input, output]) => priced(input, output)),
          cost,
        );
        expect(play.seen(150)).toEqual(cheapest);
      }),
      { numRuns: 50 },
    );
  });
});
