import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  blame,
  FAILURES,
  fallbacks,
  groupsOf,
  plain,
  play,
  rules,
  statusOf,
  targetsOf,
  world,
  type Word,
  type World,
} from '../../test/support/play-plan.ts';
import type { DeploymentSketch } from '../../test/support/routing-fixture.ts';
import { seededRng } from '../../test/support/seeded-rng.ts';
import { classifyAnswer, classifyBroken } from './classify.ts';
import { BLOCKED } from './deployment.ts';
import { inFlight } from './fleet/operations.ts';
import { createPlan } from './plan.ts';
import type { RequestIntent } from './request-intent.ts';
import type { FallbackTarget } from './routing-table.ts';

describe('retries inside a group', () => {
  // Attempts as LiteLLM 1.106 makes them with two retries; where Loadstone differs on purpose the row says so.
  const rows: { word: Word; one: number; two: number; note?: string }[] = [
    { word: 'e400', one: 1, two: 1 },
    { word: 'e401', one: 1, two: 2, note: '1.106: 3, it asks a deployment again that has refused the key' },
    { word: 'e402', one: 1, two: 2, note: '1.106: 1, it takes an empty account for the fault of the request' },
    { word: 'e403', one: 1, two: 3, note: '1.106 asks even a lone deployment three times' },
    { word: 'e404', one: 1, two: 1 },
    { word: 'noModel', one: 1, two: 2, note: '1.106: 1, although only this deployment is misconfigured' },
    { word: 'e408', one: 3, two: 3 },
    { word: 'e409', one: 3, two: 3 },
    { word: 'e422', one: 1, two: 1 },
    { word: 'e429', one: 3, two: 3 },
    { word: 'e500', one: 3, two: 3 },
    { word: 'e503', one: 3, two: 3 },
    { word: 'timeout', one: 3, two: 3 },
    { word: 'window', one: 1, two: 1 },
    { word: 'policy', one: 1, two: 1 },
  ];
  it.each(rows)('$word: $one attempts on a lone deployment, $two in a group of two', ({ word, one, two }) => {
    const alone = play(world({ m: 1 }), [word]);
    const pair = play(world({ m: 2 }), [word]);
    expect([alone.attempts.length, pair.attempts.length]).toEqual([one, two]);
    expect([statusOf(alone), statusOf(pair)]).toEqual([
      FAILURES[word as keyof typeof FAILURES].status,
      FAILURES[word as keyof typeof FAILURES].status,
    ]);
  });

  const counts: [string, Partial<RequestIntent>, DeploymentSketch, number][] = [
    ['the router', {}, {}, 3],
    ['the deployment', {}, { numRetries: 0 }, 1],
    ['the deployment, more', {}, { numRetries: 4 }, 5],
    ['the request, none', { numRetries: 0 }, { numRetries: 4 }, 1],
    ['the request, more', { numRetries: 4 }, { numRetries: 0 }, 5],
  ];
  it.each(counts)('are counted by %s', (_who, intent, sketch, attempts) => {
    expect(play(world({ m: [sketch, sketch] }), ['e500'], { intent }).attempts).toHaveLength(attempts);
  });

  it('go to deployments that were not tried yet, without a pause', () => {
    const run = play(world({ m: 3 }), ['e500', 'e500', 'ok']);
    expect(new Set(run.attempts.map(({ deployment }) => deployment)).size).toBe(3);
    expect(run.waits).toEqual([]);
    expect(run.attempts.map(({ retries }) => retries)).toEqual([0, 1, 2]);
  });

  it('of a lone deployment come after a pause that grows', () => {
    const run = play(world({ m: 1 }), ['e500', 'e500', 'ok']);
    expect(run.waits.map(({ reason }) => reason)).toEqual(['backoff', 'backoff']);
    expect(run.waits[0]?.ms).toBeLessThanOrEqual(500);
    expect(run.waits[1]?.ms).toBeLessThanOrEqual(1_000);
  });

  it('of a lone deployment wait for the time that it named, and show it when that is too long', () => {
    const short = play(world({ m: 1 }), ['e429after1', 'ok']);
    expect(short.result).toBe('success');
    expect(short.waits).toEqual([{ reason: 'retry-after', ms: 1_000 }]);
    const long = play(world({ m: 1 }), ['e429after90']);
    expect(long.attempts).toHaveLength(1);
    expect(long.result).toMatchObject({ status: 429, retryAfterMs: 90_000 });
  });

  it('are not made for a request that must not be sent twice', () => {
    expect(play(world({ m: 2 }), ['e500', 'ok'], { intent: { retryUnsafe: true } }).attempts).toHaveLength(1);
  });

  it('are not made for a deployment that was asked for by its id, or pinned', () => {
    expect(play(world({ m: 2 }), ['e500'], { intent: { model: 'm-1' } }).attempts.map((a) => a.deployment)).toEqual([
      1,
    ]);
    expect(play(world({ m: 2 }), ['e500'], { intent: { pinned: 0 } }).attempts.map((a) => a.deployment)).toEqual([0]);
  });

  it('end with the error seen last', () => {
    const run = play(world({ m: 2 }), { 'm-0': ['e500'], 'm-1': ['e400'] }, { seed: 3 });
    expect(statusOf(run)).toBe(400);
  });

  it('go to a larger window when the prompt did not fit, and nowhere else', () => {
    const sizes = [
      { maxInputTokens: 8_000, weight: 1_000_000 },
      { maxInputTokens: 8_000 },
      { maxInputTokens: 100_000 },
    ];
    const run = play(world({ m: sizes }), { 'm-0': ['window'], 'm-1': ['window'], 'm-2': ['ok'] });
    expect(run.result).toBe('success');
    expect(run.attempts.at(-1)?.deployment).toBe(2);
    expect(run.attempts).toHaveLength(2);
  });
});

describe('fallbacks', () => {
  const none = { numRetries: 0 };
  const generic = (lists: Record<string, (string | FallbackTarget)[]>, more: object = {}) => ({
    settings: { ...none, fallbacks: fallbacks(lists, more) },
  });

  it.each(['e400', 'e401', 'e403', 'e404', 'e408', 'e422', 'e429', 'e500', 'timeout'] as const)('serve %s', (word) => {
    const run = play(world({ m: 1, ok: 1 }, generic({ m: ['ok'] })), { m: [word] });
    expect(run.result).toBe('success');
    expect(run.attempts.at(-1)).toMatchObject({ group: 'ok', fallbacks: 1, retries: 0, upstreamModel: 'ok' });
  });

  interface Walk {
    name: string;
    lists: Record<string, (string | FallbackTarget)[]>;
    model: string;
    bad: string[];
    groups: string[];
    count?: number;
    status?: number;
    intent?: Partial<RequestIntent>;
  }
  const walks: Walk[] = [
    {
      name: 'a chain of lists counts as one',
      lists: { a: ['b'], b: ['c'], c: ['ok'] },
      model: 'a',
      bad: ['a', 'b', 'c'],
      groups: ['a', 'b', 'c', 'ok'],
      count: 1,
    },
    {
      name: 'a target without a list goes on in the list it came from',
      lists: { a: ['b', 'c', 'ok'] },
      model: 'a',
      bad: ['a', 'b', 'c'],
      groups: ['a', 'b', 'c', 'ok'],
      count: 1,
    },
    {
      name: 'a list that names its own group skips it',
      lists: { a: ['a', 'ok'] },
      model: 'a',
      bad: ['a'],
      groups: ['a', 'ok'],
      count: 1,
    },
    {
      name: 'a circle ends',
      lists: { a: ['b'], b: ['a'] },
      model: 'a',
      bad: ['a', 'b'],
      groups: ['a', 'b'],
      status: 500,
    },
    {
      name: 'an unknown target is passed over',
      lists: { a: ['nobody', 'ok'] },
      model: 'a',
      bad: ['a'],
      groups: ['a', 'ok'],
      count: 1,
    },
    {
      name: 'a deployment id is a target',
      lists: { a: ['ok-0'] },
      model: 'a',
      bad: ['a'],
      groups: ['a', 'ok-0'],
      count: 1,
    },
    {
      name: 'everything fails: the first error',
      lists: { a: ['b', 'c'] },
      model: 'a',
      bad: ['a', 'b', 'c'],
      groups: ['a', 'b', 'c'],
      status: 500,
    },
    { name: 'no list', lists: { b: ['ok'] }, model: 'a', bad: ['a'], groups: ['a'], status: 500 },
    { name: '* serves the rest', lists: { '*': ['ok'] }, model: 'a', bad: ['a'], groups: ['a', 'ok'], count: 1 },
    {
      name: 'a name of its own beats *',
      lists: { '*': ['b'], a: ['ok'] },
      model: 'a',
      bad: ['a'],
      groups: ['a', 'ok'],
      count: 1,
    },
    {
      name: 'a list of the body serves every group',
      lists: { a: ['c'] },
      model: 'a',
      bad: ['a', 'b', 'c'],
      groups: ['a', 'b', 'ok'],
      count: 1,
      intent: { fallbacks: { kind: 'targets', targets: targetsOf(['b', 'ok']) } },
    },
    {
      name: 'rules of the body replace those of the config',
      lists: { a: ['ok'] },
      model: 'a',
      bad: ['a'],
      groups: ['a'],
      status: 500,
      intent: { fallbacks: { kind: 'rules', rules: rules({ other: ['ok'] }) } },
    },
    {
      name: 'rules of the body are looked up by group',
      lists: {},
      model: 'a',
      bad: ['a'],
      groups: ['a', 'ok'],
      count: 1,
      intent: { fallbacks: { kind: 'rules', rules: rules({ a: ['ok'] }) } },
    },
    {
      name: 'disable_fallbacks',
      lists: { a: ['ok'] },
      model: 'a',
      bad: ['a'],
      groups: ['a'],
      status: 500,
      intent: { disableFallbacks: true },
    },
    {
      name: 'max_fallbacks 0',
      lists: { a: ['ok'] },
      model: 'a',
      bad: ['a'],
      groups: ['a'],
      status: 500,
      intent: { maxFallbacks: 0 },
    },
    {
      name: 'max_fallbacks 1 bounds the depth',
      lists: { a: ['b'], b: ['ok'] },
      model: 'a',
      bad: ['a', 'b'],
      groups: ['a', 'b'],
      status: 500,
      intent: { maxFallbacks: 1 },
    },
    {
      name: 'max_fallbacks 1 does not bound one list',
      lists: { a: ['b', 'c', 'ok'], b: ['d'] },
      model: 'a',
      bad: ['a', 'b', 'c'],
      groups: ['a', 'b', 'c', 'ok'],
      count: 3,
      intent: { maxFallbacks: 1 },
    },
    {
      name: 'an alias inherits the list of its group',
      lists: { a: ['ok'] },
      model: 'alias-of-a',
      bad: ['alias-of-a'],
      groups: ['alias-of-a', 'ok'],
      count: 1,
    },
  ];
  it.each(walks)('$name', ({ lists, model, bad, groups, count, status, intent }) => {
    const table = world(
      { a: 1, b: 1, c: 1, d: 1, ok: 1 },
      { ...generic(lists), aliases: [{ name: 'alias-of-a', target: 'a', hidden: false }] },
    );
    const run = play(table, Object.fromEntries(bad.map((group) => [group, ['e500'] as Word[]])), {
      intent: { model, ...intent },
    });
    expect(groupsOf(run)).toEqual(groups);
    if (count !== undefined) expect(run.attempts.at(-1)?.fallbacks).toBe(count);
    expect(statusOf(run)).toBe(status ?? 200);
  });

  it('stop five levels deep', () => {
    const names = Array.from({ length: 9 }, (_, nth) => `g${nth}`);
    const lists = Object.fromEntries(names.slice(0, -1).map((name, nth) => [name, [`g${nth + 1}`]]));
    const groups = Object.fromEntries(names.map((name) => [name, 1]));
    expect(play(world(groups, generic(lists)), ['e500'], { intent: { model: 'g0' } }).attempts).toHaveLength(6);
  });

  it('find the lists of defaults, of wildcard names, and with or without a provider prefix', () => {
    const wild = world({ 'w/*': 1, ok: 1 }, generic({ 'w/x': ['ok'] }));
    expect(groupsOf(play(wild, { 'w/x': ['e500'] }, { intent: { model: 'w/x' } }))).toEqual(['w/x', 'ok']);
    expect(statusOf(play(wild, { 'w/y': ['e500'] }, { intent: { model: 'w/y' } }))).toBe(500);
    const defaults = world({ m: 1, bad: 1, ok: 1 }, generic({}, { defaults: targetsOf(['bad', 'ok']) }));
    expect(groupsOf(play(defaults, { m: ['e500'], bad: ['e500'] }))).toEqual(['m', 'bad', 'ok']);
    expect(groupsOf(play(defaults, { bad: ['e500'] }, { intent: { model: 'bad' } }))).toEqual(['bad', 'ok']);
    const prefixed = world({ 'gpt-4o': 1, ok: 1 }, generic({ 'openai/gpt-4o': ['ok'] }));
    expect(groupsOf(play(prefixed, { 'gpt-4o': ['e500'] }, { intent: { model: 'gpt-4o' } }))).toEqual(['gpt-4o', 'ok']);
    const bare = world({ 'openai/x': 1, ok: 1 }, generic({ x: ['ok'] }));
    expect(groupsOf(play(bare, { 'openai/x': ['e500'] }, { intent: { model: 'openai/x' } }))).toEqual([
      'openai/x',
      'ok',
    ]);
  });

  it('carry the fields that a target replaces', () => {
    const overrides = { temperature: 0.7 };
    const run = play(world({ m: 1, ok: 1 }, generic({ m: [{ model: 'ok', overrides }] })), { m: ['e500'] });
    expect(run.attempts.map((attempt) => attempt.overrides)).toEqual([undefined, overrides]);
  });

  it('come after the retries of the group, and retry themselves', () => {
    const table = world({ m: 2, next: 2 }, { settings: { numRetries: 1, fallbacks: fallbacks({ m: ['next'] }) } });
    const run = play(table, { m: ['e500'], next: ['e500', 'ok'] });
    expect(run.attempts.map(({ group, retries, fallbacks: count }) => [group, retries, count])).toEqual([
      ['m', 0, 0],
      ['m', 1, 0],
      ['next', 0, 1],
      ['next', 1, 1],
    ]);
  });

  it('of overflows and refusals are their own lists, never the generic ones', () => {
    const lists = { contextWindow: rules({ m: ['big'] }), contentPolicy: rules({ m: ['big'] }) };
    const own = world({ m: 1, n: 1, ok: 1, big: 1 }, generic({ m: ['ok'], n: ['ok'] }, lists));
    for (const word of ['window', 'policy'] as const) {
      expect(groupsOf(play(own, { m: [word] }))).toEqual(['m', 'big']);
      expect(statusOf(play(own, { n: [word] }, { intent: { model: 'n' } }))).toBe(400);
    }
    const without = world({ m: 1, ok: 1 }, generic({ m: ['ok'] }));
    for (const word of ['window', 'policy'] as const) expect(statusOf(play(without, { m: [word] }))).toBe(400);
  });

  it('of overflows may stand in the body', () => {
    const table = world({ m: 1, big: 1 }, generic({}));
    const contextWindowFallbacks = { kind: 'rules', rules: rules({ m: ['big'] }) } as const;
    expect(groupsOf(play(table, { m: ['window'] }, { intent: { contextWindowFallbacks } }))).toEqual(['m', 'big']);
  });

  it('come before a wait that is longer than fallback_after, and after a shorter one', () => {
    const settings = { numRetries: 2, fallbacks: fallbacks({ m: ['ok'] }) };
    const long = play(world({ m: 1, ok: 1 }, { settings }), { m: ['e429after5', 'ok'] });
    expect([groupsOf(long), long.waits]).toEqual([['m', 'ok'], []]);
    const short = play(world({ m: 1, ok: 1 }, { settings }), { m: ['e429after1', 'ok'] });
    expect(groupsOf(short)).toEqual(['m', 'm']);
  });

  it('that all fail leave the wait that was put off', () => {
    const settings = { numRetries: 1, fallbacks: fallbacks({ m: ['b'] }) };
    const run = play(world({ m: 1, b: 2 }, { settings }), { m: ['e429after5', 'ok'], b: ['e400'] });
    expect(groupsOf(run)).toEqual(['m', 'b', 'm']);
    expect(run.result).toBe('success');
    expect(run.attempts.at(-1)).toMatchObject({ retries: 1, fallbacks: 0 });
  });

  it('that all fail are over: what the wait brings is the end', () => {
    const settings = { numRetries: 1, fallbacks: fallbacks({ m: ['b'] }) };
    const run = play(world({ m: 1, b: 2 }, { settings }), { m: ['e429after5', 'e503'], b: ['e400', 'ok'] });
    expect(groupsOf(run)).toEqual(['m', 'b', 'm']);
    expect(run.result).toMatchObject({ status: 503 });
  });

  it('include the next order level of the group, which counts as one', () => {
    const levels = [{ order: 1 }, { order: 2 }, { order: 3 }];
    const run = play(world({ m: levels, ok: 1 }, generic({ m: ['ok'] })), { m: ['e500'] });
    expect(run.attempts.map(({ deployment, group, fallbacks: count }) => [deployment, group, count])).toEqual([
      [0, 'm', 0],
      [1, 'm', 1],
      [2, 'm', 2],
      [3, 'ok', 3],
    ]);
  });

  it('keep the error of the model that was asked for, with notes of the rest', () => {
    const run = play(world({ m: 1, b: 1 }, generic({ m: ['b'] })), { m: ['e503'], b: ['e401'] });
    expect(run.result).toMatchObject({ status: 503 });
    expect(run.result !== 'success' && run.result.message).toMatch(
      /Received Model Group=m\nAvailable Model Group Fallbacks=\['b'\]\nFallback to b also failed: litellm\.AuthenticationError/,
    );
    expect(run.plan.failures.map(({ status }) => status)).toEqual([503, 401]);
    const quiet = play(world({ m: 1 }, generic({})), ['e503'], { context: { exposeRouterDebug: false } });
    expect(quiet.result !== 'success' && quiet.result.message).not.toContain('Received Model Group');
  });
});

describe('mock failures', () => {
  const settings = {
    fallbacks: fallbacks({ a: ['b'] }, { contextWindow: rules({ a: ['c'] }), contentPolicy: rules({ a: ['c'] }) }),
  };
  const groups = { a: 2, b: 1, c: 1 };
  const rows: [string, Partial<RequestIntent>, { groups: string[]; retries?: number; status?: number }][] = [
    ['a rate limit is retried', { model: 'a', mockFailure: 'rate_limit' }, { groups: ['a'], retries: 1 }],
    [
      'a rate limit on a lone deployment is retried',
      { model: 'b', mockFailure: 'rate_limit' },
      { groups: ['b'], retries: 1 },
    ],
    [
      'a rate limit without retries meets every fallback',
      { model: 'a', mockFailure: 'rate_limit', numRetries: 0 },
      { groups: [], status: 429 },
    ],
    ['a failure goes to the fallbacks', { model: 'a', mockFailure: 'fallbacks' }, { groups: ['b'], retries: 0 }],
    ['an overflow goes to its list', { model: 'a', mockFailure: 'context_window' }, { groups: ['c'], retries: 0 }],
    ['a refusal goes to its list', { model: 'a', mockFailure: 'content_policy' }, { groups: ['c'], retries: 0 }],
    ['a failure without a fallback is shown', { model: 'b', mockFailure: 'fallbacks' }, { groups: [], status: 500 }],
    ['an overflow without a list is shown', { model: 'b', mockFailure: 'context_window' }, { groups: [], status: 400 }],
    [
      'a failure with fallbacks disabled is shown',
      { model: 'a', mockFailure: 'fallbacks', disableFallbacks: true },
      { groups: [], status: 500 },
    ],
  ];
  it.each(rows)('%s', (_name, intent, expected) => {
    const run = play(world(groups, { settings }), ['ok'], { intent });
    expect(groupsOf(run)).toEqual(expected.groups);
    expect(statusOf(run)).toBe(expected.status ?? 200);
    if (expected.retries !== undefined) expect(run.attempts[0]?.retries).toBe(expected.retries);
    if (expected.status === 429) expect(run.result).toMatchObject({ type: 'throttling_error', code: '429' });
  });
});

describe('a shortage', () => {
  it('of an unknown model is a 400 that names the route, or the router behind a wildcard', () => {
    const closed = play(world({ 'gpt-4': 1 }), ['ok'], { intent: { model: 'gpt-5' } });
    expect(closed.result).toMatchObject({ status: 400, type: 'invalid_request_error', param: null, code: '400' });
    expect(closed.result !== 'success' && closed.result.message).toMatch(
      /^\/chat\/completions: Invalid model name passed in model=gpt-5\..*Did you mean `gpt-4`/,
    );
    const open = play(world({ 'w/*': 1 }), ['ok'], { intent: { model: 'nobody' } });
    expect(open.result !== 'success' && open.result.message).toContain(
      'You passed in model=nobody. There are no healthy deployments for this model',
    );
  });

  it('after every deployment refused the key is LiteLLM’s cooldown error with the remaining time', () => {
    const there = world({ m: 1 });
    expect(statusOf(play(there, ['e401']))).toBe(401);
    const next = play(there, ['ok'], { startMs: 2_010 });
    expect(next.attempts).toEqual([]);
    expect(next.result).toMatchObject({ status: 429, type: 'all_deployments_in_cooldown', retryAfterMs: 4_000 });
    expect(next.result !== 'success' && next.result.message).toMatch(
      /^No deployments available for selected model, Try again in 4 seconds\. All deployments for selected model are in cooldown\. Passed model=m\. pre-call-checks=False, cooldown_list=\['m-0'\]/,
    );
    expect(play(there, ['ok'], { startMs: 7_000 }).result).toBe('success');
  });

  it('that a provider put a time on is waited for, within queue_timeout', () => {
    const refusing = (): World => {
      const there = world({ m: 2 }, { settings: { numRetries: 0 } });
      play(there, ['e429after5'], { startMs: 1_000 });
      play(there, ['e429after5'], { startMs: 1_020 });
      return there;
    };
    const run = play(refusing(), ['ok'], { startMs: 2_000 });
    expect(run.result).toBe('success');
    expect(run.waits).toEqual([{ reason: 'retry-after', ms: expect.closeTo(4_010, 0) }]);
    const impatient = play(refusing(), ['ok'], { startMs: 2_000, intent: { timeoutMs: 1_000 } });
    expect(impatient.result).toMatchObject({ status: 429, type: 'all_deployments_in_cooldown' });
  });

  it('of which nobody knows the end is refused at once', () => {
    const there = world({ m: 2 }, { settings: { numRetries: 0 } });
    play(there, ['e429'], { startMs: 1_000 });
    play(there, ['e429'], { startMs: 1_020 });
    const run = play(there, ['ok'], { startMs: 2_000 });
    expect([run.attempts, run.waits]).toEqual([[], []]);
    expect(run.result).toMatchObject({ status: 429, type: 'all_deployments_in_cooldown' });
  });

  it('of units is waited for, and refused with the true time when that is too long', () => {
    const limited = { limits: { rpm: 1 } };
    const there = world({ m: [limited] }, { settings: { numRetries: 0 } });
    expect(play(there, ['ok'], { startMs: 1_000 }).result).toBe('success');
    const refused = play(there, ['ok'], { startMs: 2_000 });
    expect(refused.result).toMatchObject({ status: 429, type: 'throttling_error' });
    expect(refused.result !== 'success' && refused.result.retryAfterMs).toBeCloseTo(59_000, 0);
    const waited = play(there, ['ok'], { startMs: 55_000 });
    expect(waited.waits).toEqual([{ reason: 'capacity', ms: expect.closeTo(6_000, 0) }]);
    expect(waited.result).toBe('success');
  });

  it('goes to a fallback rather than wait longer than fallback_after', () => {
    const settings = { numRetries: 0, fallbacks: fallbacks({ m: ['ok'] }) };
    const there = world({ m: [{ limits: { rpm: 1 } }], ok: 1 }, { settings });
    expect(groupsOf(play(there, ['ok'], { startMs: 1_000 }))).toEqual(['m']);
    expect(groupsOf(play(there, ['ok'], { startMs: 55_000 }))).toEqual(['ok']);
    expect(groupsOf(play(there, ['ok'], { startMs: 59_500 }))).toEqual(['m']);
  });

  it('of tags, windows and rotation each have their own error', () => {
    const tags = world({ m: [{ tags: ['free'] }] }, { settings: { enableTagFiltering: true } });
    expect(play(tags, ['ok'], { intent: { tags: ['paid'] } }).result).toMatchObject({
      status: 401,
      type: 'internal_server_error',
    });
    const windows = world({ m: [{ maxInputTokens: 5 }], big: 1 }, { settings: { enablePreCallChecks: true } });
    expect(play(windows, ['ok']).result).toMatchObject({ status: 400, cause: 'context_window' });
    const rotation = world({ m: [{ outOfRotation: 'api_base is a placeholder' }] });
    const { result } = play(rotation, ['ok']);
    expect(result).toMatchObject({ status: 500 });
    expect(result !== 'success' && result.message).toContain('api_base is a placeholder');
  });

  it('of blocked deployments is a 403, unless a fallback answers', () => {
    const blocked = { outOfRotation: BLOCKED };
    const result = play(world({ m: [blocked, blocked] }), ['ok']).result;
    expect(result).toMatchObject({ status: 403, type: 'permission_error', cause: 'misconfigured' });
    expect(result !== 'success' && result.message).toContain('Model is blocked');
    const mixed = play(world({ m: [blocked, { outOfRotation: 'api_base is a placeholder' }] }), ['ok']).result;
    expect(mixed).toMatchObject({ status: 500 });
    const settings = { fallbacks: fallbacks({ m: ['b'] }) };
    expect(groupsOf(play(world({ m: [blocked], b: 1 }, { settings }), ['ok']))).toEqual(['b']);
  });

  it('of a blocked deployment that a fallback names by its id is a pause', () => {
    const blocked = { id: 'b-1', outOfRotation: BLOCKED };
    const settings = { fallbacks: fallbacks({ m: ['b-1'] }), numRetries: 0 };
    const { plan } = play(world({ m: 1, b: [blocked] }, { settings }), ['e500']);
    expect(plan.failures.map(({ status }) => status)).toEqual([500, 503]);
    expect(plan.failures[1]?.message).toContain('b-1 is currently paused');
    const toGroup = play(
      world({ m: 1, b: [blocked] }, { settings: { ...settings, fallbacks: fallbacks({ m: ['b'] }) } }),
      ['e500'],
    );
    expect(toGroup.plan.failures.map(({ status }) => status)).toEqual([500, 403]);
    const byId = play(world({ b: [blocked] }), ['ok'], { intent: { model: 'b-1' } }).result;
    expect(byId).toMatchObject({ status: 403 });
  });
});

describe('a deadline', () => {
  it('ends the request and shortens every timer', () => {
    const there = world({ m: 1 }, { settings: { deadlineMs: 300, numRetries: 50, retryAfterMs: 100 } });
    const run = play(there, ['e500'], { startMs: 0 });
    expect(run.endedAtMs).toBeLessThanOrEqual(300);
    expect(statusOf(run)).toBe(500);
    expect(run.attempts[0]?.timeouts.totalMs).toBe(300);
    expect(run.attempts.at(-1)?.timeouts.totalMs).toBeLessThan(300);
  });
});

describe('after content', () => {
  it('nothing is tried again, whatever is configured', () => {
    const { table, fleet } = world({ m: 2, ok: 1 }, { settings: { fallbacks: fallbacks({ m: ['ok'] }) } });
    const plan = createPlan({ table, fleet, intent: plain, routeName: '/chat/completions', startedAtMs: 0 });
    const rng = seededRng(1);
    expect(plan.next(0, rng).kind).toBe('attempt');
    plan.record({ kind: 'failure', failure: FAILURES.e500, committed: true, unsent: false }, 5, rng);
    expect(plan.next(6, rng)).toMatchObject({ kind: 'fail', failure: { message: FAILURES.e500.message } });
  });
});

describe('whatever upstreams answer', () => {
  // `unsupported` costs no upstream call and therefore no retry.
  const counted = (Object.keys(FAILURES) as Word[]).filter((word) => word !== 'unsupported');
  const words = fc.constantFrom<Word>('ok', ...counted);
  const scripts = fc.dictionary(fc.constantFrom('m', 'b', 'c', 'ok'), fc.array(words, { minLength: 1, maxLength: 4 }));

  it('a request ends, leaves nothing in flight and stays within its counts', () => {
    fc.assert(
      fc.property(scripts, fc.nat({ max: 3 }), fc.integer(), (script, numRetries, seed) => {
        const there = world(
          { m: 2, b: 1, c: 3, ok: 1 },
          { settings: { numRetries, fallbacks: fallbacks({ m: ['b', 'c'], b: ['ok', 'm'] }) } },
        );
        const run = play(there, script, { seed });
        there.table.deployments.forEach((_, index) => expect(inFlight(there.fleet, index)).toBe(0));
        const perGroup = Map.groupBy(run.attempts, ({ group }) => group);
        for (const attempts of perGroup.values()) expect(attempts.length).toBeLessThanOrEqual(numRetries + 1);
        expect(run.plan.attempts).toBe(run.attempts.length);
      }),
    );
  });

  it('no caller’s own limits or credentials ever keep a later request away', () => {
    const late = classifyBroken(
      { kind: 'timeout', phase: 'headers', code: 'ATTEMPT_TIMEOUT', message: 'late' },
      { ...blame, setByCaller: true },
    );
    const refused = classifyAnswer({
      ...blame,
      callerCredentials: true,
      status: 401,
      header: () => undefined,
      body: '',
      badAnswer: undefined,
    });
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(late, refused, FAILURES.e400, FAILURES.window, FAILURES.policy), { maxLength: 40 }),
        (failures) => {
          const there = world({ m: 1 }, { settings: { numRetries: 0 } });
          const rng = seededRng(1);
          failures.forEach((failure, nth) => {
            const plan = createPlan({ ...there, intent: plain, routeName: '/r', startedAtMs: nth });
            expect(plan.next(nth, rng).kind).toBe('attempt');
            plan.record({ kind: 'failure', failure, committed: false, unsent: false }, nth, rng);
          });
          expect(play(there, ['ok'], { startMs: 100 }).result).toBe('success');
        },
      ),
    );
  });
});
