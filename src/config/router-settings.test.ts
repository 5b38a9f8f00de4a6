import { describe, expect, it } from 'vitest';
import { loadConfigText } from './load.ts';

const MODELS =
  'model_list: [{model_name: a, litellm_params: {model: openai/a, api_key: k}}, {model_name: b, litellm_params: {model: openai/b, api_key: k}}]\n';
const settings = (text: string, env: Record<string, string> = {}) =>
  loadConfigText(MODELS + text, { env }).table.settings;

/** Each row: sections, what comes of them. Sources: reference 1.4a and 1.4b of LiteLLM 1.106, DESIGN 5 and 6. */
const ROWS: readonly (readonly [what: string, text: string, expected: object])[] = [
  [
    'defaults',
    '',
    {
      strategy: 'simple-shuffle',
      numRetries: 2,
      retryAfterMs: 0,
      timeoutMs: undefined,
      requestTimeoutMs: undefined,
      streamTimeoutMs: undefined,
      streamIdleTimeoutMs: 60_000,
      deadlineMs: undefined,
      maxFallbacks: 5,
      allowedFails: undefined,
      cooldownMs: undefined,
      disableCooldowns: false,
      enforceLimits: true,
      queueTimeoutMs: 10_000,
      fallbackAfterMs: 3_000,
      hedge: 'on',
      enableTagFiltering: false,
      tagFilteringMatchAny: true,
      enablePreCallChecks: false,
      fallbacks: { generic: undefined, contextWindow: undefined, contentPolicy: undefined, defaults: undefined },
    },
  ],
  [
    'the global where the router is silent',
    'litellm_settings: {num_retries: 4, max_fallbacks: 1, allowed_fails: 9, request_timeout: 8}\n',
    { numRetries: 4, maxFallbacks: 1, allowedFails: 9, timeoutMs: 8_000, requestTimeoutMs: undefined },
  ],
  [
    'the router over the global',
    'litellm_settings: {num_retries: 4}\nrouter_settings: {num_retries: 1}\n',
    { numRetries: 1 },
  ],
  [
    'a 0 that counts',
    'litellm_settings: {num_retries: 4, allowed_fails: 9}\nrouter_settings: {num_retries: 0, allowed_fails: 0}\n',
    { numRetries: 0, allowedFails: 0 },
  ],
  [
    'a 0 that does not',
    'litellm_settings: {request_timeout: 8}\nrouter_settings: {timeout: 0, cooldown_time: 0, stream_timeout: 0}\n',
    { timeoutMs: 8_000, cooldownMs: undefined, streamTimeoutMs: undefined },
  ],
  [
    'request_timeout beside timeout',
    'litellm_settings: {request_timeout: 8}\nrouter_settings: {timeout: 30}\n',
    { timeoutMs: 30_000, requestTimeoutMs: 8_000 },
  ],
  [
    'numbers as text',
    "router_settings: {num_retries: '1', timeout: '30', cooldown_time: '1.5', retry_after: '1e-1'}\n",
    { numRetries: 1, timeoutMs: 30_000, cooldownMs: 1_500, retryAfterMs: 100 },
  ],
  [
    'booleans as text',
    "router_settings: {enforce_limits: 'no', disable_cooldowns: 'True', enable_tag_filtering: on}\n",
    { enforceLimits: false, disableCooldowns: true, enableTagFiltering: true },
  ],
  [
    'own settings',
    'router_settings: {queue_timeout: 0, fallback_after: 0.5, stream_idle_timeout: 5, deadline: 20}\n',
    { queueTimeoutMs: 0, fallbackAfterMs: 500, streamIdleTimeoutMs: 5_000, deadlineMs: 20_000 },
  ],
  ['a default priority', 'router_settings: {default_priority: -2.5}\n', { defaultPriority: -2 }],
  ['a default priority of nothing', 'router_settings: {default_priority: }\n', { defaultPriority: undefined }],
  ['a built strategy', 'router_settings: {routing_strategy: least-busy}\n', { strategy: 'least-busy' }],
  [
    'a strategy by the title of its page',
    'router_settings: {routing_strategy: rate_limit_aware_v2}\n',
    { strategy: 'usage-based-routing-v2' },
  ],
  [
    'a strategy of LiteLLM alone',
    'router_settings: {routing_strategy: provider-budget-routing}\n',
    { strategy: 'simple-shuffle' },
  ],
  [
    'arguments of the strategy',
    'router_settings: {routing_strategy_args: {ttl: 60, lowest_latency_buffer: 0.5, max_latency_list_size: 3, ttft_percentile: 0.9}}\n',
    { strategyArgs: { ttlMs: 60_000, lowestLatencyBuffer: 0.5, maxLatencyListSize: 3, ttftPercentile: 0.9 } },
  ],
  [
    'no arguments',
    'router_settings: {routing_strategy_args: {}}\n',
    {
      strategyArgs: { ttlMs: 3_600_000, lowestLatencyBuffer: 0, maxLatencyListSize: 10, ttftPercentile: undefined },
    },
  ],
  [
    'a list size of 0',
    'router_settings: {routing_strategy_args: {max_latency_list_size: 0}}\n',
    { strategyArgs: { maxLatencyListSize: 1 } },
  ],
  ['empty sections', 'router_settings:\nlitellm_settings:\ngeneral_settings:\n', { numRetries: 2 }],
];

describe('router settings', () => {
  it.each(ROWS)('come out right for %s', (_what, text, expected) => {
    expect(settings(text)).toMatchObject(expected);
  });

  it("take LiteLLM's constants from the environment where the config is silent", () => {
    const env = {
      DEFAULT_MAX_RETRIES: '1',
      ROUTER_MAX_FALLBACKS: '2',
      REQUEST_TIMEOUT: '9',
      DEFAULT_COOLDOWN_TIME_SECONDS: '7',
      DEFAULT_ALLOWED_FAILS: '4',
    };
    expect(settings('', env)).toMatchObject({
      numRetries: 1,
      maxFallbacks: 2,
      timeoutMs: 9_000,
      cooldownMs: 7_000,
      allowedFails: 4,
    });
  });
});

describe('fallback lists', () => {
  it('take names, maps and a single text, and keep an empty list as a rule', () => {
    const text =
      'router_settings:\n  fallbacks:\n    - a: [b, {model: b, temperature: 0}]\n    - b: a\n    - {a: []}\n';
    expect(settings(text).fallbacks.generic).toEqual([
      {
        from: 'a',
        targets: [
          { model: 'b', overrides: undefined },
          { model: 'b', overrides: { temperature: 0 } },
        ],
      },
      { from: 'b', targets: [{ model: 'a', overrides: undefined }] },
      { from: 'a', targets: [] },
    ]);
  });

  it('are taken from the router where both sections have one, and an empty list counts as none', () => {
    const both =
      'litellm_settings: {fallbacks: [{a: [b]}], context_window_fallbacks: [{a: [b]}], default_fallbacks: [b]}\n';
    expect(
      settings(`${both}router_settings: {fallbacks: [{b: [a]}], context_window_fallbacks: []}\n`).fallbacks,
    ).toMatchObject({
      generic: [{ from: 'b' }],
      contextWindow: [{ from: 'a' }],
      contentPolicy: undefined,
      defaults: [{ model: 'b' }],
    });
  });
});

describe('aliases', () => {
  it('come in both forms', () => {
    const { table } = loadConfigText(
      `${MODELS}router_settings: {model_group_alias: {x: a, y: {model: b, hidden: true}, z: {model: b}}}\n`,
      { env: {} },
    );
    expect([...table.aliases.values()]).toEqual([
      { name: 'x', target: 'a', hidden: false },
      { name: 'y', target: 'b', hidden: true },
      { name: 'z', target: 'b', hidden: false },
    ]);
  });
});

describe('general and litellm settings', () => {
  it('have defaults', () => {
    const { general, litellm } = loadConfigText(MODELS, { env: {} });
    expect(general).toMatchObject({
      masterKey: undefined,
      masterKeyIsStrong: false,
      maxRequestBytes: 104_857_600,
      shutdownGraceMs: 60_000,
      healthCheckIntervalMs: 300_000,
      allowMockTesting: false,
    });
    expect(litellm).toMatchObject({
      jsonLogs: undefined,
      verbose: false,
      exposeRouterDebugInErrors: true,
      sslVerify: true,
    });
  });

  it.each([
    ['sk-1234', false],
    ['short', false],
    ['sk-a-long-key-of-ones-own', true],
    ['no-prefix-but-long-enough', true],
  ])('judge the master key %s by its strength', (key, isStrong) => {
    expect(loadConfigText(`${MODELS}general_settings: {master_key: ${key}}\n`, { env: {} }).general).toMatchObject({
      masterKey: key,
      masterKeyIsStrong: isStrong,
    });
  });

  it('take the master key from the environment when the config has none', () => {
    expect(
      loadConfigText(`${MODELS}general_settings: {master_key: ''}\n`, { env: { LITELLM_MASTER_KEY: 'from-env' } })
        .general.masterKey,
    ).toBe('from-env');
  });

  it('take ssl_verify as a switch or a path', () => {
    const verify = (value: string) =>
      loadConfigText(`${MODELS}litellm_settings: {ssl_verify: ${value}}\n`, { env: {} }).litellm.sslVerify;
    expect([verify('false'), verify('"False"'), verify('/etc/ca.pem')]).toEqual([false, false, '/etc/ca.pem']);
  });
});

describe('hedge', () => {
  it.each([
    ['on', 'on'],
    ['true', 'on'],
    ['off', 'off'],
    ['no', 'off'],
    ['group', 'group'],
  ])('%s is %s', (value, hedge) => {
    expect(settings(`router_settings: {hedge: ${value}}`)).toMatchObject({ hedge });
  });

  it('that is none of these is refused by name', () => {
    const { problems } = loadConfigText(`${MODELS}router_settings: {hedge: often}`, { env: {} });
    expect(problems).toMatchObject([
      { severity: 'error', where: 'router_settings.hedge', what: 'must be on, group or off' },
    ]);
  });
});
