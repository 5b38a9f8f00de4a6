import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sketchDeployment } from '../../../test/support/routing-fixture.ts';
import type { DeploymentSketch } from '../../../test/support/routing-fixture.ts';
import type { Charge } from '../fleet/charge.ts';
import { createFleet, fleetBytes } from '../fleet/fleet.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { finished, started } from '../fleet/operations.ts';
import { headroom } from './headroom.ts';
import type { Admission } from './limiter.ts';
import { admit } from './limiter.ts';
import { refund, settle } from './settle.ts';

const WINDOW_MS = 60_000;

function fleetOf(limits: DeploymentSketch['limits'] = {}): Fleet {
  return createFleet([sketchDeployment(0, { limits })]);
}

function ask(fleet: Fleet, now: number, tokens: { prompt?: number; max?: number } = {}): Admission {
  return admit(fleet, 0, { promptTokens: tokens.prompt ?? 1, maxTokens: tokens.max, enforceLimits: true, now });
}

function charged(admission: Admission): Charge {
  if (admission.kind !== 'admitted') throw new Error(`full until ${admission.freeAtMs}`);
  return admission.charge;
}

function usage(promptTokens: number, completionTokens: number) {
  return { promptTokens, completionTokens, totalTokens: promptTokens + completionTokens };
}

/** Arrival times: bursts, steady streams and pauses. */
const arrivals = fc
  .array(fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 400 }), fc.integer({ min: 0, max: 90_000 })), {
    minLength: 1,
    maxLength: 400,
  })
  .map((gaps) => {
    let now = 0;
    return gaps.map((gap) => (now += gap));
  });

function mostInAnyWindow(times: readonly number[]): number {
  return Math.max(0, ...times.map((start) => times.filter((time) => time >= start && time < start + WINDOW_MS).length));
}

describe('requests per minute', () => {
  test('up to 256 the log admits exactly what fits into the last 60 s, whatever the arrivals', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), arrivals, (rpm, times) => {
        const fleet = fleetOf({ rpm });
        const admitted: number[] = [];
        for (const now of times) {
          const inWindow = admitted.filter((time) => time > now - WINDOW_MS).length;
          const admission = ask(fleet, now);
          expect(admission.kind).toBe(inWindow < rpm ? 'admitted' : 'full');
          if (admission.kind === 'admitted') admitted.push(now);
        }
        expect(mostInAnyWindow(admitted)).toBeLessThanOrEqual(rpm);
      }),
    );
  });

  test('fractions of a millisecond never give a unit back early', () => {
    const start = fc.double({ min: 0, max: 0.01, noNaN: true });
    const early = fc.double({ min: 59_999.99, max: 60_000, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(start, early, (at, gap) => {
        const fleet = fleetOf({ rpm: 1 });
        charged(ask(fleet, at));
        fc.pre(at + gap - at < WINDOW_MS);
        expect(ask(fleet, at + gap).kind).toBe('full');
        expect(ask(fleet, at + WINDOW_MS + 0.002).kind).toBe('admitted');
      }),
    );
  });

  test('above 256 a unit comes back after 60 s and before 60.5 s, wherever in its slot it was taken', () => {
    fc.assert(
      fc.property(fc.nat(2_000), fc.integer({ min: 1, max: 60_000 }), (at, earlyMs) => {
        const fleet = fleetOf({ rpm: 257 });
        for (let nth = 0; nth < 257; nth++) charged(ask(fleet, at));
        expect(ask(fleet, at + WINDOW_MS - Math.min(earlyMs, 600)).kind).toBe('full');
        expect(ask(fleet, at + WINDOW_MS - 1).kind).toBe('full');
        expect(ask(fleet, at + WINDOW_MS + 500).kind).toBe('admitted');
      }),
    );
  });

  test('a full limit names the moment at which the next request is admitted, and not a millisecond before', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), arrivals, (rpm, times) => {
        const fleet = fleetOf({ rpm });
        for (const now of times) {
          const admission = ask(fleet, now);
          if (admission.kind === 'admitted') continue;
          expect(ask(fleet, admission.freeAtMs - 1).kind).toBe('full');
          expect(ask(fleet, admission.freeAtMs).kind).toBe('admitted');
          return;
        }
      }),
    );
  });

  test('above 256 the slots never admit one too many in any 60 s', () => {
    fc.assert(
      fc.property(fc.integer({ min: 257, max: 320 }), arrivals, (rpm, times) => {
        const fleet = fleetOf({ rpm });
        const admitted = times.flatMap((now) => [now, now, now]).filter((now) => ask(fleet, now).kind === 'admitted');
        expect(mostInAnyWindow(admitted)).toBeLessThanOrEqual(rpm);
      }),
    );
  });

  test.each([300, 1440, 5000])('above 256, saturated for ten minutes, at least 0.99 of %i is used', (rpm) => {
    const fleet = fleetOf({ rpm });
    let admitted = 0;
    for (let now = 0; now < 10 * WINDOW_MS; now += 5) {
      if (ask(fleet, now).kind === 'admitted') admitted++;
    }
    expect(admitted).toBeGreaterThanOrEqual(0.99 * rpm * 10);
    expect(admitted).toBeLessThanOrEqual(rpm * 10);
  });

  test('after a long pause the whole limit is free at once', () => {
    for (const rpm of [6, 1440]) {
      const fleet = fleetOf({ rpm });
      for (let nth = 0; nth < rpm; nth++) charged(ask(fleet, 1_000));
      expect(ask(fleet, 1_000)).toMatchObject({ kind: 'full', limit: 'rpm' });
      for (let nth = 0; nth < rpm; nth++) charged(ask(fleet, 10_000_000));
      expect(ask(fleet, 10_000_000).kind).toBe('full');
    }
  });

  test('a limit of zero admits nothing and has no time at which it would', () => {
    expect(ask(fleetOf({ rpm: 0 }), 5)).toEqual({ kind: 'full', freeAtMs: Number.POSITIVE_INFINITY, limit: 'rpm' });
  });

  test('weights only: nothing is refused and nothing is counted', () => {
    const fleet = fleetOf({ rpm: 1 });
    for (let nth = 0; nth < 5; nth++) {
      const admission = admit(fleet, 0, { promptTokens: 1, maxTokens: 1, enforceLimits: false, now: 0 });
      expect(charged(admission).counted).toBe(false);
    }
  });

  test('memory does not grow with the limit', () => {
    const bytes = (rpm: number): number => fleetBytes([sketchDeployment(0, { limits: { rpm } })]);
    expect(bytes(1_000_000)).toBe(bytes(257));
    expect(bytes(1_000_000)).toBeLessThan(8_192);
  });
});

describe('tokens per minute', () => {
  test('what is charged in 60 s never exceeds the limit at the moment of admission, with corrections', () => {
    const step = fc.record({
      gapMs: fc.integer({ min: 0, max: 20_000 }),
      prompt: fc.integer({ min: 0, max: 400 }),
      max: fc.integer({ min: 0, max: 400 }),
      used: fc.integer({ min: 0, max: 300 }),
      end: fc.constantFrom('settle', 'refund', 'unknown'),
    });
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 2_000 }), fc.array(step, { maxLength: 60 }), (tpm, steps) => {
        const fleet = fleetOf({ tpm });
        const slackMs = tpm <= 256 ? 0 : 500;
        const entries: { at: number; units: number }[] = [];
        let now = 0;
        for (const { gapMs, prompt, max, used, end } of steps) {
          now += gapMs;
          const live = (within: number): number =>
            entries.filter(({ at }) => at > now - within).reduce((sum, { units }) => sum + units, 0);
          const units = Math.min(tpm, Math.max(1, prompt + max));
          const admission = ask(fleet, now, { prompt, max });
          const fitsForSure = live(WINDOW_MS + slackMs) + units <= tpm;
          const fits = live(WINDOW_MS) + units <= tpm;
          expect(admission.kind === 'admitted').toSatisfy((admitted) => (admitted ? fits : !fitsForSure));
          if (admission.kind === 'full') continue;
          if (end === 'settle') settle(fleet, admission.charge, { usage: usage(used, 0), now });
          if (end === 'refund') refund(fleet, admission.charge, now);
          entries.push({ at: now, units: end === 'settle' ? Math.max(1, used) : end === 'refund' ? 0 : units });
        }
      }),
    );
  });

  test('charges the prompt and the allowed output, 1,024 when nothing bounds it', () => {
    const fleet = fleetOf({ tpm: 100_000 });
    expect(charged(ask(fleet, 0, { prompt: 500, max: 200 })).totalTokens).toBe(700);
    expect(charged(ask(fleet, 0, { prompt: 500 })).totalTokens).toBe(1_524);
    expect(charged(ask(fleet, 0, { prompt: 500, max: 4_000 })).totalTokens).toBe(1_524);
    expect(charged(ask(fleet, 0, { prompt: 500, max: 0 })).totalTokens).toBe(500);
  });

  test('learns what answers really cost and charges their 95th percentile', () => {
    const fleet = fleetOf({ tpm: 1_000_000 });
    for (let nth = 1; nth <= 100; nth++) {
      settle(fleet, charged(ask(fleet, nth, { prompt: 10 })), { usage: usage(10, nth), now: nth });
    }
    const output = charged(ask(fleet, 200, { prompt: 0 })).totalTokens;
    expect(output).toBeGreaterThanOrEqual(95);
    expect(output).toBeLessThanOrEqual(95 * 1.19 + 1);
    expect(charged(ask(fleet, 200, { prompt: 0, max: 7 })).totalTokens).toBe(7);
  });

  test('learns that answers are of one token', () => {
    const fleet = fleetOf({ tpm: 1_000_000 });
    for (let nth = 0; nth < 20; nth++) {
      settle(fleet, charged(ask(fleet, nth, { prompt: 10 })), { usage: usage(10, 1), now: nth });
    }
    expect(charged(ask(fleet, 200, { prompt: 0 })).totalTokens).toBe(1);
  });

  test('forgets: a deployment whose answers became short is charged less', () => {
    const fleet = fleetOf({ tpm: 100_000_000 });
    const run = (count: number, tokens: number): void => {
      for (let nth = 0; nth < count; nth++) {
        settle(fleet, charged(ask(fleet, 0, { prompt: 1 })), { usage: usage(1, tokens), now: 0 });
      }
    };
    run(500, 4_000);
    expect(charged(ask(fleet, 0, { prompt: 0 })).totalTokens).toBeGreaterThanOrEqual(4_000);
    run(3_000, 10);
    expect(charged(ask(fleet, 0, { prompt: 0 })).totalTokens).toBeLessThan(20);
  });

  test.each([100, 10_000])('a request larger than all of %i waits for an empty window and takes all of it', (tpm) => {
    const fleet = fleetOf({ tpm });
    const first = charged(ask(fleet, 0, { prompt: 10, max: 0 }));
    expect(ask(fleet, 1, { prompt: 50_000, max: 0 }).kind).toBe('full');
    refund(fleet, first, 2);
    expect(charged(ask(fleet, 3, { prompt: 50_000, max: 0 })).totalTokens).toBe(tpm);
    expect(ask(fleet, 4, { prompt: 1, max: 0 }).kind).toBe('full');
  });

  test('settling below the estimate frees the difference at once, above it takes more', () => {
    const fleet = fleetOf({ tpm: 1_000 });
    const charge = charged(ask(fleet, 0, { prompt: 400, max: 500 }));
    expect(ask(fleet, 10, { prompt: 200, max: 0 }).kind).toBe('full');
    settle(fleet, charge, { usage: usage(400, 100), now: 20 });
    const second = charged(ask(fleet, 30, { prompt: 200, max: 0 }));
    settle(fleet, second, { usage: usage(600, 0), now: 40 });
    expect(ask(fleet, 50, { prompt: 1, max: 0 })).toMatchObject({ kind: 'full', limit: 'tpm' });
  });

  test('a count that is no number costs one unit', () => {
    const fleet = fleetOf({ tpm: 1_000 });
    settle(fleet, charged(ask(fleet, 0, { prompt: 1_000, max: 0 })), { usage: usage(Infinity, 0), now: 1 });
    expect(charged(ask(fleet, 2, { prompt: 999, max: 0 })).totalTokens).toBe(999);
  });

  test('a charge that has left the window is past correcting', () => {
    const fleet = fleetOf({ tpm: 200 });
    const charge = charged(ask(fleet, 0, { prompt: 200, max: 0 }));
    charged(ask(fleet, 61_000, { prompt: 200, max: 0 }));
    refund(fleet, charge, 61_000);
    expect(ask(fleet, 61_001, { prompt: 1, max: 0 }).kind).toBe('full');
  });
});

describe('several limits', () => {
  test('one that is full charges nothing to the others', () => {
    const fleet = fleetOf({ rpm: 10, tpm: 100 });
    charged(ask(fleet, 0, { prompt: 90, max: 0 }));
    for (let nth = 0; nth < 30; nth++) expect(ask(fleet, 1, { prompt: 50, max: 0 })).toMatchObject({ limit: 'tpm' });
    for (let nth = 0; nth < 9; nth++) charged(ask(fleet, 2, { prompt: 1, max: 0 }));
    expect(ask(fleet, 3, { prompt: 1, max: 0 })).toMatchObject({ kind: 'full', limit: 'rpm', freeAtMs: 60_000 });
  });

  test.each([
    { limits: { itpm: 100 }, limit: 'itpm', prompt: 60, max: 0 },
    { limits: { otpm: 100 }, limit: 'otpm', prompt: 0, max: 60 },
  ])('$limit counts its own direction only', ({ limits, limit, prompt, max }) => {
    const fleet = fleetOf(limits);
    const charge = charged(ask(fleet, 0, { prompt, max }));
    expect(ask(fleet, 0, { prompt, max })).toMatchObject({ kind: 'full', limit });
    settle(fleet, charge, { usage: usage(prompt === 0 ? 999 : 10, max === 0 ? 999 : 10), now: 1 });
    expect(ask(fleet, 1, { prompt, max }).kind).toBe('admitted');
  });

  test('parallel slots are free when an attempt ends, and no clock tells when', () => {
    const fleet = fleetOf({ maxParallelRequests: 2 });
    started(fleet, 0);
    started(fleet, 0);
    expect(ask(fleet, 0)).toEqual({ kind: 'full', freeAtMs: Number.POSITIVE_INFINITY, limit: 'max_parallel_requests' });
    finished(fleet, 0);
    expect(ask(fleet, 0).kind).toBe('admitted');
  });

  test('a refund of a request gives exactly its unit back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 20 }), fc.nat(), (rpm, which) => {
        const fleet = fleetOf({ rpm });
        const charges = Array.from({ length: rpm }, (_, nth) => charged(ask(fleet, nth)));
        const taken = charges[which % rpm];
        if (taken === undefined) throw new Error('no charge');
        refund(fleet, taken, rpm);
        refund(fleet, taken, rpm);
        charged(ask(fleet, rpm));
        expect(ask(fleet, rpm).kind).toBe('full');
      }),
    );
  });
});

test('headroom is that of the tightest limit', () => {
  const fleet = fleetOf({ rpm: 10, tpm: 1_000, maxParallelRequests: 4 });
  charged(ask(fleet, 0, { prompt: 700, max: 0 }));
  started(fleet, 0);
  expect(headroom(fleet, 0, 0)).toBeCloseTo(0.3);
});
