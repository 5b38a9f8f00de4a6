import { describe, expect, it } from 'vitest';
import { loadConfigText } from './load.ts';

const MODEL = 'model_list:\n- model_name: m\n  litellm_params: {model: openai/m, api_key: k';

function load(rest: string, { params = '', info = '' } = {}) {
  const text = `${MODEL}${params}}\n  model_info: {id: d1${info}}\n${rest}`;
  const config = loadConfigText(text, { env: {} });
  const says = config.problems.map(
    ({ line, column, severity, where, what }) => `${line}:${column}: ${severity}: ${where}: ${what}`,
  );
  const [deployment] = config.table.deployments;
  return { settings: config.table.settings, deployment, says };
}

const numbers = (byClass: Record<string, number>, others?: number) => ({
  byClass: new Map(Object.entries(byClass)),
  others,
});

describe('retry policies', () => {
  it('have a number for each class, also as text and 0', () => {
    const { settings, says } = load(
      'router_settings:\n  retry_policy: {BadRequestErrorRetries: 1, TimeoutErrorRetries: "2", RateLimitErrorRetries: 0,' +
        ' AuthenticationErrorRetries: 3, ContentPolicyViolationErrorRetries: 4, InternalServerErrorRetries: 5,' +
        ' ServiceUnavailableErrorRetries: 6, NotFoundErrorRetries: null, DefaultRetries: 7}\n',
    );
    expect(says).toEqual([]);
    expect(settings.retryPolicy).toEqual(
      numbers(
        {
          BadRequestError: 1,
          AuthenticationError: 3,
          Timeout: 2,
          RateLimitError: 0,
          ContentPolicyViolationError: 4,
          InternalServerError: 5,
          ServiceUnavailableError: 6,
        },
        7,
      ),
    );
  });

  it('may stand for each group', () => {
    const { settings, says } = load(
      'router_settings:\n  model_group_retry_policy: {a: {NotFoundErrorRetries: 1}, b: {DefaultRetries: 0}, c: {}, d: null}\n',
    );
    expect(says).toEqual([]);
    expect([...settings.groupRetryPolicies]).toEqual([
      ['a', numbers({ NotFoundError: 1 })],
      ['b', numbers({}, 0)],
    ]);
  });

  it('are not there when nothing is set', () => {
    for (const rest of ['', 'router_settings: {retry_policy: {}, model_group_retry_policy: null}\n']) {
      const { settings } = load(rest);
      expect([settings.retryPolicy, settings.groupRetryPolicies.size]).toEqual([undefined, 0]);
      expect([settings.retriesPerRequest, settings.weightedFailover]).toEqual([undefined, false]);
    }
  });

  it('name a field that nobody knows, and a value that is no number', () => {
    const { settings, says } = load(
      'router_settings:\n  retry_policy:\n    RateLimitErorRetries: 3\n    TimeoutErrorRetries: often\n' +
        '  model_group_retry_policy:\n    m:\n      DefaultRetry: 1\n    n: 3\n',
    );
    expect(says).toEqual([
      '7:5: warning: router_settings.retry_policy.RateLimitErorRetries: unknown field, it has no effect (did you mean "RateLimitErrorRetries"?)',
      '8:26: error: router_settings.retry_policy.TimeoutErrorRetries: must be a whole number, 0 or more, but this is text',
      '11:7: warning: router_settings.model_group_retry_policy.m.DefaultRetry: unknown field, it has no effect (did you mean "DefaultRetries"?)',
      '12:8: error: router_settings.model_group_retry_policy.n: must be a map, but this is a number',
    ]);
    expect(settings.retryPolicy).toBeUndefined();
  });

  it('stand beside a cap for the whole request and the failover inside a group', () => {
    const { settings, says } = load(
      'router_settings: {enable_weighted_failover: true}\nlitellm_settings: {num_retries_per_request: 0}\n',
    );
    expect(says).toEqual([]);
    expect([settings.retriesPerRequest, settings.weightedFailover]).toEqual([0, true]);
  });
});

describe('allowed_fails_policy', () => {
  const limit = (exceptionClass: string, allowedFails: number, isOwn: boolean) => ({
    exceptionClass,
    allowedFails,
    isOwn,
  });

  it('of the router is that of every deployment, class by class beneath its own', () => {
    const { deployment, says } = load(
      'router_settings:\n  allowed_fails_policy: {TimeoutErrorAllowedFails: 1, BadGatewayErrorAllowedFails: 0}\n',
      {
        info: ', allowed_fails: 4, allowed_fails_policy: {TimeoutErrorAllowedFails: 9, BadRequestErrorAllowedFails: 2}',
      },
    );
    expect(says).toEqual([]);
    expect(deployment?.allowedFails).toBe(4);
    expect(deployment?.failLimits).toEqual([
      limit('Timeout', 9, true),
      limit('BadGatewayError', 0, false),
      limit('BadRequestError', 2, true),
    ]);
  });

  it('is nothing where it is not set', () => {
    expect(load('').deployment).toMatchObject({ allowedFails: undefined, failLimits: [] });
  });

  it('names a field that nobody knows', () => {
    const { says } = load('router_settings:\n  allowed_fails_policy: {DefaultAllowedFails: 1}\n', {
      info: ', allowed_fails_policy: {TimeoutAllowedFails: 1}',
    });
    expect(says).toEqual([
      '4:47: warning: model_list[0].model_info.allowed_fails_policy.TimeoutAllowedFails: unknown field, it has no effect (did you mean "TimeoutErrorAllowedFails"?)',
      '6:26: warning: router_settings.allowed_fails_policy.DefaultAllowedFails: unknown field, it has no effect',
    ]);
  });
});

describe('timeouts by service tier', () => {
  it('are seconds for each tier; 0 is not set', () => {
    const { deployment, says } = load('', {
      params:
        ', timeout_by_service_tier: {flex: 900, auto: 0, default: "1.5"}, stream_timeout_by_service_tier: {flex: 30}',
    });
    expect(says).toEqual([]);
    expect([...(deployment?.timeoutByTierMs ?? [])]).toEqual([
      ['flex', 900_000],
      ['default', 1_500],
    ]);
    expect([...(deployment?.streamTimeoutByTierMs ?? [])]).toEqual([['flex', 30_000]]);
  });

  it('are not there where nothing is set, and name a value that is no number', () => {
    expect(load('').deployment).toMatchObject({ timeoutByTierMs: undefined, streamTimeoutByTierMs: undefined });
    const { deployment, says } = load('', { params: ', timeout_by_service_tier: {flex: soon, auto: null}' });
    expect(deployment?.timeoutByTierMs).toBeUndefined();
    expect(says).toEqual([
      '3:81: error: model_list[0].litellm_params.timeout_by_service_tier.flex: must be a number of seconds, 0 or more, but this is text',
    ]);
  });
});
