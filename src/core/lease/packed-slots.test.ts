import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packSlots, unpackSlot } from './packed-slots.ts';

/** Half seconds since 1970, for a century. */
const base = fc.integer({ min: 1, max: 8_000_000_000 });
const distance = fc.option(fc.integer({ min: 0, max: 20 }), { nil: undefined });

test('four slots that lie close together come out as they went in; one that is far away is older than it was', () => {
  fc.assert(
    fc.property(base, fc.tuple(distance, distance, distance, distance), (first, distances) => {
      const [a, b, c, d] = distances.map((each) => (each === undefined ? 0 : first + each));
      const slots = [a ?? 0, b ?? 0, c ?? 0, d ?? 0] as const;
      const packed = packSlots(slots);
      const least = Math.min(...slots.filter((slot) => slot > 0));
      expect(Number.isSafeInteger(packed)).toBe(true);
      slots.forEach((slot, nth) => expect(unpackSlot(packed, nth)).toBe(Math.min(slot, least + 14)));
    }),
  );
});

test('no slot at all is 0', () => {
  expect(packSlots([0, 0, 0, 0])).toBe(0);
  expect(unpackSlot(0, 2)).toBe(0);
});
