import { describe, expect, test } from 'vitest';
import { CHI_SQUARE_999, chiSquare } from '../../../test/support/chi-square.ts';
import { sketchContext, sketchTable, type DeploymentSketch } from '../../../test/support/routing-fixture.ts';
import { seededRng } from '../../../test/support/seeded-rng.ts';
import { blockUntil, markProbe, openNow, recordSuccess } from '../breaker/breaker.ts';
import { TRIGGER } from '../breaker/standing.ts';
import { createFleet, freeChargeOf, rowOf } from '../fleet/fleet.ts';
import { finished, started } from '../fleet/operations.ts';
import { drawBlindly, weightedDraw } from './blind-draw.ts';
import { filterRules } from './filter.ts';
import type { SelectContext } from './select-context.ts';
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
  ['only some have a tpm', [{}, { limits: { tpm: 6 } }]],
  ['an rpm is zero', [{ limits: { rpm: 1 } }, { limits: { rpm: 0 } }]],
  ['only the other has an order', [{}, { order: 2 }]],
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

test('a draw has a total, its members in order, and none where there are no candidates', () => {
  const { deployments } = sketchTable({ deployments: [{ weight: 2 }, { weight: 3 }, { weight: 4 }] });
  expect(weightedDraw(deployments, [2, 0])).toMatchObject({ members: [{ index: 2 }, { index: 0 }], total: 6 });
  expect(weightedDraw(deployments, [7, 1])).toMatchObject({ members: [{ index: 1 }], total: 3 });
  expect(weightedDraw(deployments, [])).toBeUndefined();
  expect(weightedDraw(deployments, [7])).toBeUndefined();
  const ordered = sketchTable({ deployments: [{ order: 2 }, { order: 2 }] });
  expect(weightedDraw(ordered.deployments, [0, 1])?.total).toBe(2);
});

describe('a draw before a look', () => {
  const table = sketchTable({ deployments: sketch([1, 2, 3, 4]) });
  const world = { table, fleet: createFleet(table.deployments) };

  /** Where a point of the weights leads, 0 to 10; `ramp` is the second chance. */
  function drawn(point: number, more: Partial<SelectContext> = {}, ramp = 0): number | undefined {
    const context = sketchContext({ ...world, ...more });
    const merged = { ...context, ...more };
    const draws = [point / 10, ramp];
    return drawBlindly(merged, { nowUs: 1_000, rules: filterRules(merged, 1_000) }, () => draws.shift() ?? Number.NaN);
  }

  test('leads to each candidate over the width of its weight', () => {
    const points = [0, 0.99, 1, 2.99, 3, 5.99, 6, 9.99];
    expect(points.map((point) => drawn(point))).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
    const reversed = [3, 2, 1, 0];
    expect([0, 3.99, 4, 6.99, 7, 8.99, 9, 9.99].map((point) => drawn(point, { candidates: reversed }))).toEqual([
      3, 3, 2, 2, 1, 1, 0, 0,
    ]);
  });

  test('is not made after a failure, for another strategy, under tags, or without a draw', () => {
    expect(drawn(0, { tried: [3] })).toBeUndefined();
    expect(drawn(0, { policy: { ...table.settings, strategy: 'least-busy' } })).toBeUndefined();
    const tagged = sketchTable({ deployments: sketch([1, 2, 3, 4]), settings: { enableTagFiltering: true } });
    expect(drawn(0, { table: tagged })).toBeUndefined();
    const ordered = sketchTable({ deployments: [{ order: 1 }, { order: 2 }] });
    const other = { table: ordered, fleet: createFleet(ordered.deployments), candidates: [0, 1] };
    expect([drawn(0, other), drawn(0, other)]).toEqual([undefined, undefined]);
  });

  test('is settled once for a list of candidates', () => {
    const candidates = [0, 1];
    drawn(0, { candidates });
    const known = world.fleet.draws.get(candidates);
    expect(known?.draw?.total).toBe(3);
    drawn(0, { candidates });
    expect(world.fleet.draws.get(candidates)).toBe(known);
  });

  test('is given up where the winner may not be used, is out, or is full', () => {
    const mixed = sketchTable({
      deployments: [{ maxInputTokens: 5 }, {}, { limits: { maxParallelRequests: 1 } }, { outOfRotation: 'no key' }],
    });
    const fleet = createFleet(mixed.deployments);
    const other = { table: mixed, fleet, candidates: [0, 1, 2, 3] };
    blockUntil(fleet, 1, 9_000);
    expect([0, 3, 6, 9].map((point) => drawn(point, other))).toEqual([0, undefined, 2, undefined]);
    started(fleet, 2);
    const late = { ...other, minInputTokens: 6, ignoreHealth: true };
    expect([0, 3, 6, 9].map((point) => drawn(point, late))).toEqual([undefined, 1, undefined, undefined]);
  });

  test('of one that recovers holds as often as its ramp says', () => {
    const lone = sketchTable({ deployments: [{}] });
    const fleet = createFleet(lone.deployments);
    openNow(fleet, freeChargeOf(fleet, 0), { trigger: TRIGGER.rate, now: 0, openMs: 0 });
    markProbe(rowOf(fleet, 0), 1);
    recordSuccess(fleet, { ...freeChargeOf(fleet, 0), probe: true }, 1);
    const other = { table: lone, fleet, candidates: [0] };
    expect([drawn(0, other, 0.09), drawn(0, other, 0.1), drawn(0, other, 0.5)]).toEqual([0, undefined, undefined]);
  });
});
