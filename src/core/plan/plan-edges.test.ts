// The corners of a plan: deadlines, answers that come late or not at all, requests that may not be sent twice, names that
// stand for nothing.
import { describe, expect, it } from 'vitest';
import {
  answered,
  FAILURES,
  fallbacks,
  outcomeOf,
  plain,
  play,
  statusOf,
  world,
  type World,
} from '../../../test/support/play-plan.ts';
import { sketchContext } from '../../../test/support/routing-fixture.ts';
import { seededRng } from '../../../test/support/seeded-rng.ts';
import { openNow } from '../breaker/breaker.ts';
import { breakerState, TRIGGER } from '../breaker/standing.ts';
import { freeChargeOf } from '../fleet/fleet.ts';
import { snapshot } from '../fleet/snapshot.ts';
import { createPlan, type Plan } from '../plan.ts';
import type { RequestIntent } from '../request-intent.ts';
import { deploymentAt } from '../routing-table.ts';
import { shortageFailure } from './shortage-failure.ts';

const rng = seededRng(3);

function planOf(there: World, intent: Partial<RequestIntent> = {}): Plan {
  return createPlan({ ...there, intent: { ...plain, ...intent }, routeName: '/chat/completions', startedAtMs: 1_000 });
}

describe('a deadline', () => {
  const settings = { deadlineMs: 500, numRetries: 9 };

  it('that has passed before anything was tried says so', () => {
    const plan = planOf(world({ m: 1 }, { settings }));
    expect(plan.next(1_499, rng).kind).toBe('attempt');
    const late = planOf(world({ m: 1 }, { settings }));
    expect(late.next(1_500, rng)).toMatchObject({
      kind: 'fail',
      failure: { status: 408, message: 'litellm.Timeout: Request timed out. The deadline of 0.5 s has passed.' },
    });
  });

  it('ends the retries with the error that came last', () => {
    const plan = planOf(world({ m: 2 }, { settings }));
    plan.next(1_000, rng);
    plan.record(outcomeOf('e503'), 1_600, rng);
    expect(plan.next(1_600, rng)).toMatchObject({ kind: 'fail', failure: { status: 503 } });
  });

  it('ends the fallbacks with the error of the group that was asked for', () => {
    const plan = planOf(world({ m: 1, b: 2 }, { settings: { ...settings, fallbacks: fallbacks({ m: ['b'] }) } }));
    plan.next(1_000, rng);
    plan.record(outcomeOf('e400'), 1_100, rng);
    plan.next(1_100, rng);
    plan.record(outcomeOf('e503'), 1_600, rng);
    expect(plan.next(1_600, rng)).toMatchObject({ kind: 'fail', failure: { status: 400 } });
  });
});

describe('an attempt', () => {
  it('is told once: what is said later, or before there is one, changes nothing', () => {
    const there = world({ m: 1 });
    const plan = planOf(there);
    expect([plan.record(outcomeOf('e401'), 1_000, rng), plan.content(1_000)]).toEqual([undefined, undefined]);
    plan.next(1_000, rng);
    expect(plan.content(1_001)).toBeUndefined();
    expect(plan.record(outcomeOf('ok'), 1_002, rng)).toBeUndefined();
    expect(plan.record(outcomeOf('e401'), 1_003, rng)).toBeUndefined();
    expect(snapshot(there.fleet, 0, 1_003)).toMatchObject({ inFlight: 0, successes: 1, failures: 0 });
  });

  it('that probes closes the breaker with its first content', () => {
    const there = world({ m: 1 });
    openNow(there.fleet, freeChargeOf(there.fleet, 0), { trigger: TRIGGER.rate, now: 0, openMs: 500 });
    const plan = planOf(there);
    plan.next(1_000, rng);
    expect(plan.content(1_001)).toBe('closed');
    expect(plan.content(1_002)).toBeUndefined();
    expect(breakerState(there.fleet, 0, 1_002)).toBe('closed');
  });

  it('of which no byte was sent costs nothing; one that was sent counts', () => {
    const there = world({ m: [{ limits: { rpm: 5 } }] }, { settings: { numRetries: 0 } });
    const used = (unsent: boolean): number | undefined => {
      const plan = planOf(there);
      plan.next(1_000, rng);
      plan.record({ kind: 'failure', failure: FAILURES.e400, committed: false, unsent }, 1_001, rng);
      return snapshot(there.fleet, 0, 1_001).rpm?.used;
    };
    expect([used(true), used(false), used(true)]).toEqual([0, 1, 1]);
  });

  it('that may not be sent twice is retried only if it was not sent at all', () => {
    const statuses = [true, false].map((unsent) => {
      const plan = planOf(world({ m: 2 }), { retryUnsafe: true });
      plan.next(1_000, rng);
      plan.record({ kind: 'failure', failure: FAILURES.e503, committed: false, unsent }, 1_001, rng);
      return plan.next(1_001, rng).kind;
    });
    expect(statuses).toEqual(['attempt', 'fail']);
  });
});

describe('a plan', () => {
  it('of a name that stands for nothing has nobody, no retries and no fallbacks', () => {
    const plan = planOf(world({ m: 1 }), { model: 'nobody' });
    expect([plan.candidates, plan.retries, plan.maxRetries, plan.fallbacks, plan.group]).toEqual([
      [],
      0,
      0,
      0,
      'nobody',
    ]);
    expect(plan.hasFallback).toBe(false);
    expect(plan.policy.strategy).toBe('simple-shuffle');
    expect(plan.next(1_000, rng)).toMatchObject({ kind: 'fail', failure: { status: 400 } });
  });

  it('knows its retries and fallbacks on the way', () => {
    const plan = planOf(world({ m: 2, b: 1 }, { settings: { numRetries: 1, fallbacks: fallbacks({ m: ['b'] }) } }));
    expect([plan.retries, plan.maxRetries, plan.fallbacks]).toEqual([0, 1, 0]);
    plan.next(1_000, rng);
    plan.record(outcomeOf('e503'), 1_001, rng);
    plan.next(1_001, rng);
    expect([plan.retries, plan.fallbacks]).toEqual([1, 0]);
    plan.record(outcomeOf('e503'), 1_002, rng);
    plan.next(1_002, rng);
    expect([plan.retries, plan.fallbacks, plan.group]).toEqual([0, 1, 'b']);
  });

  it('that has lost its hop is a mistake that shows itself', () => {
    const plan = planOf(world({ m: 1 }));
    plan.hop = undefined;
    expect(() => plan.next(1_000, rng)).toThrow('a plan without a hop must have ended');
  });

  it('passes on the time that a provider named with a 503 as well', () => {
    const busy = answered(503, { message: 'busy' }, { 'retry-after': '90' });
    const plan = planOf(world({ m: 1 }, { settings: { numRetries: 0 } }));
    plan.next(1_000, rng);
    plan.record({ kind: 'failure', failure: busy, committed: false, unsent: false }, 1_000, rng);
    expect(plan.next(1_000, rng)).toMatchObject({ failure: { status: 503, retryAfterMs: 90_000 } });
  });
});

describe('a shortage', () => {
  it('of a group without members is that of an unknown name', () => {
    const there = world({ m: 1 });
    const none = {
      kind: 'none',
      total: 0,
      outOfRotation: 0,
      tagged: 0,
      wrongRegion: 0,
      unsupported: 0,
      overBudget: 0,
      failedCheck: 0,
      tooSmall: 0,
      open: 0,
      blocked: 0,
      limited: 0,
      parallel: 0,
      overLimit: 0,
      soonestMs: undefined,
      returnMs: undefined,
      limitedUntilMs: undefined,
    } as const;
    const failure = shortageFailure(sketchContext(there, { candidates: [] }), none, {
      group: 'm',
      now: 1,
      isFallbackById: false,
    });
    expect(failure).toMatchObject({ status: 400, message: expect.stringContaining('no healthy deployments') });
  });

  it('of windows names the largest, whatever stands beside', () => {
    const members = [{ maxInputTokens: 5 }, { maxInputTokens: 7 }, { outOfRotation: 'no key' }];
    const run = play(world({ m: members }, { settings: { enablePreCallChecks: true } }), ['ok']);
    expect(statusOf(run)).toBe(400);
    expect(run.result).toHaveProperty('message', expect.stringContaining('largest window 7'));
  });

  it('of rotation names each reason once', () => {
    const run = play(
      world({ m: [{ outOfRotation: 'no key' }, { outOfRotation: 'blocked' }, { outOfRotation: 'no key' }] }),
      ['ok'],
    );
    expect(run.result).toHaveProperty(
      'message',
      expect.stringContaining('every deployment of m is out of rotation: no key; blocked'),
    );
  });
});

it('an index that is not in the table is a mistake of the caller', () => {
  const { table } = world({ m: 1 });
  expect(deploymentAt(table, 0).id).toBe('m-0');
  expect(() => deploymentAt(table, 1)).toThrow('no deployment 1 in the table');
});
