// Region, output format, budgets, health checks and affinity, as decisions see them.
import { describe, expect, test } from 'vitest';
import { sketchContext, sketchTable, type DeploymentSketch } from '../../../test/support/routing-fixture.ts';
import { seededRng } from '../../../test/support/seeded-rng.ts';
import { AffinityMemory } from '../affinity/affinity-memory.ts';
import { blockUntil } from '../breaker/breaker.ts';
import type { Budget, Budgets } from '../budget/budgets.ts';
import { spendOn } from '../fleet/accounts.ts';
import { recordCheck } from '../fleet/checks.ts';
import { createFleet } from '../fleet/fleet.ts';
import { finished } from '../fleet/operations.ts';
import { plainIntent, type RequestIntent } from '../request-intent.ts';
import type { RouterSettings } from '../routing-table.ts';
import { filterRules } from './filter.ts';
import type { NonePicked, SelectContext } from './select-context.ts';
import { select } from './select.ts';

const PLAIN = plainIntent({ model: 'gpt-4', stream: false, maxTokens: 10 }, 10);

class Group {
  readonly rng = seededRng(3);
  readonly table;
  readonly fleet;

  constructor(deployments: readonly DeploymentSketch[], settings: Partial<RouterSettings> = {}) {
    this.table = sketchTable({ deployments, settings });
    this.fleet = createFleet(this.table.deployments, undefined, settings.budgets?.list.length);
  }

  context(intent: Partial<RequestIntent>, more: Partial<SelectContext> = {}): SelectContext {
    return sketchContext(this, { intent: { ...PLAIN, ...intent }, ...more });
  }

  picks(intent: Partial<RequestIntent> = {}, now = 0, more: Partial<SelectContext> = {}): number[] {
    const picked = new Set<number>();
    for (let nth = 0; nth < 40; nth++) {
      const selection = select(this.context(intent, more), now, this.rng);
      if (selection.kind === 'none') throw new Error(JSON.stringify(selection));
      finished(this.fleet, selection.deployment);
      picked.add(selection.deployment);
    }
    return [...picked].toSorted((a, b) => a - b);
  }

  none(intent: Partial<RequestIntent> = {}, now = 0, more: Partial<SelectContext> = {}): NonePicked {
    const selection = select(this.context(intent, more), now, this.rng);
    if (selection.kind === 'picked') throw new Error(`picked ${selection.deployment}`);
    return selection;
  }

  spend(nth: number, dollars: number, now = 0): void {
    const account = this.fleet.accounts[nth];
    if (account !== undefined) spendOn(account, { amount: dollars * 1e9, periodUs: 1e6, nowUs: now * 1000 });
  }
}

test('a plain decision shares its rules, of which there are two', () => {
  const [one, other] = [new Group([{}]), new Group([{}, {}])];
  expect(filterRules(one.context({}), 0)).toBe(filterRules(other.context({ allowedRegion: 'eu' }), 5));
  const weightsOnly = new Group([{}], { enforceLimits: false });
  expect(filterRules(weightsOnly.context({}), 0)).toMatchObject({ enforceLimits: false, optional: undefined });
});

describe('the region', () => {
  const group = [{ region: 'eu' }, { region: 'us' }, {}];

  test('must be the very one that is asked for', () => {
    const there = new Group(group, { enablePreCallChecks: true });
    expect(there.picks({ allowedRegion: 'eu' })).toEqual([0]);
    expect(there.none({ allowedRegion: 'EU' })).toMatchObject({ wrongRegion: 3, total: 3, soonestMs: undefined });
    expect(there.picks()).toEqual([0, 1, 2]);
  });

  test('means nothing without pre-call checks', () => {
    expect(new Group(group).picks({ allowedRegion: 'eu' })).toEqual([0, 1, 2]);
  });
});

describe('the output format', () => {
  const group: DeploymentSketch[] = [
    { refusedFormats: ['json_schema'] },
    { refusedFormats: ['json_schema', 'json_object'] },
    {},
  ];

  test('leaves out who is known not to give it', () => {
    const there = new Group(group, { enablePreCallChecks: true });
    expect(there.picks({ responseFormat: 'json_schema' })).toEqual([2]);
    expect(there.picks({ responseFormat: 'json_object' })).toEqual([0, 2]);
    expect(there.picks()).toEqual([0, 1, 2]);
    expect(new Group(group).picks({ responseFormat: 'json_schema' })).toEqual([0, 1, 2]);
  });

  test('is left to the provider when nobody else is there or healthy', () => {
    const there = new Group(group, { enablePreCallChecks: true });
    expect(there.picks({ responseFormat: 'json_schema' }, 0, { candidates: [0, 1] })).toEqual([0, 1]);
    blockUntil(there.fleet, 2, 500);
    expect(there.picks({ responseFormat: 'json_schema' }, 1)).toEqual([0, 1]);
  });

  test('is named when the one who gives it has no room', () => {
    const there = new Group([{ refusedFormats: ['json_schema'] }, { limits: { rpm: 0 } }], {
      enablePreCallChecks: true,
    });
    expect(there.none({ responseFormat: 'json_schema' })).toMatchObject({ unsupported: 1, limited: 1 });
  });

  test('does not loosen the region', () => {
    const there = new Group([{ region: 'eu', refusedFormats: ['json_schema'] }, {}], { enablePreCallChecks: true });
    expect(there.picks({ responseFormat: 'json_schema', allowedRegion: 'eu' })).toEqual([0]);
  });
});

describe('budgets', () => {
  const of = (kind: Budget['kind'], name: string): Budget => ({
    kind,
    name,
    limitUsd: 1,
    period: '1s',
    periodMs: 1_000,
  });
  const budgets: Budgets = {
    list: [of('provider', 'openai'), of('deployment', 'd1'), of('tag', 't')],
    byDeployment: [[0], [0, 1], []],
    byTag: new Map([['t', 2]]),
  };

  function spenders(): Group {
    return new Group([{}, {}, { provider: 'azure' }], { budgets });
  }

  test('keep traffic from what has crossed them, and nobody else', () => {
    const there = spenders();
    there.spend(1, 0.9);
    expect(there.picks()).toEqual([0, 1, 2]);
    there.spend(1, 0.1);
    expect(there.picks()).toEqual([0, 2]);
    there.spend(0, 1);
    expect(there.picks()).toEqual([2]);
    expect(there.picks({}, 1_000)).toEqual([0, 1, 2]);
  });

  test('say when the first of the candidates is free again', () => {
    const there = spenders();
    there.spend(0, 1, 0);
    there.spend(1, 1, 300);
    expect(there.none({}, 500, { candidates: [0, 1] })).toMatchObject({ overBudget: 2, soonestMs: 1_000 });
    expect(there.none({}, 500, { candidates: [1] })).toMatchObject({ overBudget: 1, soonestMs: 1_300 });
  });

  test('of a tag keep every deployment from the requests that carry it', () => {
    const there = spenders();
    there.spend(2, 1);
    expect(there.none({}, 0, { tags: ['t'] })).toMatchObject({ overBudget: 3, soonestMs: 1_000 });
    expect(there.picks({}, 0, { tags: ['u'] })).toEqual([0, 1, 2]);
  });
});

describe('health checks', () => {
  const healthRouting = { stalenessMs: 600, groups: undefined };

  test('keep traffic from who failed the latest, until it is stale', () => {
    const there = new Group([{}, {}], { healthRouting });
    recordCheck(there.fleet, 0, { isHealthy: false, now: 0 });
    expect(there.picks({}, 599)).toEqual([1]);
    expect(there.picks({}, 600)).toEqual([0, 1]);
    expect(new Group([{}, {}]).picks()).toEqual([0, 1]);
  });

  test('give way when nobody else is there, healthy or in rotation', () => {
    const there = new Group([{}, {}, { outOfRotation: 'x' }], { healthRouting });
    recordCheck(there.fleet, 0, { isHealthy: false, now: 0 });
    expect(there.picks({}, 1, { candidates: [0, 2] })).toEqual([0]);
    blockUntil(there.fleet, 1, 500);
    expect(there.picks({}, 1)).toEqual([0]);
  });

  test('give way when the others are not allowed by tags or window', () => {
    const there = new Group([{ tags: ['x'], maxInputTokens: 9 }, { maxInputTokens: 9 }, { tags: ['x'] }], {
      healthRouting,
      enableTagFiltering: true,
    });
    recordCheck(there.fleet, 2, { isHealthy: false, now: 0 });
    expect(there.picks({}, 1, { tags: ['x'] })).toEqual([0]);
    expect(there.picks({}, 1, { tags: ['x'], minInputTokens: 10 })).toEqual([2]);
  });

  test('do not give way to a limit: that is waited for', () => {
    const there = new Group([{}, { limits: { rpm: 0 } }], { healthRouting });
    recordCheck(there.fleet, 0, { isHealthy: false, now: 0 });
    expect(there.none({}, 1)).toMatchObject({ failedCheck: 1, limited: 1 });
  });

  test('steer the groups that are listed only', () => {
    const there = new Group([{ group: 'a' }, { group: 'b' }, { group: 'a' }], {
      healthRouting: { stalenessMs: 600, groups: new Set(['a']) },
    });
    for (const index of [0, 1]) recordCheck(there.fleet, index, { isHealthy: false, now: 0 });
    expect(there.picks({}, 1)).toEqual([1, 2]);
  });
});

describe('affinity', () => {
  const flags = { session: true, prompt: false, caller: false };
  const settings = { affinity: { flags, byGroup: new Map(), anywhere: flags, ttlMs: 10_000 } };
  const sticky = { session: 's', caller: undefined, prompts: [] };

  test('keeps a session where it was, while that may be used, and moves it for good when it may not', () => {
    const there = new Group([{}, {}, {}, {}], settings);
    const more = { affinity: new AffinityMemory() };
    const [first = -1, ...others] = there.picks({ sticky }, 0, more);
    expect(others).toEqual([]);
    blockUntil(there.fleet, first, 500);
    const [second = -1, ...rest] = there.picks({ sticky }, 1, more);
    expect(second).not.toBe(first);
    expect(rest).toEqual([]);
    expect(there.picks({ sticky }, 600, more)).toEqual([second]);
    expect(there.picks({}, 600, more)).toHaveLength(4);
  });

  test('does not send a request back to where it failed', () => {
    const there = new Group([{}, {}], settings);
    const more = { affinity: new AffinityMemory() };
    const [first = -1] = there.picks({ sticky }, 0, more);
    expect(there.picks({ sticky }, 1, { ...more, tried: [first] })).toEqual([1 - first]);
  });
});

describe('tag filtering of a group', () => {
  const group: DeploymentSketch[] = [
    { group: 'a', tags: ['x'] },
    { group: 'a' },
    { group: 'b', tags: ['x'] },
    { group: 'b' },
  ];
  const tagFilteringByGroup = new Map([['a', true]]);

  test('may be on where the router has it off, and off where it has it on', () => {
    const on = new Group(group, { tagFilteringByGroup });
    expect(on.picks({}, 0, { tags: ['x'], candidates: [0, 1] })).toEqual([0]);
    expect(on.picks({}, 0, { tags: ['x'], candidates: [2, 3] })).toEqual([2, 3]);
    const off = new Group(group, { tagFilteringByGroup: new Map([['a', false]]), enableTagFiltering: true });
    expect(off.picks({}, 0, { tags: ['x'], candidates: [0, 1] })).toEqual([0, 1]);
    expect(off.picks({}, 0, { tags: ['x'], candidates: [2, 3] })).toEqual([2]);
  });

  test('knows the prefix and the User-Agent of the settings and the request', () => {
    const there = new Group([{ tags: ['x'] }, { tags: ['y'], tagPatterns: [/coder/] }, {}], {
      enableTagFiltering: true,
      tagRoutingPrefix: 'r:',
    });
    expect(there.picks({}, 0, { tags: ['r:x'] })).toEqual([0]);
    expect(there.picks({ userAgent: 'coder' })).toEqual([1]);
  });

  test('of nobody asks nobody', () => {
    const there = new Group(group, { tagFilteringByGroup });
    expect(there.none({}, 0, { candidates: [] })).toMatchObject({ total: 0 });
  });
});
