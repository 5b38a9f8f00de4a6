import { describe, expect, it } from 'vitest';
import { loadConfigText } from './load.ts';

const MODELS = ['a', 'b', 'b', 'c', 'x/*']
  .map((name, nth) => {
    const model = name === 'x/*' ? 'openai/*' : `openai/${name}${nth}`;
    const order = name === 'b' ? `, order: ${nth}` : '';
    return `  - {model_name: ${name}, litellm_params: {model: ${model}, api_key: k${order}}}\n`;
  })
  .join('');

/** `items` are the groups, `more` stands beside them in `router_settings`. */
function load(items: string, more = '') {
  const config = loadConfigText(`model_list:\n${MODELS}router_settings: {routing_groups: [${items}]${more}}\n`, {
    env: {},
  });
  const problems = config.problems.map((one) => `${one.severity}: ${one.where}: ${one.what}`);
  return { ...config.table, problems };
}

const CHEAPEST = 'routing_strategy: cost-based-routing';

describe('a routing group', () => {
  it('can be called by its name and gives its members its strategy', () => {
    const { groups, routingGroups, settings, problems } = load(
      '{group_name: fast, models: [a, b], routing_strategy: latency-based-routing, routing_strategy_args: {ttl: 5}}',
    );
    expect(problems).toEqual([]);
    const policy = { strategy: 'latency-based-routing', strategyArgs: { ttlMs: 5_000, lowestLatencyBuffer: 0 } };
    expect(routingGroups.get('fast')).toMatchObject({ name: 'fast', deployments: [0, 1, 2], policy });
    expect(groups.get('a')?.policy).toMatchObject(policy);
    expect(groups.get('b')?.policy).toMatchObject(policy);
    expect(groups.get('c')).not.toHaveProperty('policy');
    expect(settings.strategy).toBe('simple-shuffle');
  });

  it.each([
    ['neither', '', 'least-busy', 9_000],
    ['a strategy', ', routing_strategy: latency-based-routing', 'latency-based-routing', 3_600_000],
    ['arguments', ', routing_strategy_args: {ttl: 2}', 'least-busy', 2_000],
  ])('that names %s takes the rest from the router or the defaults', (_, text, strategy, ttlMs) => {
    const more = ', routing_strategy: least-busy, routing_strategy_args: {ttl: 9}';
    const { policy } = load(`{group_name: g, models: [a]${text}}`, more).routingGroups.get('g') ?? {};
    expect(policy).toMatchObject({ strategy, strategyArgs: { ttlMs } });
  });

  it('has wildcards as members, but calls none of their deployments by its own name', () => {
    const { groups, routingGroups } = load(`{group_name: g, models: [a, "x/*"], ${CHEAPEST}}`);
    expect(routingGroups.get('g')?.deployments).toEqual([0]);
    expect(groups.get('x/*')?.policy).toMatchObject({ strategy: 'cost-based-routing' });
  });

  it('of wildcards alone cannot be called', () => {
    const { groups, routingGroups, problems } = load(`{group_name: g, models: ["x/*"], ${CHEAPEST}}`);
    expect(routingGroups.size).toBe(0);
    expect(groups.get('x/*')?.policy).toMatchObject({ strategy: 'cost-based-routing' });
    expect(problems).toEqual([
      'warning: router_settings.routing_groups[0].group_name: has wildcards only: it cannot be called, its members keep its strategy',
    ]);
  });

  it('may be the target of a fallback and of an alias, and have fallbacks', () => {
    const more = ', fallbacks: [{c: [g]}, {g: [c]}], model_group_alias: {other: g}';
    expect(load(`{group_name: g, models: [a], ${CHEAPEST}}`, more).problems).toEqual([]);
  });

  it.each([
    ['a model group', 'c', ''],
    ['an alias', 'nick', ', model_group_alias: {nick: c}'],
  ])('with the name of %s cannot be called; its members have its strategy', (what, name, more) => {
    const { groups, routingGroups, problems } = load(`{group_name: ${name}, models: [a], ${CHEAPEST}}`, more);
    expect(problems).toEqual([
      `warning: router_settings.routing_groups[0].group_name: ${what} has the same name: the group cannot be called, its members keep its strategy`,
    ]);
    expect(routingGroups.size).toBe(0);
    expect(groups.get('a')?.policy).toMatchObject({ strategy: 'cost-based-routing' });
  });

  it.each([
    ['is no map', 'fast', '[0]: must be a map with group_name and models'],
    ['has no name', `{models: [a], ${CHEAPEST}}`, '[0]: needs group_name, the name of the group'],
    ['has no models', `{group_name: g, ${CHEAPEST}}`, '[0]: needs models, a list of model groups that exist'],
    [
      'is called default',
      '{group_name: default, models: [a]}',
      '[0].group_name: "default" is reserved: choose another name',
    ],
    [
      'has a name twice',
      '{group_name: g, models: [a]}, {group_name: g, models: [b]}',
      '[1].group_name: a routing group "g" exists already',
    ],
    [
      'takes a member of another',
      '{group_name: g, models: [a]}, {group_name: h, models: [a]}',
      '[1].models: "a" is in routing group "g" already: which strategy should it have?',
    ],
    [
      'names a strategy that nobody knows',
      '{group_name: g, models: [a], routing_strategy: least-buzy}',
      '[0].routing_strategy: unknown strategy (did you mean "least-busy"?); there are simple-shuffle, least-busy, usage-based-routing, usage-based-routing-v2, latency-based-routing, cost-based-routing',
    ],
    [
      'has a priority for some members only',
      '{group_name: g, models: [a, b], routing_strategy: priority, model_priorities: {a: 1}}',
      '[0].model_priorities: "b" needs a priority, a whole number from 1: the lowest is asked first',
    ],
    [
      'has a priority of 0',
      '{group_name: g, models: [a], routing_strategy: priority, model_priorities: {a: 0}}',
      '[0].model_priorities: "a" needs a priority, a whole number from 1: the lowest is asked first',
    ],
    [
      'has a priority that is no whole number',
      '{group_name: g, models: [a], routing_strategy: priority, model_priorities: {a: 1.5}}',
      '[0].model_priorities: "a" needs a priority, a whole number from 1: the lowest is asked first',
    ],
    [
      'has no priorities at all',
      '{group_name: g, models: [a], routing_strategy: priority}',
      '[0].model_priorities: "a" needs a priority, a whole number from 1: the lowest is asked first',
    ],
    [
      'has priorities and the name of a model',
      '{group_name: c, models: [a], routing_strategy: priority, model_priorities: {a: 1}}',
      '[0].group_name: a model group has the same name',
    ],
  ])('that %s stops the start', (_, items, says) => {
    expect(load(items).problems).toEqual([`error: router_settings.routing_groups${says}`]);
  });

  it.each([
    ['models: [a, bb]', '[0].models: no model group "bb"'],
    ['models: [a, aa, cloud]', '[0].models: no model group "aa"', '[0].models: no model group "cloud"'],
    ['models: [a], model: [b]', '[0].model: unknown key, it has no effect (did you mean "models"?)'],
    [
      'models: [a], routing_strategy_args: {tll: 3}',
      '[0].routing_strategy_args.tll: unknown key, it has no effect (did you mean "ttl"?)',
    ],
  ])('with %s is a warning', (text, ...says) => {
    expect(load(`{group_name: g, ${text}}`).problems).toEqual(
      says.map((line) => `warning: router_settings.routing_groups${line}`),
    );
  });
});

describe('a routing group with priorities', () => {
  const item =
    '{group_name: levels, models: [c, b, a], routing_strategy: priority, model_priorities: {a: 1, b: 2, c: 2}}';

  it('is an order over its members, and among equal ones over their own', () => {
    const { groups, routingGroups, problems } = load(item);
    expect(problems).toEqual([]);
    expect(routingGroups.get('levels')?.deployments).toEqual([3, 1, 2, 0]);
    expect([...(routingGroups.get('levels')?.policy.priorities ?? [])]).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 4],
    ]);
    expect([...groups.values()].some(({ policy }) => policy !== undefined)).toBe(false);
  });

  it('may share members with others', () => {
    const other = '{group_name: other, models: [a], routing_strategy: priority, model_priorities: {a: 7}}';
    const { groups, routingGroups, problems } = load(`${item}, ${other}, {group_name: g, models: [a], ${CHEAPEST}}`);
    expect(problems).toEqual([]);
    expect([...routingGroups.keys()]).toEqual(['levels', 'other', 'g']);
    expect(groups.get('a')?.policy?.strategy).toBe('cost-based-routing');
  });
});
