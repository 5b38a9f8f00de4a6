import { describe, expect, test } from 'vitest';
import type { DeploymentSketch } from '../../../test/support/routing-fixture.ts';
import { DEFAULT_SETTINGS } from '../../../test/support/routing-fixture.ts';
import { failure, StrategyPlay } from '../../../test/support/strategy-play.ts';
import { plainIntent, type RequestIntent, type RequestRouting } from '../request-intent.ts';
import type { FallbackRules, RouterSettings, RoutingGroup, RoutingPolicy } from '../routing-table.ts';
import { DEFAULT_STRATEGY_ARGS } from '../routing-table.ts';
import { hopPolicy } from './hop-policy.ts';

const NOTHING: RequestRouting = {
  strategy: undefined,
  strategyArgs: {},
  weights: undefined,
  aliases: undefined,
  enableTagFiltering: false,
};

function asking(routing: Partial<RequestRouting>, more: Partial<RequestIntent> = {}): Partial<RequestIntent> {
  return { ...more, routing: { ...NOTHING, ...routing } };
}

function weights(groups: Record<string, Record<string, number>>): RequestRouting['weights'] {
  return new Map(Object.entries(groups).map(([group, byId]) => [group, new Map(Object.entries(byId))]));
}

const CHEAP: DeploymentSketch = { inputCostPerToken: 1e-9, outputCostPerToken: 0 };

describe('a request that says how it wants to be routed', () => {
  test('has its own strategy and arguments over those of the config', () => {
    const { table } = new StrategyPlay([{}], { strategy: 'least-busy' }, { args: { ttlMs: 7 } });
    const resolution = { kind: 'group', requested: 'gpt-4', group: 'gpt-4', candidates: [0], byId: false } as const;
    const known = { ...resolution, captures: undefined, matched: 'gpt-4' };
    const intent = plainIntent({ model: 'gpt-4', stream: false, maxTokens: undefined }, 1);
    expect(hopPolicy(table, intent, known)).toBe(table.settings);
    expect(hopPolicy(table, { ...intent, routing: NOTHING }, known)).toEqual({
      strategy: 'least-busy',
      strategyArgs: { ...DEFAULT_STRATEGY_ARGS, ttlMs: 7 },
    });
    const routing = { ...NOTHING, strategy: 'cost-based-routing', strategyArgs: { lowestLatencyBuffer: 2 } } as const;
    expect(hopPolicy(table, { ...intent, routing }, known)).toEqual({
      strategy: 'cost-based-routing',
      strategyArgs: { ...DEFAULT_STRATEGY_ARGS, ttlMs: 7, lowestLatencyBuffer: 2 },
    });
  });

  test('is routed by that strategy, others are not', () => {
    const play = new StrategyPlay([{}, CHEAP], {});
    expect(play.seen(40, asking({ strategy: 'cost-based-routing' }))).toEqual([1]);
    expect(play.seen(40)).toEqual([0, 1]);
  });

  test('keeps it in its fallbacks', () => {
    const generic = [{ from: 'gpt-4', targets: [{ model: 'other', overrides: undefined }] }];
    const play = new StrategyPlay([{}, { group: 'other' }, { ...CHEAP, group: 'other' }], {
      numRetries: 0,
      fallbacks: { ...NO_FALLBACKS, generic },
    });
    for (let nth = 0; nth < 20; nth++) {
      const plan = play.begin(asking({ strategy: 'cost-based-routing' }));
      play.end(plan, failure('bad_request', { scope: 'request' }));
      plan.next(play.nowMs, play.rng);
      expect(plan.deployment).toBe(2);
    }
  });

  test('may name weights: by group and id, before those of the config; who is not named gets nothing', () => {
    const play = new StrategyPlay([{ weight: 99 }, { weight: 1 }, {}], {});
    expect(play.seen(60, asking({ weights: weights({ 'gpt-4': { d1: 1 } }) }))).toEqual([1]);
    expect(play.seen(60, asking({ weights: weights({ 'gpt-4': { d1: 1, d2: 1, d0: 0 } }) }))).toEqual([1, 2]);
    expect(play.seen(9, asking({ weights: weights({ other: { d1: 1 } }) }))).toContain(0);
    expect(play.seen(9, asking({ weights: weights({ 'gpt-4': { gone: 1 } }) }))).toContain(0);
  });

  test('weights under its own name for the model, and of the groups behind a routing group', () => {
    const union = { name: 'all', deployments: [0, 1, 2], policy: DEFAULT_SETTINGS };
    const sketches = [{ group: 'a' }, { group: 'b' }, { group: 'b' }];
    const play = new StrategyPlay(sketches, {}, { routingGroups: [union] });
    const aliases = new Map([['mine', 'b']]);
    expect(play.seen(40, asking({ aliases, weights: weights({ mine: { d2: 1 } }) }, { model: 'mine' }))).toEqual([2]);
    expect(play.seen(40, asking({ weights: weights({ b: { d1: 1 } }) }, { model: 'all' }))).toEqual([1]);
    expect(play.seen(40, asking({ weights: weights({ all: { d0: 1 } }) }, { model: 'all' }))).toEqual([0]);
  });

  test('may give names of its own; one that leads nowhere is no name', () => {
    const play = new StrategyPlay([{ group: 'a' }, { group: 'b' }], {});
    const aliases = new Map([
      ['mine', 'b'],
      ['a', 'gone'],
    ]);
    expect(play.begin(asking({ aliases }, { model: 'mine' }))).toMatchObject({ deployment: 1, group: 'mine' });
    expect(play.begin(asking({ aliases }, { model: 'a' }))).toMatchObject({ deployment: 0, group: 'a' });
    expect(play.begin(asking({ aliases }, { model: 'b' }))).toMatchObject({ deployment: 1, group: 'b' });
  });

  test('may turn tags on, for itself', () => {
    const play = new StrategyPlay([{ tags: ['eu'] }, {}], {});
    expect(play.seen(40, asking({ enableTagFiltering: true }, { tags: ['eu'] }))).toEqual([0]);
    expect(play.seen(40, asking({}, { tags: ['eu'] }))).toEqual([0, 1]);
  });
});

const NO_FALLBACKS: FallbackRules = {
  generic: undefined,
  contextWindow: undefined,
  contentPolicy: undefined,
  defaults: undefined,
};

/** Deployments 0 and 1 first, then 2, then 3, whatever group they are of and whatever their own `order` says. */
const PRIORITIES: RoutingPolicy = {
  strategy: 'simple-shuffle',
  strategyArgs: DEFAULT_STRATEGY_ARGS,
  priorities: new Map([
    [0, 1],
    [1, 1],
    [2, 2],
    [3, 3],
  ]),
};

const LEVELS: RoutingGroup = { name: 'levels', deployments: [3, 2, 1, 0], policy: PRIORITIES };
const SKETCHES: DeploymentSketch[] = [
  { group: 'a', order: 9 },
  { group: 'b' },
  { group: 'b', order: 1 },
  { group: 'c', order: 2 },
];

function levels(settings: Partial<RouterSettings> = {}): StrategyPlay {
  return new StrategyPlay(SKETCHES, { numRetries: 0, ...settings }, { routingGroups: [LEVELS] });
}

describe('a routing group with priorities', () => {
  test('asks the lowest first, equal ones share', () => {
    expect(levels().seen(40, { model: 'levels' })).toEqual([0, 1]);
  });

  test('members that are called by themselves go by their own order', () => {
    expect(levels().seen(40, { model: 'b' })).toEqual([2]);
  });

  test('a failure goes to the next priority, and the last one to the fallbacks of its name', () => {
    const generic = [{ from: 'levels', targets: [{ model: 'a', overrides: undefined }] }];
    const play = levels({ fallbacks: { ...NO_FALLBACKS, generic } });
    const plan = play.begin({ model: 'levels' });
    const asked = [plan.deployment];
    const groups = [plan.group];
    for (let nth = 0; nth < 3; nth++) {
      play.end(plan, failure('bad_request', { scope: 'request' }));
      plan.next(play.nowMs, play.rng);
      asked.push(plan.deployment);
      groups.push(plan.group);
    }
    expect(asked.slice(1)).toEqual([2, 3, 0]);
    expect(groups).toEqual(['levels', 'levels', 'levels', 'a']);
  });

  test('a request may choose the strategy within a level', () => {
    const routing = { ...NOTHING, strategy: 'least-busy' } as const;
    const play = levels();
    const first = play.begin({ model: 'levels', routing });
    const second = play.begin({ model: 'levels', routing });
    expect(new Set([first.deployment, second.deployment])).toEqual(new Set([0, 1]));
  });
});
