// What every strategy must keep, as one function that each strategy's test calls. A strategy sees candidates and scores
// them; it may not change anything, and it may not lose a candidate.
import { describe, expect, test } from 'vitest';
import { sketchContext, sketchTable } from './routing-fixture.ts';
import { seededRng } from './seeded-rng.ts';
import { createFleet } from '../../src/core/fleet/fleet.ts';
import { finished } from '../../src/core/fleet/operations.ts';
import { select } from '../../src/core/select/select.ts';
import type { StrategyName } from '../../src/core/routing-table.ts';
import { BUILT_STRATEGIES, strategyNamed } from '../../src/core/strategy/registry.ts';
import type { PickContext } from '../../src/core/strategy/strategy.ts';

/** How often each of `count` equal deployments is picked in `picks` decisions, each attempt ending at once. */
function shares(strategy: StrategyName, count: number, picks: number): number[] {
  const table = sketchTable({ deployments: Array.from({ length: count }, () => ({})), settings: { strategy } });
  const fleet = createFleet(table.deployments);
  const rng = seededRng(11);
  const hits = Array.from({ length: count }, () => 0);
  const context = sketchContext({ table, fleet }, { keepLast: true });
  for (let nth = 0; nth < picks; nth++) {
    const selection = select(context, nth, rng);
    if (selection.kind === 'none') throw new Error('an idle group has no deployment');
    finished(fleet, selection.deployment);
    hits[selection.deployment] = (hits[selection.deployment] ?? 0) + 1;
  }
  return hits;
}

export function strategyConformance(name: StrategyName): void {
  describe(`${name} keeps what every strategy keeps`, () => {
    test('it is registered under its name', () => {
      expect(BUILT_STRATEGIES.has(name)).toBe(true);
      expect(strategyNamed(name).name).toBe(name);
    });

    test.each([1, 2, 7])('an idle group of %i equal deployments is used evenly, none is left out', (count) => {
      const picks = 1_000 * count;
      for (const hits of shares(name, count, picks)) expect(Math.abs(hits - 1_000)).toBeLessThan(150);
    });

    test('scoring changes nothing and yields a number for every candidate', () => {
      const { deployments } = sketchTable({ deployments: [{}, { weight: 3 }, { limits: { rpm: 5 } }] });
      const fleet = createFleet(deployments);
      const before = new Uint8Array(fleet.buffer.slice(0));
      const context: PickContext = {
        fleet,
        deployments,
        nowUs: 1,
        rng: seededRng(3),
        basis: 'uniform',
        meanWeight: 3,
      };
      for (const { index } of deployments) {
        expect(Number.isNaN(strategyNamed(name).score(index, context))).toBe(false);
        expect(strategyNamed(name).share?.(index, context) ?? 0).toBeGreaterThanOrEqual(0);
      }
      expect(new Uint8Array(fleet.buffer)).toEqual(before);
    });
  });
}
