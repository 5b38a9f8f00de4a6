import { describe, expect, it } from 'vitest';
import { fallbacks, groupsOf, play, statusOf, world, type World } from '../../../test/support/play-plan.ts';
import { openNow } from '../breaker/breaker.ts';
import { TRIGGER } from '../breaker/standing.ts';
import { budgetOf, freeChargeOf } from '../fleet/fleet.ts';
import { drawRetry, refusedRetries, retriesLeft } from './retry-budget.ts';

/** Everything takes place at about this time, so that time adds little. */
const START = 1_000;

/** Uses up what the group of the first deployment may still spend. */
function emptied(there: World): World {
  const budget = budgetOf(there.fleet, 0);
  while (retriesLeft(budget, START) > 0) drawRetry(budget, START);
  return there;
}

const left = (there: World, index = 0): number => retriesLeft(budgetOf(there.fleet, index), START);

describe('what a request pays for its retries', () => {
  it('is nothing for the first move to an untried deployment, and one for each further attempt', () => {
    const there = world({ m: 3 }, { settings: { numRetries: 3 } });
    play(there, ['e503', 'ok']);
    expect(left(there)).toBe(20);
    play(there, ['e503', 'e503', 'e503', 'ok']);
    expect(left(there)).toBe(18);
  });

  it('is one for every retry of a lone deployment', () => {
    const there = world({ m: 1 }, { settings: { numRetries: 3 } });
    play(there, ['e503', 'e503', 'ok']);
    expect(left(there)).toBe(18);
  });

  it('is one when the untried deployment is known to be bad', () => {
    const there = world({ m: 2 }, { settings: { cooldownMs: 60_000 } });
    openNow(there.fleet, freeChargeOf(there.fleet, 0), { trigger: TRIGGER.rate, now: 0, openMs: 60_000 });
    play(there, ['e503', 'ok']);
    expect(left(there)).toBe(19);
  });

  it('is nothing for a fallback, and one for a retry there', () => {
    const there = world({ m: 1, b: 2 }, { settings: { numRetries: 1, fallbacks: fallbacks({ m: ['b'] }) } });
    play(there, { m: ['e400'], b: ['e503', 'ok'] });
    expect([left(there, 0), left(there, 1)]).toEqual([20, 19]);
  });

  it('is nothing for a wait that ends in a first attempt, and for a failure before any deployment', () => {
    const there = world({ m: 1 }, {});
    play(there, ['ok'], { intent: { mockFailure: 'rate_limit' } });
    expect(left(there)).toBe(20);
  });

  it('is nothing after what the caller or the request is to blame for', () => {
    const settings = { numRetries: 9, retryPolicy: { byClass: new Map([['BadRequestError', 9]]), others: undefined } };
    const there = world({ m: 1 }, { settings });
    expect(play(there, ['callerTimeout']).attempts).toHaveLength(10);
    expect(play(there, ['e400']).attempts).toHaveLength(10);
    expect(left(there)).toBe(20);
  });

  it('comes out of a fifth of the requests of the group', () => {
    const there = emptied(world({ m: 2 }, {}));
    for (let nth = 0; nth < 5; nth++) play(there, ['ok']);
    expect(left(there)).toBe(1);
  });

  it('earns nothing at the other levels of a group, only once a request', () => {
    const settings = { numRetries: 0, fallbacks: fallbacks(undefined) };
    const there = emptied(world({ m: [{ order: 1 }, { order: 2 }] }, { settings }));
    for (let nth = 0; nth < 3; nth++) expect(play(there, ['e400', 'ok']).attempts).toHaveLength(2);
    expect(left(there)).toBe(0);
  });
});

describe('a budget that is used up', () => {
  it('leaves the first move to an untried deployment, and ends what follows with the reason', () => {
    const there = emptied(world({ m: 3 }, { settings: { numRetries: 5 } }));
    const run = play(there, ['e503']);
    expect(run.attempts).toHaveLength(2);
    expect(statusOf(run)).toBe(503);
    expect(run.result).toHaveProperty(
      'message',
      expect.stringContaining("\nNo further retry: the retry budget of model group 'm' is used up."),
    );
    expect(refusedRetries(budgetOf(there.fleet, 0))).toBe(1);
  });

  it('leaves a lone deployment its first attempt', () => {
    const there = emptied(world({ m: 1 }, { settings: { numRetries: 5 } }));
    expect(play(there, ['e503']).attempts).toHaveLength(1);
    expect(play(there, ['ok']).result).toBe('success');
  });

  it('never stands in the way of a fallback', () => {
    const settings = { numRetries: 5, fallbacks: fallbacks({ m: ['b', 'c'] }) };
    const there = emptied(world({ m: 1, b: 1, c: 1 }, { settings }));
    expect(groupsOf(play(there, { m: ['e503'], b: ['e400'], c: ['ok'] }))).toEqual(['m', 'b', 'c']);
  });

  it('also ends a wait that was put off for the fallbacks', () => {
    const settings = { numRetries: 1, fallbacks: fallbacks({ m: ['b'] }) };
    const word = { m: ['e429after5', 'ok'], b: ['e400'] } satisfies Record<string, ('e429after5' | 'ok' | 'e400')[]>;
    expect(groupsOf(play(world({ m: 1, b: 1 }, { settings }), word))).toEqual(['m', 'b', 'm']);
    const run = play(emptied(world({ m: 1, b: 1 }, { settings })), word);
    expect(groupsOf(run)).toEqual(['m', 'b']);
    expect(statusOf(run)).toBe(429);
  });

  it('says nothing to a request that needs no retry', () => {
    const run = play(emptied(world({ m: 1 }, {})), ['e400']);
    expect(run.result).not.toHaveProperty('message', expect.stringContaining('retry budget'));
  });

  it('lets a group that fails for minutes retry about once a second and for a fifth of its requests, not more', () => {
    const there = world({ m: 1 }, { settings: { numRetries: 3, disableCooldowns: true } });
    let attempts = 0;
    for (let second = 0; second < 300; second++) {
      for (let nth = 0; nth < 5; nth++) attempts += play(there, ['e503'], { startMs: second * 1_000 }).attempts.length;
    }
    expect(attempts - 1_500).toBeGreaterThan(300 + 300 - 5);
    expect(attempts - 1_500).toBeLessThanOrEqual(20 + 300 + 300 + 5);
  });
});
