import { expect, test } from 'vitest';
import { CHI_SQUARE_999, chiSquare } from '../../../test/support/chi-square.ts';
import { sketchContext, sketchTable, type DeploymentSketch } from '../../../test/support/routing-fixture.ts';
import { seededRng } from '../../../test/support/seeded-rng.ts';
import { blockUntil } from '../breaker/breaker.ts';
import { createFleet } from '../fleet/fleet.ts';
import { finished } from '../fleet/operations.ts';
import { weightedDraw } from './blind-draw.ts';
import { select } from './select.ts';
import type { RoutingPolicy } from '../routing-table.ts';

const DRAWS = 20_000;

function sketch(weights: readonly number[]): DeploymentSketch[] {
  return weights.map((weight, nth) => ({ id: `d${nth}`, weight }));
}

test('while some candidates are refused, the others keep the shares of their weights', () => {
  const table = sketchTable({ deployments: sketch([50, 30, 15, 5]), settings: { cooldownMs: 3_600_000 } });
  const fleet = createFleet(table.deployments);
  const rng = seededRng(11);
  blockUntil(fleet, 0, 3_600_000);
  const counts = [0, 0, 0, 0];
  const candidates = table.deployments.map(({ index }) => index);
  for (let n = 0; n < DRAWS; n += 1) {
    const selection = select(sketchContext({ table, fleet }, { candidates, hasFallback: true }), 1_000, rng);
    if (selection.kind === 'none') throw new Error('nothing was picked');
    finished(fleet, selection.deployment);
    counts[selection.deployment] = (counts[selection.deployment] ?? 0) + 1;
  }
  expect(counts[0]).toBe(0);
  expect(chiSquare(counts.slice(1), [30, 15, 5])).toBeLessThan(CHI_SQUARE_999[2]);
});

test.for<[string, DeploymentSketch[]]>([
  ['orders differ', [{ order: 1 }, { order: 2 }]],
  ['only some have a weight', [{ weight: 1 }, {}]],
  ['only some have an rpm', [{ limits: { rpm: 6 } }, {}]],
  ['a weight is zero', [{ weight: 0 }, { weight: 1 }]],
])('there is no draw before a look where %s', ([, deployments]) => {
  const table = sketchTable({ deployments });
  expect(weightedDraw(table.deployments, [0, 1])).toBeUndefined();
});

test.each<[string, Partial<RoutingPolicy>]>([
  ['the request weighs by itself', { weights: new Map([['d1', 1]]) }],
  ['priorities stand in for order', { priorities: new Map([[1, 1]]) }],
  ['another strategy decides', { strategy: 'cost-based-routing' }],
])('there is no draw by the configured weights where %s', (_, more) => {
  const table = sketchTable({ deployments: [{ weight: 99 }, { weight: 1, inputCostPerToken: 0 }] });
  const fleet = createFleet(table.deployments);
  const rng = seededRng(3);
  const context = sketchContext({ table, fleet }, { policy: { ...table.settings, ...more } });
  for (let n = 0; n < 50; n += 1) expect(select(context, 1_000, rng)).toMatchObject({ deployment: 1 });
});

test('weights, then rpm, then tpm are summed up; nothing at all weighs alike', () => {
  const sums = (deployments: DeploymentSketch[]): number[] => {
    const table = sketchTable({ deployments });
    return [...(weightedDraw(table.deployments, [0, 1])?.sums ?? [])];
  };
  expect(sums([{ weight: 2, limits: { rpm: 9 } }, { weight: 3 }])).toEqual([2, 5]);
  expect(sums([{ limits: { rpm: 6 } }, { limits: { rpm: 1440 } }])).toEqual([6, 1446]);
  expect(sums([{ limits: { tpm: 10 } }, { limits: { tpm: 30 } }])).toEqual([10, 40]);
  expect(sums([{}, {}])).toEqual([1, 2]);
});
