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
});
