import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEFAULT_SETTINGS, sketchDeployment } from '../../../test/support/routing-fixture.ts';
import { seededRng } from '../../../test/support/seeded-rng.ts';
import type { Deployment } from '../deployment.ts';
import type { Charge } from '../fleet/charge.ts';
import { createFleet, freeChargeOf, rowOf } from '../fleet/fleet.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { FAILURE_CAUSES } from '../outcome.ts';
import type { Failure, FailureCause, Outcome } from '../outcome.ts';
import type { RouterSettings } from '../routing-table.ts';
import type { BreakerChange } from './breaker.ts';
import { markProbe, recordFirstContent } from './breaker.ts';
import { recordOutcome } from './record-outcome.ts';
import { availableAtMs, breakerState, coolingDeployments, rampOf, standingOf } from './standing.ts';

const SUCCESS: Outcome = {
  kind: 'success',
  usage: undefined,
  timing: { totalMs: 1, firstContentMs: undefined },
};

function failure(cause: FailureCause, more: Partial<Failure> = {}): Outcome {
  const details: Failure = {
    cause,
    scope: 'deployment',
    status: 500,
    message: '',
    type: null,
    param: null,
    code: null,
    retryAfterMs: undefined,
    exceptionClass: 'InternalServerError',
    ...more,
  };
  return { kind: 'failure', failure: details, committed: false, unsent: false };
}

/** One deployment and its breaker under given settings. */
class Bench {
  readonly deployment: Deployment;
  readonly fleet: Fleet;
  readonly settings: RouterSettings;
  readonly rng = seededRng(7);

  constructor(settings: Partial<RouterSettings> = {}, sketch: Partial<Deployment> = {}) {
    this.deployment = sketchDeployment(0, sketch);
    this.fleet = createFleet([this.deployment]);
    this.settings = { ...DEFAULT_SETTINGS, ...settings };
  }

  report(outcome: Outcome, now: number, charge: Charge = freeChargeOf(this.fleet, 0)): BreakerChange {
    const { deployment, settings, rng } = this;
    return recordOutcome(this.fleet, outcome, { charge, deployment, settings, now, rng });
  }

  fail(now: number, times = 1): BreakerChange {
    let change: BreakerChange;
    for (let nth = 0; nth < times; nth++) change = this.report(failure('server_error'), now);
    return change;
  }

  probe(now: number): Charge {
    markProbe(rowOf(this.fleet, 0), now);
    return { ...freeChargeOf(this.fleet, 0), probe: true };
  }

  state(now: number) {
    return breakerState(this.fleet, 0, now);
  }

  standing(now: number) {
    return standingOf(rowOf(this.fleet, 0), now * 1000);
  }

  freeAt(now: number): number {
    return availableAtMs(this.fleet, 0, now);
  }
}

describe('opening', () => {
  test('five failures in a row open it, four do not', () => {
    const bench = new Bench();
    expect(bench.fail(100, 4)).toBeUndefined();
    expect(bench.state(100)).toBe('closed');
    expect(bench.fail(101)).toBe('opened');
    expect(bench.state(101)).toBe('open');
  });

  test('a success in between starts the row anew', () => {
    const bench = new Bench();
    bench.fail(1, 4);
    for (let nth = 0; nth < 20; nth++) bench.report(SUCCESS, 2);
    bench.fail(3, 4);
    expect(bench.state(3)).toBe('closed');
  });

  test('more than half of at least ten in 30 s open it, half does not', () => {
    const bench = new Bench();
    for (let nth = 0; nth < 10; nth++) bench.report(nth % 2 === 0 ? failure('timeout') : SUCCESS, 1_000 + nth);
    expect(bench.state(2_000)).toBe('closed');
    expect(bench.report(failure('timeout'), 2_000)).toBe('opened');
  });

  test('failures older than 30 s do not count towards the rate', () => {
    const bench = new Bench();
    bench.fail(0, 4);
    for (let nth = 0; nth < 5; nth++) bench.report(SUCCESS, 1);
    for (let nth = 0; nth < 4; nth++) bench.fail(31_000);
    expect(bench.state(31_000)).toBe('closed');
  });

  test.each([0, 1, 3, 100])(
    'allowed_fails %i opens on the failure after, and nothing else opens it',
    (allowedFails) => {
      const bench = new Bench({ allowedFails });
      for (let nth = 0; nth < allowedFails; nth++) expect(bench.fail(10)).toBeUndefined();
      expect(bench.fail(11)).toBe('opened');
      expect(bench.freeAt(11)).toBe(5_011);
    },
  );

  test('allowed_fails forgets after 60 s', () => {
    const bench = new Bench({ allowedFails: 1 });
    bench.fail(0);
    expect(bench.fail(61_000)).toBeUndefined();
    expect(bench.fail(120_000)).toBe('opened');
  });

  test.each<[string, Partial<RouterSettings>, Partial<Deployment>]>([
    ['cooldowns are disabled', { disableCooldowns: true }, {}],
    ['the router says cooldown_time 0', { cooldownMs: 0 }, {}],
    ['the deployment says cooldown_time 0', { cooldownMs: 9_000 }, { cooldownMs: 0 }],
    ['the deployment is a wildcard', {}, { isWildcard: true }],
  ])('never when %s', (_, settings, sketch) => {
    const bench = new Bench(settings, sketch);
    bench.fail(1, 50);
    bench.report(failure('authentication'), 2);
    bench.report(failure('rate_limit', { retryAfterMs: 9_000 }), 3);
    expect(bench.standing(4)).toBe('ready');
  });
});

describe('what counts', () => {
  const samples = ['server_error', 'conflict', 'bad_answer', 'connection', 'timeout', 'upstream_timeout'];
  const atOnce = ['quota_exhausted', 'authentication', 'misconfigured'];

  test.each(FAILURE_CAUSES)('%s has the effect that the failure contract gives it', (cause) => {
    const bench = new Bench();
    bench.report(failure(cause), 0);
    const first = bench.standing(1);
    for (let nth = 0; nth < 4; nth++) bench.report(failure(cause), 0);
    const expected = cause === 'rate_limit' ? 'resting' : atOnce.includes(cause) ? 'open' : 'ready';
    expect(first).toBe(expected);
    expect(bench.standing(1)).toBe(samples.includes(cause) ? 'open' : expected);
  });

  test('no sequence of outcomes that the caller or the request is to blame for opens anything', () => {
    const outcome = fc.record({
      cause: fc.constantFrom(...FAILURE_CAUSES),
      scope: fc.constantFrom<'request' | 'caller'>('request', 'caller'),
      retryAfterMs: fc.option(fc.integer({ min: 0, max: 1e6 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(
        fc.array(outcome, { maxLength: 60 }),
        fc.option(fc.nat(3), { nil: undefined }),
        (outcomes, allowedFails) => {
          const bench = new Bench({ allowedFails });
          outcomes.forEach(({ cause, ...more }, now) => bench.report(failure(cause, more), now));
          bench.report({ kind: 'abandoned' }, outcomes.length);
          expect(bench.standing(outcomes.length)).toBe('ready');
        },
      ),
    );
  });
});

describe('how long', () => {
  test('1 s doubling to 15 s, within 20 %, while probes fail', () => {
    const bench = new Bench();
    bench.fail(0, 5);
    let now = 0;
    for (const expected of [1_000, 2_000, 4_000, 8_000, 15_000, 15_000]) {
      const freeAt = bench.freeAt(now);
      expect(freeAt - now).toBeGreaterThanOrEqual(expected * 0.8);
      expect(freeAt - now).toBeLessThanOrEqual(expected * 1.2 + 1);
      now = Math.ceil(freeAt);
      expect(bench.report(failure('connection'), now, bench.probe(now))).toBe('opened');
    }
  });

  test.each([
    { name: 'a configured cooldown_time is fixed', settings: { cooldownMs: 7_000 }, expected: 7_000 },
    { name: 'the deployment beats the router', settings: { cooldownMs: 7_000 }, own: 9_000, expected: 9_000 },
    { name: 'Retry-After is a floor', settings: { cooldownMs: 7_000 }, retryAfterMs: 30_000, expected: 30_000 },
  ])('$name', ({ settings, own, retryAfterMs, expected }) => {
    const bench = new Bench(settings, own === undefined ? {} : { cooldownMs: own });
    for (let nth = 0; nth < 5; nth++) bench.report(failure('server_error', { retryAfterMs }), 0);
    expect(bench.freeAt(0)).toBe(expected);
  });

  test.each([
    { name: 'a time that the provider names', own: undefined, retryAfterMs: 2_000, expected: 2_000 },
    { name: "the deployment's own cooldown if longer", own: 9_000, retryAfterMs: 2_000, expected: 9_000 },
    { name: 'a longer time than its own cooldown', own: 2_000, retryAfterMs: 90_000, expected: 90_000 },
    { name: '5 s when nobody names a time', own: undefined, retryAfterMs: undefined, expected: 5_000 },
    { name: 'the cooldown when the provider names no time', own: 3_000, retryAfterMs: undefined, expected: 3_000 },
  ])('a 429 keeps traffic away for $name', ({ own, retryAfterMs, expected }) => {
    const bench = new Bench({}, { cooldownMs: own });
    bench.report(failure('rate_limit', { retryAfterMs }), 0);
    expect(bench.freeAt(0)).toBe(expected);
    expect(bench.state(0)).toBe('closed');
    expect(coolingDeployments(bench.fleet, 0)).toEqual([0]);
    expect(bench.standing(expected)).toBe('ready');
    expect(coolingDeployments(bench.fleet, expected)).toEqual([]);
  });

  test('a misconfigured deployment stays open for the cooldown, one without quota for a minute', () => {
    const wrongKey = new Bench();
    wrongKey.report(failure('authentication'), 0);
    expect(wrongKey.freeAt(0)).toBe(5_000);
    const noQuota = new Bench();
    noQuota.report(failure('quota_exhausted'), 0);
    expect(noQuota.freeAt(0)).toBe(60_000);
  });

  test('late failures of requests from before do not prolong it', () => {
    const bench = new Bench({ cooldownMs: 1_000 });
    bench.fail(0, 5);
    expect(bench.fail(900, 20)).toBeUndefined();
    expect(bench.fail(1_100)).toBeUndefined();
    expect(bench.standing(1_100)).toBe('probe-due');
  });
});

test('a last deployment that is used while it is open fails without prolonging it', () => {
  const bench = new Bench({ cooldownMs: 1_000 });
  bench.fail(0, 5);
  expect(bench.report(failure('server_error'), 900, bench.probe(800))).toBeUndefined();
  expect(bench.standing(999)).toBe('open');
  expect(bench.standing(1_000)).toBe('probe-due');
});

describe('half-open', () => {
  function halfOpen(): Bench {
    const bench = new Bench({ cooldownMs: 1_000 });
    bench.fail(0, 5);
    return bench;
  }

  test('lets one probe through; its success closes, late answers of others do not', () => {
    const bench = halfOpen();
    expect(bench.state(1_000)).toBe('half-open');
    expect(bench.standing(1_000)).toBe('probe-due');
    const probe = bench.probe(1_000);
    expect(bench.standing(1_000)).toBe('probing');
    expect(bench.report(SUCCESS, 1_001)).toBeUndefined();
    expect(bench.standing(1_001)).toBe('probing');
    expect(bench.report(SUCCESS, 1_002, probe)).toBe('closed');
    expect(bench.standing(1_002)).toBe('ready');
  });

  test('closes at the first content of the probe; what comes later counts like any other', () => {
    const bench = halfOpen();
    const probe = bench.probe(1_000);
    expect(recordFirstContent(bench.fleet, probe, 1_010)).toBe('closed');
    expect(bench.report(failure('connection'), 1_500, probe)).toBeUndefined();
    expect(bench.state(1_500)).toBe('closed');
  });

  test.each<[string, Outcome]>([
    ['the client leaves', { kind: 'abandoned' }],
    ['the request is bad', failure('bad_request', { scope: 'request' })],
    ['the provider says 429', failure('rate_limit', { retryAfterMs: 10 })],
  ])('the next request is the probe when %s', (_, outcome) => {
    const bench = halfOpen();
    expect(bench.report(outcome, 1_001, bench.probe(1_000))).toBeUndefined();
    expect(bench.standing(1_100)).toBe('probe-due');
  });

  test('a probe that nobody reports is given up in the end', () => {
    const bench = halfOpen();
    bench.probe(1_000);
    expect(bench.standing(800_000)).toBe('probing');
    expect(bench.standing(901_000)).toBe('probe-due');
  });

  test('recovery starts with clean counts and ramps up over 20 s', () => {
    const bench = halfOpen();
    bench.report(SUCCESS, 1_000, bench.probe(1_000));
    expect(bench.fail(1_001, 4)).toBeUndefined();
    const ramp = (now: number): number => rampOf(rowOf(bench.fleet, 0), now * 1000);
    expect(ramp(1_000)).toBe(0.1);
    expect(ramp(11_000)).toBe(0.5);
    expect(ramp(21_000)).toBe(1);
  });

  test('a relapse within the ramp doubles the open time, one after it starts at 1 s', () => {
    for (const [pauseMs, expected] of [
      [5_000, 2_000],
      [25_000, 1_000],
    ] as const) {
      const bench = new Bench();
      bench.fail(0, 5);
      bench.report(SUCCESS, 1_300, bench.probe(1_300));
      bench.fail(1_300 + pauseMs, 5);
      const openMs = bench.freeAt(1_300 + pauseMs) - 1_300 - pauseMs;
      expect(openMs).toBeGreaterThanOrEqual(expected * 0.8);
      expect(openMs).toBeLessThanOrEqual(expected * 1.2 + 1);
    }
  });
});
