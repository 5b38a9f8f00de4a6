import { describe, expect, test } from 'vitest';
import { isDefaultParameter } from '../provider/gateway-fields.ts';
import { readIntent, type IntentHeaders } from './read-intent.ts';

const NO_HEADERS: IntentHeaders = {
  timeout: undefined,
  streamTimeout: undefined,
  numRetries: undefined,
  tags: undefined,
};

function read(body: Record<string, unknown>, headers: Partial<IntentHeaders> = {}) {
  const source = { keys: () => Object.keys(body), get: (key: string) => body[key], promptTokens: 3 };
  return readIntent({ model: 'm', stream: false, maxTokens: undefined }, source, { ...NO_HEADERS, ...headers });
}

function override(settings: unknown, more: Record<string, unknown> = {}) {
  return read({ router_settings_override: settings, ...more });
}

describe('router_settings_override', () => {
  test('says how the request is routed', () => {
    const intent = override({
      routing_strategy: 'latency-based-routing',
      routing_strategy_args: { ttl: 2, lowest_latency_buffer: 0.5, max_latency_list_size: 1_000, ttft_percentile: 1 },
      weights: { m: { one: 0, two: 3.5 } },
      model_group_alias: { mine: 'm', other: { model: 'n', hidden: true } },
      enable_tag_filtering: true,
    });
    expect(intent).toMatchObject({
      routing: {
        strategy: 'latency-based-routing',
        strategyArgs: { ttlMs: 2_000, lowestLatencyBuffer: 0.5, maxLatencyListSize: 100, ttftPercentile: 1 },
        weights: new Map([
          [
            'm',
            new Map([
              ['one', 0],
              ['two', 3.5],
            ]),
          ],
        ]),
        aliases: new Map([
          ['mine', 'm'],
          ['other', 'n'],
        ]),
        enableTagFiltering: true,
      },
    });
  });

  test('that is empty says nothing', () => {
    const routing = { strategy: undefined, strategyArgs: {}, weights: undefined, aliases: undefined };
    expect(override({})).toMatchObject({ routing: { ...routing, enableTagFiltering: false } });
    expect(override({ routing_strategy: null, weights: null, routing_strategy_args: { ttl: null } })).toMatchObject({
      routing,
    });
    expect(override(null)).toMatchObject({ model: 'm', routing: undefined });
    expect(read({})).toMatchObject({ routing: undefined });
  });

  test('can turn tags on, never off', () => {
    expect(override({ enable_tag_filtering: false })).toMatchObject({ routing: { enableTagFiltering: false } });
  });

  const filling = {
    num_retries: 4,
    timeout: 7,
    fallbacks: ['b'],
    context_window_fallbacks: [{ m: ['c'] }],
    content_policy_fallbacks: 'd',
  };

  test('fills what the request does not say', () => {
    const target = (model: string) => ({ model, overrides: undefined });
    expect(override(filling)).toMatchObject({
      numRetries: 4,
      timeoutMs: 7_000,
      fallbacks: { kind: 'targets', targets: [target('b')] },
      contextWindowFallbacks: { kind: 'rules', rules: [{ from: 'm', targets: [target('c')] }] },
      contentPolicyFallbacks: { kind: 'targets', targets: [target('d')] },
    });
  });

  test('gives way to body and headers, wherever it stands', () => {
    const own = { num_retries: 0, fallbacks: [], context_window_fallbacks: ['x'], content_policy_fallbacks: ['y'] };
    const expected = {
      numRetries: 0,
      timeoutMs: 1_000,
      fallbacks: { targets: [] },
      contextWindowFallbacks: { targets: [{ model: 'x' }] },
      contentPolicyFallbacks: { targets: [{ model: 'y' }] },
    };
    expect(read({ router_settings_override: filling, ...own }, { timeout: '1' })).toMatchObject(expected);
    expect(read({ ...own, router_settings_override: filling, timeout: 1 })).toMatchObject(expected);
  });

  test('may be a whole router_settings: what means nothing for one request is passed over', () => {
    const intent = override({ cooldown_time: 5, allowed_fails: 'x', max_fallbacks: 0, disable_fallbacks: true });
    expect(intent).toMatchObject({ maxFallbacks: undefined, disableFallbacks: false });
  });

  const names =
    'simple-shuffle, least-busy, usage-based-routing, usage-based-routing-v2, latency-based-routing, cost-based-routing';

  test.each<[string, unknown, string, string]>([
    ['text', 'least-busy', '', 'must be a map of router settings.'],
    ['a list', [], '', 'must be a map of router settings.'],
    ['an unknown strategy', { routing_strategy: 'fastest' }, '.routing_strategy', `must be one of ${names}.`],
    ['a strategy that is no text', { routing_strategy: 1 }, '.routing_strategy', `must be one of ${names}.`],
    ['arguments as text', { routing_strategy_args: 'x' }, '.routing_strategy_args', 'must be a map.'],
    [
      'a negative age',
      { routing_strategy_args: { ttl: -1 } },
      '.routing_strategy_args.ttl',
      'must be seconds, 0 or more.',
    ],
    [
      'a negative buffer',
      { routing_strategy_args: { lowest_latency_buffer: -0.1 } },
      '.routing_strategy_args.lowest_latency_buffer',
      'must be a number, 0 or more.',
    ],
    [
      'no samples',
      { routing_strategy_args: { max_latency_list_size: 0 } },
      '.routing_strategy_args.max_latency_list_size',
      'must be a whole number, 1 or more.',
    ],
    [
      'half a sample',
      { routing_strategy_args: { max_latency_list_size: 1.5 } },
      '.routing_strategy_args.max_latency_list_size',
      'must be a whole number, 1 or more.',
    ],
    [
      'a percentile in percent',
      { routing_strategy_args: { ttft_percentile: 95 } },
      '.routing_strategy_args.ttft_percentile',
      'must be above 0 and at most 1.',
    ],
    [
      'a percentile of 0',
      { routing_strategy_args: { ttft_percentile: 0 } },
      '.routing_strategy_args.ttft_percentile',
      'must be above 0 and at most 1.',
    ],
    [
      'a percentile as text',
      { routing_strategy_args: { ttft_percentile: '1' } },
      '.routing_strategy_args.ttft_percentile',
      'must be above 0 and at most 1.',
    ],
    [
      'weights in a list',
      { weights: [] },
      '.weights',
      'must be a map from model groups to the weights of their deployments.',
    ],
    ...[[], { d: '1' }, { d: -1, e: 2 }, { d: 0 }, {}, { d: Infinity }].map(
      (weights): [string, unknown, string, string] => [
        `the weights ${JSON.stringify(weights)}`,
        { weights: { m: weights } },
        '.weights.m',
        'must map deployment ids to numbers from 0, one of them above 0.',
      ],
    ),
    ['names in a list', { model_group_alias: ['a'] }, '.model_group_alias', 'must be a map from names to models.'],
    ['a name for a list', { model_group_alias: { a: ['b'] } }, '.model_group_alias.a', 'must name a model.'],
    ['a name for nothing', { model_group_alias: { a: '' } }, '.model_group_alias.a', 'must name a model.'],
    ['a map without a model', { model_group_alias: { a: {} } }, '.model_group_alias.a', 'must name a model.'],
    ['a time that is none', { timeout: 'soon' }, '.timeout', 'must be a number, got "soon".'],
    [
      'too many fallbacks',
      { fallbacks: Array.from({ length: 101 }, () => 'b') },
      '.fallbacks',
      'may name at most 100 models.',
    ],
  ])('with %s is refused', (_, settings, path, rule) => {
    const param = `router_settings_override${path}`;
    expect(override(settings)).toEqual({ kind: 'problem', param, message: `'${param}' ${rule}` });
  });

  test('never reaches a provider', () => {
    expect(isDefaultParameter('router_settings_override')).toBe(false);
  });
});
