import { describe, expect, test } from 'vitest';
import { DEFAULT_SETTINGS, sketchDeployment } from '../../../test/support/routing-fixture.ts';
import { answered, FAILURES } from '../../../test/support/play-plan.ts';
import { seededRng } from '../../../test/support/seeded-rng.ts';
import type { Deployment, FailLimit } from '../deployment.ts';
import { createFleet, freeChargeOf, rowOf } from '../fleet/fleet.ts';
import type { Failure } from '../outcome.ts';
import type { RouterSettings } from '../routing-table.ts';
import { markProbe, recordSuccess, type BreakerChange } from './breaker.ts';
import { recordOutcome } from './record-outcome.ts';
import { availableAtMs, standingOf, TRIGGER, triggerOf } from './standing.ts';

const limit = (exceptionClass: string, allowedFails: number, isOwn = false): FailLimit => ({
  exceptionClass,
  allowedFails,
  isOwn,
});

/** One deployment that fails as told, every millisecond. */
function bench(sketch: Partial<Deployment>, settings: Partial<RouterSettings> = {}) {
  const deployment = sketchDeployment(0, sketch);
  const fleet = createFleet([deployment]);
  const rng = seededRng(3);
  let now = 1_000;
  return {
    fleet,
    fail(failure: Failure, more: { callerCredentials?: boolean; probe?: boolean } = {}): BreakerChange {
      now += 1;
      const charge = { ...freeChargeOf(fleet, 0), probe: more.probe ?? false };
      const context = { charge, deployment, settings: { ...DEFAULT_SETTINGS, ...settings }, rng, now };
      const outcome = { kind: 'failure', failure, committed: false, unsent: false } as const;
      const { callerCredentials } = more;
      return recordOutcome(
        fleet,
        outcome,
        callerCredentials === undefined ? context : { ...context, callerCredentials },
      );
    },
    /** How many of these failures it takes to open. */
    failuresToOpen(failure: Failure): number {
      for (let nth = 1; nth <= 60; nth++) if (this.fail(failure) === 'opened') return nth;
      return Infinity;
    },
    pass: (ms: number) => void (now += ms),
    standing: () => standingOf(rowOf(fleet, 0), now * 1000),
    waitMs: () => availableAtMs(fleet, 0, now) - now,
    trigger: () => triggerOf(rowOf(fleet, 0)),
    recover() {
      markProbe(rowOf(fleet, 0), now);
      recordSuccess(fleet, { ...freeChargeOf(fleet, 0), probe: true }, now);
    },
  };
}

const badGateway = answered(502, { message: 'Bad gateway' });

describe('a number for a class', () => {
  const rows: [string, FailLimit[], Failure, number][] = [
    ['opens at the failure after it', [limit('InternalServerError', 2)], FAILURES.e500, 3],
    ['of 0 opens at the first failure', [limit('InternalServerError', 0)], FAILURES.e500, 1],
    ['leaves other classes to the breaker’s own triggers', [limit('InternalServerError', 0)], FAILURES.e503, 5],
    ['of 502 is its own', [limit('BadGatewayError', 1)], badGateway, 2],
    ['holds more than the breaker’s own triggers would', [limit('Timeout', 20)], FAILURES.timeout, 21],
    ['counts a refused key, which else opens at once', [limit('AuthenticationError', 2)], FAILURES.e401, 3],
    ['counts a missing model, which else opens at once', [limit('NotFoundError', 1)], FAILURES.noModel, 2],
    ['counts a 429 without a time, which else rests at once', [limit('RateLimitError', 3)], FAILURES.e429, 4],
    ['does not delay a spent quota', [limit('APIError', 3), limit('RateLimitError', 3)], FAILURES.e402, 1],
    ['of the router says nothing about refused requests', [limit('BadRequestError', 0)], FAILURES.e400, Infinity],
    [
      'of the router says nothing about refused content',
      [limit('ContentPolicyViolationError', 0)],
      FAILURES.policy,
      Infinity,
    ],
    ['of the deployment counts refused requests', [limit('BadRequestError', 1, true)], FAILURES.e400, 2],
    ['of the deployment counts refused content', [limit('ContentPolicyViolationError', 0, true)], FAILURES.policy, 1],
    ['of the deployment counts content as a bad request', [limit('BadRequestError', 0, true)], FAILURES.policy, 1],
  ];
  test.each(rows)('%s', (_, failLimits, failure, expected) => {
    expect(bench({ failLimits }).failuresToOpen(failure)).toBe(expected);
  });

  test('opens for 5 s, or the cooldown, and is never overruled', () => {
    const plain = bench({ failLimits: [limit('InternalServerError', 0)] });
    plain.fail(FAILURES.e500);
    expect([plain.waitMs(), plain.trigger()]).toEqual([5_000, TRIGGER.allowedFails]);
    const fixed = bench({ failLimits: [limit('InternalServerError', 0)], cooldownMs: 700 });
    fixed.fail(FAILURES.e500);
    expect(fixed.waitMs()).toBe(700);
  });

  test('leaves a time that the provider named alone', () => {
    const one = bench({ failLimits: [limit('RateLimitError', 3)] });
    one.fail(FAILURES.e429after5);
    expect([one.standing(), one.waitMs()]).toEqual(['blocked', 5_000]);
  });

  test('counts for its class alone and pulls no other trigger', () => {
    const one = bench({ failLimits: [limit('InternalServerError', 3), limit('ServiceUnavailableError', 3)] });
    for (let nth = 0; nth < 3; nth++)
      expect([one.fail(FAILURES.e500), one.fail(FAILURES.e503)]).toEqual([undefined, undefined]);
    expect(one.fail(badGateway)).toBeUndefined();
    expect(one.fail(FAILURES.e503)).toBe('opened');
  });

  test('forgets after 60 s, and when the breaker has closed', () => {
    const one = bench({ failLimits: [limit('InternalServerError', 1)] });
    one.fail(FAILURES.e500);
    one.pass(60_001);
    expect(one.fail(FAILURES.e500)).toBeUndefined();
    expect(one.fail(FAILURES.e500)).toBe('opened');
    one.pass(5_000);
    one.recover();
    expect(one.failuresToOpen(FAILURES.e500)).toBe(2);
  });

  test('never counts what a caller’s own key or address brought about', () => {
    const one = bench({ failLimits: [limit('BadRequestError', 0, true)] });
    for (let nth = 0; nth < 9; nth++) expect(one.fail(FAILURES.e400, { callerCredentials: true })).toBeUndefined();
    expect(one.standing()).toBe('ready');
    expect(one.fail(FAILURES.e400, { callerCredentials: false })).toBe('opened');
  });

  test('means nothing where no breaker may open', () => {
    const failLimits = [limit('BadRequestError', 0, true), limit('InternalServerError', 0)];
    for (const one of [bench({ failLimits, cooldownMs: 0 }), bench({ failLimits }, { disableCooldowns: true })]) {
      one.fail(FAILURES.e400);
      one.fail(FAILURES.e500);
      expect(one.standing()).toBe('ready');
    }
  });
});

describe('allowed_fails of a deployment', () => {
  test('comes before the router’s, for every class without a number of its own', () => {
    const settings = { allowedFails: 9 };
    expect(bench({ allowedFails: 1 }, settings).failuresToOpen(FAILURES.e500)).toBe(2);
    expect(bench({ allowedFails: 0 }, settings).failuresToOpen(FAILURES.e500)).toBe(1);
    expect(bench({}, settings).failuresToOpen(FAILURES.e500)).toBe(10);
    const both = { allowedFails: 1, failLimits: [limit('InternalServerError', 3)] };
    expect(bench(both).failuresToOpen(FAILURES.e500)).toBe(4);
    expect(bench(both).failuresToOpen(FAILURES.e503)).toBe(2);
  });

  test('counts 429s without a time too, and not what the request is to blame for', () => {
    expect(bench({ allowedFails: 2 }).failuresToOpen(FAILURES.e429)).toBe(3);
    expect(bench({ allowedFails: 0 }).failuresToOpen(FAILURES.e400)).toBe(Infinity);
  });
});
