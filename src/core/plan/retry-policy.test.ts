import { describe, expect, it } from 'vitest';
import { FAILURES, fallbacks, groupsOf, play, statusOf, world, type Word } from '../../../test/support/play-plan.ts';
import type { DeploymentSketch } from '../../../test/support/routing-fixture.ts';
import type { ClassNumbers } from '../class-numbers.ts';
import type { RequestIntent } from '../request-intent.ts';
import type { RouterSettings } from '../routing-table.ts';

const policy = (byClass: Record<string, number>, others?: number): ClassNumbers => ({
  byClass: new Map(Object.entries(byClass)),
  others,
});
const groups = (byGroup: Record<string, ClassNumbers>) => new Map(Object.entries(byGroup));

function attempts(
  word: Word,
  settings: Partial<RouterSettings>,
  more: { intent?: Partial<RequestIntent>; members?: number | DeploymentSketch[] } = {},
): number {
  return play(world({ m: more.members ?? 2 }, { settings }), [word], { intent: more.intent ?? {} }).attempts.length;
}

describe('a retry policy', () => {
  // litellm-1.106.md 4e, 4f; the group of two and its numbers are golden d43's.
  const recorded = policy({
    BadRequestError: 1,
    AuthenticationError: 0,
    Timeout: 1,
    RateLimitError: 4,
    ContentPolicyViolationError: 3,
    InternalServerError: 4,
  });
  const rows: [Word, ClassNumbers, number][] = [
    ['e400', recorded, 2],
    ['e422', recorded, 2],
    ['e401', recorded, 1],
    ['e408', recorded, 2],
    ['timeout', recorded, 2],
    ['e429', recorded, 5],
    ['e500', recorded, 5],
    ['policy', recorded, 4],
    ['e503', recorded, 3],
    ['window', recorded, 2],
    ['e404', policy({ NotFoundError: 2 }), 3],
    ['e503', policy({ ServiceUnavailableError: 0 }), 1],
    ['e409', policy({}, 1), 2],
    ['e400', policy({}, 1), 2],
    ['e500', policy({ InternalServerError: 0 }, 4), 1],
  ];
  it.each(rows)('allows after %s with %o %i attempts', (word, retryPolicy, expected) => {
    expect(attempts(word, { retryPolicy })).toBe(expected);
  });

  it('says how many, whatever request, deployment and router say', () => {
    const settings = { retryPolicy: policy({ InternalServerError: 1 }), numRetries: 4 };
    expect(attempts('e500', settings, { intent: { numRetries: 5 } })).toBe(2);
    expect(attempts('e500', settings, { members: [{ numRetries: 3 }, { numRetries: 3 }] })).toBe(2);
    expect(attempts('e503', settings, { intent: { numRetries: 5 } })).toBe(6);
  });

  it('says nothing to a request that wants none', () => {
    const retryPolicy = policy({ BadRequestError: 2, InternalServerError: 2 });
    expect(attempts('e400', { retryPolicy }, { intent: { numRetries: 0 } })).toBe(1);
    expect(attempts('e500', { retryPolicy }, { intent: { numRetries: 0 } })).toBe(1);
  });

  it('retries a 400 on a lone deployment as well, after pauses', () => {
    const run = play(world({ m: 1 }, { settings: { retryPolicy: policy({ BadRequestError: 2 }) } }), ['e400']);
    expect(run.attempts).toHaveLength(3);
    expect(run.waits.map(({ reason }) => reason)).toEqual(['backoff', 'backoff']);
    expect(statusOf(run)).toBe(400);
  });

  it('counts by the error that came last', () => {
    const settings = { retryPolicy: policy({ InternalServerError: 3, RateLimitError: 0 }) };
    expect(play(world({ m: 3 }, { settings }), ['e500', 'e429']).attempts).toHaveLength(2);
    expect(play(world({ m: 3 }, { settings }), ['e503', 'e500', 'e500', 'e500', 'e500']).attempts).toHaveLength(4);
  });

  it('is the group’s own where there is one, also for classes that it does not name', () => {
    const settings = {
      numRetries: 0,
      retryPolicy: policy({ InternalServerError: 3, RateLimitError: 3 }),
      groupRetryPolicies: groups({ m: policy({ InternalServerError: 1 }) }),
    };
    expect(attempts('e500', settings)).toBe(2);
    expect(attempts('e429', settings)).toBe(1);
    const other = { ...settings, groupRetryPolicies: groups({ other: policy({ InternalServerError: 0 }) }) };
    expect(attempts('e500', other)).toBe(4);
  });

  it('is found under an alias, and under what it stands for', () => {
    const aliases = [{ name: 'alias', target: 'm', hidden: false }];
    const run = (groupRetryPolicies: ReadonlyMap<string, ClassNumbers>, own?: ReadonlyMap<string, ClassNumbers>) =>
      play(world({ m: 2 }, { aliases, settings: { groupRetryPolicies } }), ['e500'], {
        intent: { model: 'alias', groupRetryPolicies: own },
      }).attempts.length;
    const [none, one, four] = [policy({}, 0), policy({}, 1), policy({}, 4)];
    expect(run(groups({ m: one }))).toBe(2);
    expect(run(groups({ m: one, alias: none }))).toBe(1);
    expect(run(groups({ m: one, alias: none }), groups({ m: four }))).toBe(5);
    expect(run(groups({ m: one, alias: none }), groups({ m: none, alias: four }))).toBe(5);
    expect(run(groups({ m: one }), groups({ other: four }))).toBe(2);
  });

  it('holds for each group on the way', () => {
    const settings = {
      fallbacks: fallbacks({ m: ['b'] }),
      groupRetryPolicies: groups({ m: policy({}, 0), b: policy({}, 1) }),
    };
    expect(groupsOf(play(world({ m: 2, b: 2 }, { settings }), ['e500']))).toEqual(['m', 'b', 'b']);
  });

  it('does not make a deployment that was asked for by its id retry', () => {
    const there = world({ m: 1 }, { settings: { retryPolicy: policy({}, 3) } });
    expect(play(there, ['e500'], { intent: { model: 'm-0' } }).attempts).toHaveLength(1);
  });

  it('does not send a request again that is larger than a whole limit, nor one that no provider can express', () => {
    const settings = { retryPolicy: policy({}, 5) };
    const there = world({ m: 2 }, { settings });
    expect(play(there, ['tooLarge']).attempts).toHaveLength(2);
    expect(play(world({ m: 2 }, { settings }), ['unsupported']).attempts).toHaveLength(2);
  });
});

describe('num_retries_per_request', () => {
  it('bounds retries and fallbacks together', () => {
    const settings = { numRetries: 2, fallbacks: fallbacks({ m: ['b'] }) };
    const run = (retriesPerRequest: number | undefined) =>
      groupsOf(play(world({ m: 2, b: 2 }, { settings: { ...settings, retriesPerRequest } }), ['e503']));
    expect(run(undefined)).toEqual(['m', 'm', 'm', 'b', 'b', 'b']);
    expect(run(0)).toEqual(['m']);
    expect(run(2)).toEqual(['m', 'm', 'm']);
    expect(run(3)).toEqual(['m', 'm', 'm', 'b']);
    expect(run(4)).toEqual(['m', 'm', 'm', 'b', 'b']);
  });

  it('ends with the error of the group that was asked for, and says why', () => {
    const settings = { numRetries: 0, retriesPerRequest: 1, fallbacks: fallbacks({ m: ['b', 'c'] }) };
    const run = play(world({ m: 1, b: 1, c: 1 }, { settings }), { m: ['e500'], b: ['e503'] });
    expect(run.result).toMatchObject({ status: 500 });
    expect(run.result).toHaveProperty(
      'message',
      `${FAILURES.e500.message}\nReceived Model Group=m\nAvailable Model Group Fallbacks=['b', 'c']` +
        '\nMax retries per request hit! (num_retries_per_request)' +
        `\nFallback to b also failed: ${FAILURES.e503.message}`,
    );
  });

  it('does not stand in the way of an answer', () => {
    const there = world({ m: 2 }, { settings: { retriesPerRequest: 1 } });
    expect(play(there, ['e500', 'ok']).result).toBe('success');
  });
});
