// What every strategy must keep, as one function that each strategy's test calls. A strategy sees candidates and scores
// them: it changes nothing and loses nobody, and whom it is shown was decided before: health, limits, order, tags and
// what was tried are never its business.
import { describe, expect, test } from 'vitest';
import { CHI_SQUARE_999, chiSquare } from './chi-square.ts';
import type { DeploymentSketch } from './routing-fixture.ts';
import { sketchContext, sketchTable } from './routing-fixture.ts';
import { seededRng } from './seeded-rng.ts';
import { openNow, blockUntil, recordSuccess } from '../../src/core/breaker/breaker.ts';
import { TRIGGER } from '../../src/core/breaker/standing.ts';
import { createFleet, freeChargeOf, rowOf } from '../../src/core/fleet/fleet.ts';
import type { Fleet } from '../../src/core/fleet/fleet.ts';
import { finished, started } from '../../src/core/fleet/operations.ts';
import { samplesAdd } from '../../src/core/fleet/samples.ts';
import { slotsAdd, slotsSum } from '../../src/core/fleet/slots.ts';
import { DEFAULT_STRATEGY_ARGS, type RouterSettings, type StrategyName } from '../../src/core/routing-table.ts';
import type { SelectContext } from '../../src/core/select/select-context.ts';
import { select } from '../../src/core/select/select.ts';
import { strategyNamed } from '../../src/core/strategy/registry.ts';
import type { PickContext } from '../../src/core/strategy/strategy.ts';

/** One group under a strategy; every attempt ends at once, so that nothing but the strategy tells deployments apart. */
export class StrategyWorld {
  readonly fleet: Fleet;
  readonly context: SelectContext;
  readonly rng = seededRng(11);

  constructor(
    strategy: StrategyName,
    deployments: readonly DeploymentSketch[],
    more: { readonly settings?: Partial<RouterSettings>; readonly context?: Partial<SelectContext> } = {},
  ) {
    const table = sketchTable({ deployments, settings: { strategy, ...more.settings } });
    this.fleet = createFleet(table.deployments);
    this.context = sketchContext({ table, fleet: this.fleet }, { keepLast: true, ...more.context });
  }

  /** The deployment of one request that is still under way afterwards; `undefined` = there is none. */
  start(nowMs: number, more: Partial<SelectContext> = {}): number | undefined {
    const selection = select({ ...this.context, ...more }, nowMs, this.rng);
    return selection.kind === 'picked' ? selection.deployment : undefined;
  }

  /** The deployment of one request that ends at once without telling anything. */
  pick(nowMs: number, more: Partial<SelectContext> = {}): number | undefined {
    const deployment = this.start(nowMs, more);
    if (deployment !== undefined) finished(this.fleet, deployment);
    return deployment;
  }

  /** How often each deployment is picked in so many decisions, one a millisecond. */
  hits(picks: number, fromMs = 0, more: Partial<SelectContext> = {}): number[] {
    const hits = Array.from({ length: this.fleet.rows.length }, () => 0);
    for (let nth = 0; nth < picks; nth++) {
      const deployment = this.pick(fromMs + nth, more);
      if (deployment !== undefined) hits[deployment] = (hits[deployment] ?? 0) + 1;
    }
    return hits;
  }

  /** Makes a deployment the worst of all by what any strategy goes by, but for price: busy, used and slow. */
  burden(deployment: number, nowMs: number): void {
    const row = rowOf(this.fleet, deployment);
    const nowUs = nowMs * 1_000;
    started(this.fleet, deployment);
    slotsSum(row.usage, nowUs);
    slotsAdd(row.usage, nowUs, 1_000_000);
    samplesAdd(row.latencies, nowUs, 9_000_000);
    samplesAdd(row.firstContents, nowUs, 9_000_000);
  }
}

/** The best of all for every strategy, but for what is not the strategy's business. */
const CHEAP: DeploymentSketch = { inputCostPerToken: 1e-9, outputCostPerToken: 1e-9 };
const DEAR: DeploymentSketch = { inputCostPerToken: 1e-3, outputCostPerToken: 1e-3 };

/** Deployment 0 is by far the best for any strategy that looks at anything, 1 the worst; `best` is laid over 0. */
function lopsided(
  name: StrategyName,
  best: DeploymentSketch = {},
  settings: Partial<RouterSettings> = {},
): StrategyWorld {
  const world = new StrategyWorld(name, [{ ...CHEAP, ...best }, DEAR], { settings });
  world.burden(1, 1);
  return world;
}

export function strategyConformance(name: StrategyName): void {
  describe(`${name} keeps what every strategy keeps`, () => {
    test('it is registered under its name', () => {
      expect(strategyNamed(name).name).toBe(name);
    });

    distribution(name);
    purity(name);
    limitsOfItsSay(name);
  });
}

function distribution(name: StrategyName): void {
  // Chi square over equal shares, at a chance of 1 in 1,000 to fail a fair draw; strategies that even out what they
  // count come out far below it.
  test.each([2, 3])('an idle group of %i equal deployments is used evenly', (count) => {
    const world = new StrategyWorld(
      name,
      Array.from({ length: count }, () => ({})),
    );
    const hits = world.hits(3_000);
    expect(
      chiSquare(
        hits,
        hits.map(() => 1),
      ),
    ).toBeLessThan(CHI_SQUARE_999[count === 2 ? 1 : 2]);
  });

  test('no candidate is lost, however many there are and wherever the others stand', () => {
    // The chance that one of 9 equal deployments is missed by 300 fair draws is 9 × (8/9)^300, below 1e-14.
    const world = new StrategyWorld(
      name,
      Array.from({ length: 9 }, () => ({})),
    );
    expect(Math.min(...world.hits(300))).toBeGreaterThan(0);
  });

  test('a lone deployment is taken, even the worst', () => {
    const world = lopsided(name);
    expect(world.pick(2, { candidates: [1] })).toBe(1);
    expect(world.pick(2, { candidates: [] })).toBeUndefined();
  });

  test('a deployment whose breaker has just closed gets about a tenth of what it would get', () => {
    const world = new StrategyWorld(name, [{}, {}]);
    const charge = freeChargeOf(world.fleet, 0);
    openNow(world.fleet, charge, { trigger: TRIGGER.misconfigured, now: 0, openMs: 10 });
    recordSuccess(world.fleet, { ...charge, probe: true }, 10);
    // A weight of 0.1 beside 1 is 1 in 11; competing in a tenth of the decisions, one of two, is 1 in 20. Counting
    // strategies settle at 1 in 11, least-busy at 2 of 22 under way. 2,000 decisions within 2 s, while the share is a tenth: ± 4.5 standard deviations
    // about the outer two.
    for (const row of world.fleet.rows) samplesAdd(row.latencies, 1, 50_000);
    const running: number[] = [];
    let recovered = 0;
    for (let nth = 0; nth < 2_000; nth++) {
      const deployment = world.start(10 + nth) ?? -1;
      running.push(deployment);
      if (deployment === 0) recovered += 1;
      const oldest = running.length > 22 ? running.shift() : undefined;
      if (oldest !== undefined) finished(world.fleet, oldest);
    }
    expect(recovered).toBeGreaterThan(55);
    expect(recovered).toBeLessThan(240);
  });
}

function purity(name: StrategyName): void {
  test('scoring changes nothing and yields a number for every candidate', () => {
    const world = new StrategyWorld(name, [{}, { weight: 3 }, { limits: { rpm: 5 } }]);
    world.burden(1, 30_000);
    world.hits(20, 30_000);
    const { fleet, context } = world;
    const scoreAll = (seed: number): number[] => {
      const pickContext: PickContext = {
        fleet,
        deployments: context.table.deployments,
        nowUs: 31_000_000,
        rng: seededRng(seed),
        basis: 'uniform',
        meanWeight: 3,
        weights: undefined,
        args: DEFAULT_STRATEGY_ARGS,
        stream: false,
        requestTokens: 20,
      };
      const strategy = strategyNamed(name);
      for (const index of context.candidates) {
        expect(strategy.share?.(index, pickContext) ?? 0).toBeGreaterThanOrEqual(0);
      }
      return context.candidates.map((index) => strategy.score(index, pickContext));
    };
    const first = scoreAll(3);
    const before = new Uint8Array(fleet.buffer.slice(0));
    expect(scoreAll(3)).toEqual(first);
    expect(first.some(Number.isNaN)).toBe(false);
    expect(new Uint8Array(fleet.buffer)).toEqual(before);
  });
}

/** Decided before a strategy is asked: each of these sends everything to the worst deployment. */
function limitsOfItsSay(name: StrategyName): void {
  test('what the request has tried comes last', () => {
    expect(lopsided(name).hits(50, 2, { tried: [0] })).toEqual([0, 50]);
  });

  test('order is not its business', () => {
    const world = new StrategyWorld(name, [
      { ...CHEAP, order: 2 },
      { ...DEAR, order: 1 },
    ]);
    world.burden(1, 1);
    expect(world.hits(50, 2)).toEqual([0, 50]);
  });

  test('tags are not its business', () => {
    const world = new StrategyWorld(name, [CHEAP, { ...DEAR, tags: ['eu'] }], {
      settings: { enableTagFiltering: true },
    });
    world.burden(1, 1);
    expect(world.hits(50, 2, { tags: ['eu'] })).toEqual([0, 50]);
  });

  test('health is not its business', () => {
    const world = lopsided(name);
    blockUntil(world.fleet, 0, 9_000);
    expect(world.hits(50, 2)).toEqual([0, 50]);
  });

  test('limits are not its business', () => {
    expect(lopsided(name, { limits: { rpm: 0 } }).hits(50, 2)).toEqual([0, 50]);
    expect(lopsided(name, { limits: { maxParallelRequests: 0 } }).hits(50, 2)).toEqual([0, 50]);
  });

  test('what is out of rotation is not its business', () => {
    expect(lopsided(name, { outOfRotation: 'a placeholder' }).hits(50, 2)).toEqual([0, 50]);
  });
}
