// Budgets, affinity, health checks and tags out of config text, and the warnings about what cannot work.
import { describe, expect, test } from 'vitest';
import { loadConfigText } from './load.ts';
import { periodMs } from './duration.ts';
import type { GatewayConfig } from './types.ts';

interface Sections {
  readonly params?: string;
  readonly info?: string;
  readonly rest?: string;
  readonly model?: string;
}

function load({ params = '', info = '', rest = '', model = 'openai/gpt-4o' }: Sections): GatewayConfig {
  const text = `model_list:
- model_name: m
  litellm_params: {model: ${model}, api_key: sk-up, ${params}}
  model_info: {id: d1, ${info}}
${rest}`;
  return loadConfigText(text, { env: {} });
}

function warnings(config: GatewayConfig): string[] {
  return config.problems.map(({ where, what }) => `${where}: ${what}`);
}

test.each([
  ['30s', 30_000],
  ['5m', 300_000],
  ['12h', 43_200_000],
  ['1d', 86_400_000],
  ['2w', 1_209_600_000],
  [' 1mo ', 2_592_000_000],
  ['0d', undefined],
  ['1', undefined],
  ['1y', undefined],
  ['d', undefined],
  ['99999999999999999w', undefined],
])('the period %j is %j ms', (text, ms) => {
  expect(periodMs(text)).toBe(ms);
});

describe('budgets', () => {
  test('of all three kinds are read, in both spellings', () => {
    const { table, problems } = load({
      params: 'max_budget: 1.5, budget_duration: 12h',
      rest: `router_settings: {provider_budget_config: {openai: {budget_limit: 10, time_period: 1d}}}
litellm_settings: {tag_budget_config: {team: {max_budget: 3, budget_duration: 1mo}}}`,
    });
    expect(problems).toEqual([]);
    expect(table.settings.budgets).toEqual({
      list: [
        { kind: 'provider', name: 'openai', limitUsd: 10, period: '1d', periodMs: 86_400_000 },
        { kind: 'tag', name: 'team', limitUsd: 3, period: '1mo', periodMs: 2_592_000_000 },
        { kind: 'deployment', name: 'd1', limitUsd: 1.5, period: '12h', periodMs: 43_200_000 },
      ],
      byDeployment: [[0, 2]],
      byTag: new Map([['team', 1]]),
    });
  });

  test('are none where nothing is configured', () => {
    expect(load({}).table.settings.budgets).toBeUndefined();
    const empty = load({ rest: 'router_settings: {provider_budget_config: {}}' });
    expect(empty.table.settings.budgets).toBeUndefined();
  });

  test.each([
    ['max_budget: 5', 'max_budget: this budget has no effect: it needs a period such as 1d, 12h, 30s or 1mo'],
    [
      'max_budget: 5, budget_duration: 1y',
      'max_budget: this budget has no effect: it needs a period such as 1d, 12h, 30s or 1mo',
    ],
    ['budget_duration: 1d', 'budget_duration: this budget has no effect: it needs an amount above 0'],
    ['max_budget: 0, budget_duration: 1d', 'max_budget: this budget has no effect: it needs an amount above 0'],
  ])('a deployment with %s says what is missing', (params, what) => {
    const config = load({ params });
    expect(warnings(config)).toEqual([`model_list[0].litellm_params.${what}`]);
    expect(config.table.settings.budgets).toBeUndefined();
  });

  test('of a provider that nobody has, or of no map, have no effect', () => {
    const there = load({
      rest: 'router_settings: {provider_budget_config: {azure: {budget_limit: 1, time_period: 1d}, openai: 5}}',
    });
    expect(warnings(there)).toEqual([
      'router_settings.provider_budget_config.azure: no deployment of this provider: this budget has no effect',
      'router_settings.provider_budget_config.openai: this budget has no effect: it needs an amount above 0',
    ]);
  });

  test('of models without a price cannot be counted', () => {
    const unpriced = 'no price is known for this model: what it costs counts for no budget';
    const own = load({ model: 'openai/in-house', params: 'max_budget: 5, budget_duration: 1d' });
    expect(warnings(own)).toEqual([expect.stringContaining(`model_list[0].litellm_params: ${unpriced}`)]);
    const tagged = load({
      model: 'openai/in-house',
      rest: 'litellm_settings: {tag_budget_config: {t: {max_budget: 3, budget_duration: 1d}}}',
    });
    expect(warnings(tagged)).toEqual([expect.stringContaining(unpriced)]);
    const priced = load({
      model: 'openai/in-house',
      params: 'output_cost_per_token: 0.1, max_budget: 5, budget_duration: 1d',
    });
    expect(warnings(priced)).toEqual([]);
    const others = load({
      model: 'openai/in-house',
      rest: 'router_settings: {provider_budget_config: {azure: {budget_limit: 1, time_period: 1d}}}',
    });
    expect(warnings(others).join()).not.toContain(unpriced);
  });

  test('behind a wildcard are counted by the model that is asked for, so there is nothing to warn about', () => {
    const text = `model_list: [{model_name: "openai/*", litellm_params: {model: "openai/*", api_key: k}}]
router_settings: {provider_budget_config: {openai: {budget_limit: 1, time_period: 1d}}}`;
    expect(loadConfigText(text, { env: {} }).problems).toEqual([]);
  });

  test('of two entries with one id are one', () => {
    const entry =
      '{model_name: m, litellm_params: {model: openai/gpt-4o, api_key: k, max_budget: 5, budget_duration: 1d}, model_info: {id: same}}';
    const { table } = loadConfigText(`model_list: [${entry}, ${entry}]`, { env: {} });
    expect(table.settings.budgets?.list).toHaveLength(1);
    expect(table.settings.budgets?.byDeployment).toEqual([[0], [0]]);
  });
});

describe('affinity', () => {
  const off = { session: false, prompt: false, caller: false };

  test('is what the checks say, for an hour unless the config knows better', () => {
    const one = load({ rest: 'router_settings: {optional_pre_call_checks: [session_affinity, prompt_caching]}' });
    const flags = { session: true, prompt: true, caller: false };
    expect(one.table.settings.affinity).toEqual({ flags, byGroup: new Map(), anywhere: flags, ttlMs: 3_600_000 });
    const other = load({
      rest: 'router_settings: {optional_pre_call_checks: deployment_affinity, deployment_affinity_ttl_seconds: 5}',
    });
    expect(other.table.settings.affinity).toMatchObject({ flags: { ...off, caller: true }, ttlMs: 5_000 });
    expect([...one.problems, ...other.problems]).toEqual([]);
  });

  test('of a group is its own', () => {
    const { table } = load({ rest: 'router_settings: {model_group_affinity_config: {m: [session_affinity], n: []}}' });
    expect(table.settings.affinity).toEqual({
      flags: off,
      byGroup: new Map([
        ['m', { ...off, session: true }],
        ['n', off],
      ]),
      anywhere: { ...off, session: true },
      ttlMs: 3_600_000,
    });
  });

  test('is off without any; checks that are always made need no word, others get one', () => {
    const config = load({
      rest: `router_settings:
  optional_pre_call_checks: [router_budget_limiting, responses_api_deployment_check, enforce_model_rate_limits,
    encrypted_content_affinity, forward_client_headers_by_model_group, sesion_affinity]`,
    });
    expect(config.table.settings.affinity).toBeUndefined();
    const where = 'router_settings.optional_pre_call_checks';
    expect(warnings(config)).toEqual([
      `${where}: not supported yet: encrypted_content_affinity: encrypted content does not steer requests; response ids do`,
      `${where}: not supported yet: forward_client_headers_by_model_group: client headers are forwarded for all groups or none`,
      `${where}: there is no such check, it has no effect (did you mean "session_affinity"?)`,
    ]);
  });
});

describe('health checks', () => {
  const on = 'general_settings: {background_health_checks: true, enable_health_check_routing: true';

  test('steer where the server or the router says so', () => {
    expect(load({ rest: `${on}}` }).table.settings.healthRouting).toEqual({ stalenessMs: 600_000, groups: undefined });
    const router = load({
      rest: `${on}, health_check_staleness_threshold: 60, background_health_check_model_groups: [x]}
router_settings: {health_check_staleness_threshold: 30, background_health_check_model_groups: [m]}`,
    });
    expect(router.table.settings.healthRouting).toEqual({ stalenessMs: 30_000, groups: new Set(['m']) });
    expect(router.general.healthCheckGroups).toEqual(['m']);
    expect(
      load({ rest: `${on}}\nrouter_settings: {enable_health_check_routing: false}` }).table.settings.healthRouting,
    ).toBeUndefined();
    expect(load({}).table.settings.healthRouting).toBeUndefined();
  });

  test('that are not made steer nothing', () => {
    const config = load({ rest: 'router_settings: {enable_health_check_routing: true}' });
    expect(config.table.settings.healthRouting).toBeUndefined();
    expect(warnings(config)).toEqual([
      'router_settings.enable_health_check_routing: no effect without general_settings.background_health_checks: true',
    ]);
  });

  test('leave a policy of failures alone, unless groups are listed', () => {
    const policy = 'router_settings: {allowed_fails_policy: {TimeoutErrorAllowedFails: 3}}';
    const bare = load({ rest: `${on}}\n${policy}` });
    expect(bare.table.settings.healthRouting).toBeUndefined();
    expect(warnings(bare).join()).toContain(
      'general_settings.enable_health_check_routing: no effect beside allowed_fails_policy',
    );
    const listed = load({ rest: `${on}, background_health_check_model_groups: [m]}\n${policy}` });
    expect(listed.table.settings.healthRouting?.groups).toEqual(new Set(['m']));
    const empty = load({ rest: `${on}}\nrouter_settings: {allowed_fails_policy: {}}` });
    expect(empty.table.settings.healthRouting).toBeDefined();
  });

  test('ignore transient errors where either section says so', () => {
    expect(load({}).general.ignoreTransientCheckErrors).toBe(false);
    expect(
      load({ rest: `${on}, health_check_ignore_transient_errors: true}` }).general.ignoreTransientCheckErrors,
    ).toBe(true);
    const router = load({ rest: 'router_settings: {health_check_ignore_transient_errors: true}' });
    expect(router.general.ignoreTransientCheckErrors).toBe(true);
  });
});

describe('tags', () => {
  test('have a prefix, a switch for a group and patterns for callers', () => {
    const { table } = load({
      params: String.raw`tag_regex: ['^User-Agent: coder\/', '(?i)CODER', '(?P<name>x)']`,
      info: 'enable_tag_filtering: true, allow_fail_open: true',
      rest: 'router_settings: {tag_routing_prefix: "route:"}',
    });
    const { settings, deployments } = table;
    expect(settings).toMatchObject({
      tagRoutingPrefix: 'route:',
      readsUserAgent: true,
      tagFilteringByGroup: new Map([['m', true]]),
    });
    expect(deployments[0]).toMatchObject({
      tagPatterns: [/^User-Agent: coder\//, /CODER/i, /(?<name>x)/],
      allowFailOpen: true,
    });
  });

  test('are plain where nothing is said', () => {
    const { settings, deployments } = load({}).table;
    expect(settings).toMatchObject({ tagRoutingPrefix: '', readsUserAgent: false, tagFilteringByGroup: undefined });
    expect(deployments[0]).toMatchObject({ tagPatterns: [], allowFailOpen: false });
  });

  test('leave out a pattern that is none, with a warning', () => {
    const config = load({ params: "tag_regex: ['(', '']" });
    expect(config.table.deployments[0]?.tagPatterns).toEqual([]);
    const warning =
      'model_list[0].litellm_params.tag_regex: no regular expression that can be used here; it is left out';
    expect(new Set(warnings(config))).toEqual(new Set([warning]));
    expect(load({ params: 'tag_regex: coder' }).table.deployments[0]?.tagPatterns).toEqual([/coder/]);
  });
});

describe('output formats that a deployment is known not to give', () => {
  test.each<[string, Sections, string[]]>([
    ['none, of a model that follows schemas', {}, []],
    ['schemas, of one that is described and does not', { model: 'openai/gpt-3.5-turbo' }, ['json_schema']],
    ['both, of one that knows no response_format', { model: 'openai/gpt-4' }, ['json_object', 'json_schema']],
    ['none, of one that nobody describes', { model: 'openai/in-house' }, []],
    ['none, where the parameter is dropped', { model: 'openai/gpt-4', params: 'drop_params: true' }, []],
    [
      'none, where it is let through',
      { model: 'openai/gpt-4', params: 'allowed_openai_params: [response_format]' },
      [],
    ],
    ['what model_info says: it does', { model: 'openai/gpt-4', info: 'supports_response_schema: true' }, []],
    ['what model_info says: it does not', { info: 'supports_response_schema: false' }, ['json_schema']],
  ])('are %s', (_, sections, formats) => {
    expect(load(sections).table.deployments[0]?.refusedFormats).toEqual(formats);
  });
});
