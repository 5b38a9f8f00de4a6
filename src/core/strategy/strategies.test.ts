import { describe, expect, test } from 'vitest';
import { CHI_SQUARE_999, chiSquare } from '../../../test/support/chi-square.ts';
import type { DeploymentSketch } from '../../../test/support/routing-fixture.ts';
import { sketchContext, sketchTable } from '../../../test/support/routing-fixture.ts';
import { seededRng } from '../../../test/support/seeded-rng.ts';
import { createFleet } from '../fleet/fleet.ts';
import { finished, started } from '../fleet/operations.ts';
import { DEFAULT_STRATEGY_ARGS, STRATEGY_NAMES, type RouterSettings } from '../routing-table.ts';
import { pickByScore } from '../select/pick.ts';
import { select } from '../select/select.ts';
import { leastBusy } from './least-busy.ts';
import { simpleShuffle } from './simple-shuffle.ts';
import { strategyConformance } from '../../../test/support/strategy-conformance.ts';
import { meanWeight, weightBasis } from './weight-basis.ts';

for (const name of STRATEGY_NAMES) strategyConformance(name);

/** A group whose attempts end only when the test says so. */
function group(deployments: readonly DeploymentSketch[], settings: Partial<RouterSettings> = {}) {
  const table = sketchTable({ deployments, settings: { enforceLimits: false, ...settings } });
  const fleet = createFleet(table.deployments);
  const rng = seededRng(1);
  const context = sketchContext({ table, fleet }, { keepLast: true });
  const pickOne = (now: number): number => {
    const selection = select(context, now, rng);
    if (selection.kind === 'none') throw new Error('nothing to pick');
    return selection.deployment;
  };
  return { table, fleet, rng, context, pickOne };
}

function count(picks: number, size: number, draw: () => number): number[] {
  const hits = Array.from({ length: size }, () => 0);
  for (let nth = 0; nth < picks; nth++) {
    const index = draw();
    hits[index] = (hits[index] ?? 0) + 1;
  }
  return hits;
}

describe('simple-shuffle', () => {
  const rows: { name: string; deployments: DeploymentSketch[]; weights: number[] }[] = [
    {
      name: 'the documented group of 6, 6 and 1440 rpm',
      deployments: [{ limits: { rpm: 6 } }, { limits: { rpm: 6 } }, { limits: { rpm: 1440 } }],
      weights: [6, 6, 1440],
    },
    { name: 'weights', deployments: [{ weight: 1 }, { weight: 3 }, { weight: 6 }], weights: [1, 3, 6] },
    { name: 'weights below one', deployments: [{ weight: 0.1 }, { weight: 0.9 }], weights: [1, 9] },
    {
      name: 'weight before rpm before tpm',
      deployments: [
        { weight: 9, limits: { rpm: 1, tpm: 1 } },
        { weight: 1, limits: { rpm: 99, tpm: 99 } },
      ],
      weights: [9, 1],
    },
    {
      name: 'rpm before tpm',
      deployments: [{ limits: { rpm: 9, tpm: 10 } }, { limits: { rpm: 1, tpm: 1_000 } }],
      weights: [9, 1],
    },
    {
      name: 'no tpm beside deployments with one is no traffic',
      deployments: [{ limits: { tpm: 5 } }, {}, { limits: { tpm: 10 } }],
      weights: [1, 0, 2],
    },
    { name: 'tpm alone', deployments: [{ limits: { tpm: 1_000 } }, { limits: { tpm: 9_000 } }], weights: [1, 9] },
    {
      name: 'no rpm beside deployments with one is no traffic',
      deployments: [{ limits: { rpm: 5 } }, {}, { limits: { rpm: 5 } }],
      weights: [1, 0, 1],
    },
    {
      name: 'no weight beside weights is the mean weight',
      deployments: [{ weight: 2 }, {}, { weight: 6 }],
      weights: [2, 4, 6],
    },
    { name: 'weight 0 beside weights is no traffic', deployments: [{ weight: 0 }, { weight: 5 }], weights: [0, 1] },
    {
      name: 'weights that are all 0 give way to rpm',
      deployments: [
        { weight: 0, limits: { rpm: 3 } },
        { weight: 0, limits: { rpm: 1 } },
      ],
      weights: [3, 1],
    },
    { name: 'nothing configured is uniform', deployments: [{}, {}, {}], weights: [1, 1, 1] },
    { name: 'all weights 0 is uniform', deployments: [{ weight: 0 }, { weight: 0 }], weights: [1, 1] },
  ];

  test.each(rows)('10,000 picks are spread by $name', ({ deployments, weights }) => {
    const { fleet, pickOne } = group(deployments);
    const hits = count(10_000, deployments.length, () => {
      const index = pickOne(0);
      finished(fleet, index);
      return index;
    });
    const bound = deployments.length === 2 ? CHI_SQUARE_999[1] : CHI_SQUARE_999[2];
    expect(chiSquare(hits, weights)).toBeLessThan(bound);
  });

  test.each(rows)('its score, as a race, gives the same shares for $name', ({ deployments, weights }) => {
    const { table, fleet, rng, context } = group(deployments);
    fleet.scratch.set(context.candidates);
    const pickContext = {
      fleet,
      deployments: table.deployments,
      nowUs: 0,
      rng,
      basis: weightBasis(table.deployments, context.candidates, deployments.length),
      meanWeight: meanWeight(table.deployments, context.candidates),
      weights: undefined,
      args: DEFAULT_STRATEGY_ARGS,
      stream: false,
      requestTokens: 20,
    };
    const hits = count(10_000, deployments.length, () => pickByScore(simpleShuffle, pickContext, deployments.length));
    const bound = deployments.length === 2 ? CHI_SQUARE_999[1] : CHI_SQUARE_999[2];
    expect(chiSquare(hits, weights)).toBeLessThan(bound);
  });
});

describe('least-busy', () => {
  test('attempts that do not end are spread exactly evenly', () => {
    const { fleet, pickOne } = group([{}, {}, {}], { strategy: 'least-busy' });
    const hits = count(300, 3, () => pickOne(0));
    expect(hits).toEqual([100, 100, 100]);
    expect(fleet.rows.length).toBe(3);
  });

  test('the one with fewer in flight wins, whatever the weights', () => {
    const { fleet, pickOne } = group([{ weight: 1_000 }, { weight: 1 }], { strategy: 'least-busy' });
    started(fleet, 0);
    expect(pickOne(0)).toBe(1);
    started(fleet, 1);
    finished(fleet, 0);
    expect(pickOne(0)).toBe(0);
  });

  test('equals are drawn at random, not by position', () => {
    const { fleet, pickOne } = group([{}, {}, {}], { strategy: 'least-busy' });
    const hits = count(3_000, 3, () => {
      const index = pickOne(0);
      finished(fleet, index);
      return index;
    });
    expect(chiSquare(hits, [1, 1, 1])).toBeLessThan(CHI_SQUARE_999[2]);
    expect(leastBusy.share).toBeUndefined();
  });
});
