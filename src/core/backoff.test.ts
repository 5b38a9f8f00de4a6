import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffMs } from './backoff.ts';

describe('a pause before a retry', () => {
  it('doubles from half a second to eight seconds', () => {
    expect([0, 1, 2, 3, 4, 5, 50].map((done) => backoffMs(done, 0, () => 1))).toEqual([
      500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000,
    ]);
  });

  it('is drawn from the whole range, and never below what the operator asked for', () => {
    fc.assert(
      fc.property(
        fc.nat(60),
        fc.nat(20_000),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (done, floorMs, draw) => {
          const pauseMs = backoffMs(done, floorMs, () => draw);
          expect(pauseMs).toBeGreaterThanOrEqual(floorMs);
          expect(pauseMs).toBeLessThanOrEqual(Math.max(floorMs, 8_000));
        },
      ),
    );
    expect(backoffMs(3, 0, () => 0)).toBe(0);
  });
});
