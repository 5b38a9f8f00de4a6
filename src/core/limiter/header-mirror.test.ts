import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sketchDeployment, type DeploymentSketch } from '../../../test/support/routing-fixture.ts';
import { freeCharge, type Charge } from '../fleet/charge.ts';
import { createFleet, type Fleet } from '../fleet/fleet.ts';
import { mirrorHeaders, type Remaining, type RemainingHeaders } from './header-mirror.ts';
import { headroom } from './headroom.ts';
import { admit, type Admission } from './limiter.ts';
import { reserve } from './reserve.ts';

const SILENT: RemainingHeaders = {
  requests: undefined,
  tokens: undefined,
  inputTokens: undefined,
  outputTokens: undefined,
};

function fleetOf(limits: NonNullable<DeploymentSketch['limits']>): Fleet {
  return createFleet([sketchDeployment(0, { limits })]);
}

function ask(fleet: Fleet, now: number, tokens: { prompt?: number; max?: number } = {}): Admission {
  return admit(fleet, 0, { promptTokens: tokens.prompt ?? 1, maxTokens: tokens.max ?? 0, enforceLimits: true, now });
}

function charged(admission: Admission): Charge {
  if (admission.kind !== 'admitted') throw new Error(`full until ${admission.freeAtMs}`);
  return admission.charge;
}

function say(fleet: Fleet, charge: Charge, at: { units: number; resetMs?: number; now: number }): void {
  const requests: Remaining = { units: at.units, resetMs: at.resetMs };
  mirrorHeaders(fleet, charge, { headers: { ...SILENT, requests }, now: at.now });
}

describe('what a provider says is left', () => {
  test('lowers what we think is left, until the reset', () => {
    const fleet = fleetOf({ rpm: 10 });
    say(fleet, charged(ask(fleet, 0)), { units: 2, resetMs: 5_000, now: 1 });
    charged(ask(fleet, 2));
    charged(ask(fleet, 2));
    expect(ask(fleet, 3)).toMatchObject({ kind: 'full', freeAtMs: 5_001 });
    expect(ask(fleet, 5_001).kind).toBe('admitted');
  });

  test('beside a full window, whichever lasts longer', () => {
    const until = (resetMs: number): unknown => {
      const fleet = fleetOf({ tpm: 100 });
      charged(ask(fleet, 0, { prompt: 25 }));
      const charge = charged(ask(fleet, 10_000, { prompt: 25 }));
      mirrorHeaders(fleet, charge, { headers: { ...SILENT, tokens: { units: 20, resetMs } }, now: 10_001 });
      return ask(fleet, 10_002, { prompt: 60 });
    };
    expect(until(20_000)).toMatchObject({ kind: 'full', freeAtMs: 60_000 });
    expect(until(55_000)).toMatchObject({ kind: 'full', freeAtMs: 65_001 });
  });

  test('beside another limit that is full, names that one', () => {
    const fleet = fleetOf({ rpm: 1, tpm: 100 });
    const charge = charged(ask(fleet, 0, { prompt: 10 }));
    mirrorHeaders(fleet, charge, { headers: { ...SILENT, tokens: { units: 50, resetMs: 70_000 } }, now: 1 });
    expect(ask(fleet, 2, { prompt: 20 })).toEqual({ kind: 'full', freeAtMs: 60_000, limit: 'rpm' });
  });

  test('is older than what was sent since the request that it answers', () => {
    const fleet = fleetOf({ rpm: 10 });
    const answered = charged(ask(fleet, 0));
    charged(ask(fleet, 10));
    charged(ask(fleet, 20));
    say(fleet, answered, { units: 3, resetMs: 5_000, now: 30 });
    charged(ask(fleet, 40));
    expect(ask(fleet, 50).kind).toBe('full');
  });

  test('says nothing about reservations, which nobody has sent yet', () => {
    const fleet = fleetOf({ rpm: 10 });
    const answered = charged(ask(fleet, 0));
    for (let nth = 0; nth < 4; nth++) {
      reserve(fleet, { promptTokens: 1, maxTokens: 0 }, { deployment: 0, atUs: 50_000_000, nowUs: 1_000 });
    }
    say(fleet, answered, { units: 6, resetMs: 5_000, now: 1 });
    charged(ask(fleet, 2));
    charged(ask(fleet, 2));
    expect(ask(fleet, 2).kind).toBe('full');
  });

  test('never raises what is left', () => {
    const fleet = fleetOf({ rpm: 2 });
    charged(ask(fleet, 0));
    say(fleet, charged(ask(fleet, 0)), { units: 1_000, now: 0 });
    expect(ask(fleet, 1)).toMatchObject({ kind: 'full', freeAtMs: 60_000 });
  });

  test.each([
    { name: 'a reset in a day holds for a minute', resetMs: 86_400_000, untilMs: 60_000 },
    { name: 'a reset in a moment holds for that moment', resetMs: 12, untilMs: 12 },
    { name: 'a window of which nobody says the length holds for ten seconds', resetMs: undefined, untilMs: 10_000 },
  ])('holds no longer than it must: $name', ({ resetMs, untilMs }) => {
    const fleet = fleetOf({ rpm: 5 });
    const requests = { units: 0, resetMs };
    mirrorHeaders(fleet, charged(ask(fleet, 0)), { headers: { ...SILENT, requests }, now: 0 });
    expect(ask(fleet, untilMs - 1)).toMatchObject({ kind: 'full', freeAtMs: untilMs });
    expect(ask(fleet, untilMs).kind).toBe('admitted');
  });

  test.each([
    { limits: { tpm: 1_000 }, headers: { tokens: { units: 250, resetMs: 9_000 } } },
    { limits: { itpm: 1_000 }, headers: { inputTokens: { units: 250, resetMs: 9_000 } } },
  ])('lowers tokens too, and the headroom shows it: $limits', ({ limits, headers }) => {
    const fleet = fleetOf(limits);
    const charge = { ...charged(ask(fleet, 0)), atMs: 1 };
    expect(headroom(fleet, 0, 1)).toBe(0.999);
    mirrorHeaders(fleet, charge, { headers: { ...SILENT, ...headers }, now: 1 });
    expect(headroom(fleet, 0, 1)).toBe(0.25);
    expect(ask(fleet, 2, { prompt: 251 }).kind).toBe('full');
    expect(ask(fleet, 2, { prompt: 250 }).kind).toBe('admitted');
  });

  test('lowers output tokens by their own header', () => {
    const fleet = fleetOf({ otpm: 1_000 });
    const outputTokens = { units: 100, resetMs: 9_000 };
    mirrorHeaders(fleet, charged(ask(fleet, 0, { max: 10 })), { headers: { ...SILENT, outputTokens }, now: 1 });
    expect(ask(fleet, 2, { max: 101 }).kind).toBe('full');
    expect(ask(fleet, 2, { max: 100 }).kind).toBe('admitted');
  });

  test.each([{ units: -1 }, { units: Number.NaN }])('is not heard when it is no number of units: $units', (said) => {
    const fleet = fleetOf({ rpm: 2 });
    say(fleet, charged(ask(fleet, 0)), { ...said, now: 0 });
    expect(ask(fleet, 0).kind).toBe('admitted');
  });

  test('is not heard where no limit counts the request', () => {
    const fleet = fleetOf({ rpm: 2 });
    say(fleet, freeCharge(0), { units: 0, now: 0 });
    expect(ask(fleet, 0).kind).toBe('admitted');
  });

  test('each answer replaces the word of the one before', () => {
    const fleet = fleetOf({ rpm: 10 });
    const charge = charged(ask(fleet, 0));
    say(fleet, charge, { units: 0, now: 0 });
    say(fleet, charge, { units: 1, now: 0 });
    charged(ask(fleet, 0));
    expect(ask(fleet, 0).kind).toBe('full');
  });

  test('whatever is said, no more is admitted than without it', () => {
    const words = fc.array(fc.record({ gap: fc.nat(20_000), units: fc.nat(20), resetMs: fc.option(fc.nat(90_000)) }));
    fc.assert(
      fc.property(fc.constantFrom(3, 300), words, (rpm, steps) => {
        const fleet = fleetOf({ rpm });
        const times: number[] = [];
        let now = 0;
        for (const { gap, units, resetMs } of steps) {
          now += gap;
          const admission = ask(fleet, now);
          if (admission.kind === 'full') continue;
          times.push(now);
          const requests = { units, resetMs: resetMs ?? undefined };
          mirrorHeaders(fleet, admission.charge, { headers: { ...SILENT, requests }, now });
        }
        for (const from of times) {
          expect(times.filter((time) => time >= from && time < from + 60_000).length).toBeLessThanOrEqual(rpm);
        }
      }),
      { numRuns: fc.readConfigureGlobal().numRuns ?? 2_000 },
    );
  });
});
