import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  meterAt,
  meterBetween,
  meterCharge,
  meterFreeAt,
  meterRelease,
  meterReserve,
  meterSize,
  meterUsed,
  type Meter,
} from './meter.ts';

const WINDOW_US = 60_000_000;
const SLOT_US = 500_000;

function meterOf(limit: number): Meter {
  return meterAt(new Float64Array(meterSize(limit) + 2), 1, limit);
}

/** When an entry leaves the window: exactly, or with its slot. */
function leavesAtUs(limit: number, atUs: number): number {
  return limit <= 256 ? atUs + WINDOW_US : (Math.floor(atUs / SLOT_US) + 121) * SLOT_US;
}

const step = fc.record({
  kind: fc.constantFrom('charge', 'reserve', 'reserve', 'release'),
  gapMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 9_000 }), fc.integer({ min: 0, max: 150_000 })),
  aheadMs: fc.integer({ min: 0, max: 60_000 }),
  amount: fc.integer({ min: 1, max: 3 }),
  which: fc.nat(20),
});

test.each([20, 300])(
  'a meter of %i counts charges and reservations as a plain list would',
  (limit) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), fc.integer({ min: 1, max: 20 }), (steps, needed) => {
        const meter = meterOf(limit);
        const list: { atUs: number; amount: number; reserved: boolean }[] = [];
        let now = 1_000;
        const live = () => list.filter(({ atUs }) => leavesAtUs(limit, atUs) > now * 1_000);
        for (const { kind, gapMs, aheadMs, amount, which } of steps) {
          now += gapMs;
          const used = meterUsed(meter, now * 1_000);
          if (kind === 'charge' && used + amount <= limit) {
            meterCharge(meter, now, amount);
            list.push({ atUs: now * 1_000, amount, reserved: false });
          }
          const atUs = (now + aheadMs) * 1_000;
          if (kind === 'reserve' && used + amount <= limit) {
            meterReserve(meter, atUs, amount);
            list.push({ atUs, amount, reserved: true });
          }
          const reserved = live().filter((entry) => entry.reserved);
          const released = reserved[which % Math.max(1, reserved.length)];
          if (kind === 'release' && released !== undefined) {
            meterRelease(meter, released.atUs, released.amount);
            list.splice(list.indexOf(released), 1);
          }
          const left = live().toSorted((a, b) => a.atUs - b.atUs);
          expect(meterUsed(meter, now * 1_000)).toBe(left.reduce((sum, entry) => sum + entry.amount, 0));
          let freed = 0;
          const last = left.find((entry) => (freed += entry.amount) >= needed);
          expect(meterFreeAt(meter, needed)).toBe(last === undefined ? Infinity : leavesAtUs(limit, last.atUs));
        }
      }),
      { numRuns: fc.readConfigureGlobal().numRuns ?? 10_000 },
    );
  },
  60_000,
);

describe('what lies between two moments', () => {
  test('is told exactly by a log', () => {
    const meter = meterOf(50);
    meterUsed(meter, 5_000_000);
    for (const atUs of [1_000_000, 2_000_000, 3_000_000, 9_000_000]) meterReserve(meter, atUs, 5);
    expect(meterBetween(meter, 1_000_000, 3_000_000)).toBe(10);
    expect(meterBetween(meter, 2_999_999, 9_000_000)).toBe(10);
    expect(meterBetween(meter, 9_000_000, 99_000_000)).toBe(0);
  });

  test('is told by slots to the half second, as far as they go', () => {
    const meter = meterOf(500);
    meterUsed(meter, 5_000_000);
    for (const atUs of [1_000_000, 2_000_000, 2_400_000, 9_000_000]) meterReserve(meter, atUs, 5);
    expect(meterBetween(meter, 1_200_000, 2_100_000)).toBe(10);
    expect(meterBetween(meter, 2_000_000, 9_000_000)).toBe(5);
    expect(meterBetween(meter, -1, Infinity)).toBe(20);
  });
});

describe('a clock that steps back', () => {
  test('does not empty a log: the charge counts from the latest moment that was known', () => {
    const meter = meterOf(2);
    meterCharge(meter, 50_000, 1);
    meterUsed(meter, 10_000_000);
    meterCharge(meter, 10_000, 1);
    expect(meterUsed(meter, 109_999_999)).toBe(2);
    expect(meterUsed(meter, 110_000_000)).toBe(0);
  });

  test('by more than a minute loses no charge of a slot', () => {
    const meter = meterOf(300);
    meterUsed(meter, 500_000_000);
    meterCharge(meter, 10_000, 7);
    expect(meterUsed(meter, 10_000_000)).toBe(7);
    expect(meterUsed(meter, 500_000_000)).toBe(7);
    expect(meterUsed(meter, 500_500_000)).toBe(0);
  });
});

test('after a long silence nothing of the past or of old reservations is left in slots', () => {
  const meter = meterOf(300);
  meterUsed(meter, 1_000_000);
  meterCharge(meter, 1_000, 4);
  meterReserve(meter, 50_000_000, 9);
  expect(meterUsed(meter, 900_000_000)).toBe(0);
  expect(meterBetween(meter, 0, Infinity)).toBe(0);
  expect(meterFreeAt(meter, 1)).toBe(Infinity);
});
