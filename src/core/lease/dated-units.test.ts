import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DATED_SLOTS } from '../fleet/lease-cells.ts';
import { datedAdd, datedTake, datedUnits, isDatedEmpty, type DatedUnits } from './dated-units.ts';

function ring(): DatedUnits {
  return { cells: new Float64Array(DATED_SLOTS + 5), at: 3 };
}

test('units of one slot come together, slots in their order, and what cancels out is not told', () => {
  const dated = ring();
  expect(isDatedEmpty(dated)).toBe(true);
  for (const [slot, units] of [
    [7_000, 2],
    [7_002, -3],
    [6_999, 1],
    [7_000, 4],
    [7_001, 5],
    [7_001, -5],
  ] as const) {
    datedAdd(dated, slot, units);
  }
  expect([6_998, 6_999, 7_000, 7_003].map((slot) => datedUnits(dated, slot))).toEqual([0, 1, 6, 0]);
  expect(isDatedEmpty(dated)).toBe(false);
  expect(datedTake(dated)).toEqual([
    [6_999, 1],
    [7_000, 6],
    [7_002, -3],
  ]);
  expect(datedTake(dated)).toEqual([]);
  expect(isDatedEmpty(dated)).toBe(true);
  expect(datedUnits(dated, 7_000)).toBe(0);
});

test('holds what is younger than a ring, whatever the order in which it comes', () => {
  const entries = fc.array(fc.tuple(fc.integer({ min: 1_000, max: 1_400 }), fc.integer({ min: -3, max: 3 })), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(entries, (added) => {
      const dated = ring();
      const known = new Map<number, number>();
      let newest = 0;
      for (const [slot, units] of added) {
        datedAdd(dated, slot, units);
        if (slot <= newest - DATED_SLOTS) continue;
        newest = Math.max(newest, slot);
        known.set(slot, units + (known.get(slot) ?? 0));
        for (const old of known.keys()) if (old <= newest - DATED_SLOTS) known.delete(old);
      }
      const wanted = [...known].filter(([, units]) => units !== 0).toSorted(([a], [b]) => a - b);
      expect(datedTake(dated)).toEqual(wanted);
      expect([...dated.cells].every((cell, nth) => cell === 0 || nth === 4)).toBe(true);
    }),
  );
});

test('a slot is not taken for another that has the same cell', () => {
  const dated = ring();
  datedAdd(dated, 7_000, 3);
  expect([7_000 - DATED_SLOTS, 7_000 + DATED_SLOTS].map((slot) => datedUnits(dated, slot))).toEqual([0, 0]);
  datedAdd(dated, 7_000 - DATED_SLOTS, 5);
  expect(datedTake(dated)).toEqual([[7_000, 3]]);
  datedAdd(dated, 7_000, 3);
  datedAdd(dated, 7_000 + DATED_SLOTS, 4);
  datedAdd(dated, 7_000 + DATED_SLOTS + 1, 0);
  expect(datedTake(dated)).toEqual([[7_000 + DATED_SLOTS, 4]]);
});

test('keeps to its cells', () => {
  const dated = ring();
  datedAdd(dated, 127, 1);
  datedAdd(dated, 128, 1);
  expect(dated.cells[2]).toBe(0);
  expect([...dated.cells.subarray(3, 6)]).toEqual([127, 128, 1]);
});
