import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SlidingLimit } from './sliding-limit.ts';

const MINUTE_MS = 60_000;

test('in no window of a minute are more units taken than the limit allows', () => {
  const steps = fc.array(fc.record({ afterMs: fc.nat(30_000), units: fc.integer({ min: 1, max: 5 }) }), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 12 }), (requests, limit) => {
      const window = new SlidingLimit();
      const taken: { atMs: number; units: number }[] = [];
      let nowMs = 0;
      for (const { afterMs, units } of requests) {
        nowMs += afterMs;
        if (!window.weigh(limit, units, nowMs).isAdmitted) continue;
        window.take(units, nowMs);
        taken.push({ atMs: nowMs, units });
      }
      for (const { atMs } of taken) {
        const inside = taken.filter((one) => one.atMs > atMs - MINUTE_MS && one.atMs <= atMs);
        expect(inside.reduce((sum, one) => sum + one.units, 0)).toBeLessThanOrEqual(limit);
      }
    }),
  );
});

test('who waits as long as told is admitted, and not a millisecond before', () => {
  const requests = fc.array(fc.nat(20_000), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(requests, fc.integer({ min: 1, max: 4 }), (gapsMs, limit) => {
      const window = new SlidingLimit();
      const taken: number[] = [];
      let nowMs = 0;
      for (const gapMs of gapsMs) {
        nowMs += gapMs;
        if (!window.weigh(limit, 1, nowMs).isAdmitted) continue;
        window.take(1, nowMs);
        taken.push(nowMs);
      }
      const { isAdmitted, waitMs } = window.weigh(limit, 1, nowMs);
      expect(waitMs === 0).toBe(isAdmitted);
      expect(window.weigh(limit, 1, nowMs + waitMs).isAdmitted).toBe(true);
      const earlier = new SlidingLimit();
      for (const atMs of taken) earlier.take(1, atMs);
      if (!isAdmitted) expect(earlier.weigh(limit, 1, nowMs + waitMs - 1).isAdmitted).toBe(false);
    }),
  );
});

test('a request larger than the whole limit is never told that it will fit', () => {
  const window = new SlidingLimit();
  expect(window.weigh(10, 11, 0)).toMatchObject({ isAdmitted: false, remaining: 10, waitMs: 86_400_000 });
});

test('what remains counts the request itself once it is admitted', () => {
  const window = new SlidingLimit();
  window.take(2, 1000);
  expect(window.weigh(6, 1, 2000)).toEqual({ isAdmitted: true, remaining: 3, waitMs: 0, resetMs: 60_000 });
});
