import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { microsAfter, microsBefore, toMillis } from './micros.ts';

describe('microseconds', () => {
  it('are rounded down to compare and up to record', () => {
    expect([microsBefore(1.0005), microsAfter(1.0005)]).toEqual([1_000, 1_001]);
    expect([microsBefore(2), microsAfter(2)]).toEqual([2_000, 2_000]);
  });

  it('as milliseconds are never early: at that moment they are due', () => {
    expect([toMillis(1_500), toMillis(0), toMillis(Infinity)]).toEqual([1.5, 0, Infinity]);
    // 8.03 ms * 1000 is 8,029.999...
    expect([8.03 * 1_000 < 8_030, microsBefore(toMillis(8_030))]).toEqual([true, 8_030]);
    fc.assert(
      fc.property(fc.maxSafeNat(), (wide) => {
        const us = wide % 3_155_760_000_000_000;
        expect(microsBefore(toMillis(us))).toBe(us);
        expect(toMillis(us) - us / 1_000).toBeLessThan(0.001);
      }),
    );
  });
});
