import { expect, it } from 'vitest';
import { plainIntent } from '../core/request-intent.ts';
import { readIntent } from './read-intent.ts';
import { readGroupRetryPolicies } from './read-retry-policies.ts';

it.each<[string, unknown]>([
  ['nothing', undefined],
  ['no object', [{ model_group_retry_policy: { g: { DefaultRetries: 1 } } }]],
  ['another setting', { num_retries: 3 }],
  ['no map of groups', { model_group_retry_policy: 3 }],
  ['groups without a policy', { model_group_retry_policy: { g: null, h: 3, i: {} } }],
  ['fields that nobody knows', { model_group_retry_policy: { g: { Retries: 3 } } }],
  [
    'numbers that are none',
    { model_group_retry_policy: { g: { DefaultRetries: '3', TimeoutErrorRetries: -1, RateLimitErrorRetries: 1.5 } } },
  ],
])('an override that says %s is no policy', (_, override) => {
  expect(readGroupRetryPolicies(override)).toBeUndefined();
});

it('an override has numbers by group and class', () => {
  const override = {
    model_group_retry_policy: {
      g: { TimeoutErrorRetries: 2, BadRequestErrorRetries: 0 },
      h: { DefaultRetries: 1 },
      i: {},
    },
  };
  expect([...(readGroupRetryPolicies(override) ?? [])]).toEqual([
    [
      'g',
      {
        byClass: new Map([
          ['BadRequestError', 0],
          ['Timeout', 2],
        ]),
        others: undefined,
      },
    ],
    ['h', { byClass: new Map(), others: 1 }],
  ]);
});

it('the body of a request brings it, and its service tier', () => {
  const members = new Map<string, unknown>([
    ['service_tier', 'flex'],
    ['router_settings_override', { model_group_retry_policy: { g: { DefaultRetries: 4 } } }],
  ]);
  const body = { keys: () => members.keys(), get: (key: string) => members.get(key), promptTokens: 3 };
  const basics = { model: 'g', stream: false, maxTokens: undefined };
  const headers = { timeout: undefined, streamTimeout: undefined, numRetries: undefined, tags: undefined };
  expect(readIntent(basics, body, headers)).toMatchObject({
    ...plainIntent(basics, 3),
    routing: {},
    serviceTier: 'flex',
    groupRetryPolicies: new Map([['g', { byClass: new Map(), others: 4 }]]),
  });
  members.set('service_tier', 7);
  expect(readIntent(basics, body, headers)).toMatchObject({ serviceTier: undefined });
});

it('a client gets at most 100 retries, however it asks for them', () => {
  const override = { model_group_retry_policy: { g: { TimeoutErrorRetries: 1e9, DefaultRetries: 101 } } };
  expect(readGroupRetryPolicies(override)?.get('g')).toEqual({ byClass: new Map([['Timeout', 100]]), others: 100 });
  const basics = { model: 'g', stream: false, maxTokens: undefined };
  const none = { timeout: undefined, streamTimeout: undefined, numRetries: undefined, tags: undefined };
  const body = (value: unknown) => ({ keys: () => ['num_retries'], get: () => value, promptTokens: 3 });
  for (const [asked, expected] of [
    [1e9, 100],
    [100, 100],
    ['7', 7],
    [-1, 0],
  ] as const) {
    expect(readIntent(basics, body(asked), none)).toMatchObject({ numRetries: expected });
    const headers = { ...none, numRetries: String(asked) };
    expect(readIntent(basics, body(null), headers)).toMatchObject({ numRetries: expected });
  }
});
