import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Samples } from './samples.ts';
import { samplesAdd, samplesCopy, samplesMean, samplesQuantile, samplesSince, samplesSize } from './samples.ts';

/** A ring inside a larger buffer whose other cells must stay as they are. */
function ring(capacity: number): Samples {
  const cells = new Float64Array(samplesSize(capacity) + 2);
  cells[0] = 42;
  cells[cells.length - 1] = 43;
  return { cells, at: 1, capacity };
}

function filled(values: readonly number[], capacity = 100): Samples {
  const samples = ring(capacity);
  values.forEach((value, nth) => samplesAdd(samples, nth + 1, value));
  return samples;
}

describe('samples', () => {
  test('an empty ring has none', () => {
    expect(samplesSince(ring(3), 10, -1)).toBe(0);
  });

  test('a full ring loses its oldest and touches nothing beside itself', () => {
    const samples = filled([1, 2, 3, 4, 50], 3);
    expect(samplesSince(samples, 10, 0)).toBe(3);
    expect(samplesMean(samples, 3)).toBe((3 + 4 + 50) / 3);
    expect(samplesMean(samples, 1)).toBe(50);
    expect([samples.cells[0], samples.cells.at(-1)]).toEqual([42, 43]);
  });

  test('only the newest count, and only those taken after the moment', () => {
    const samples = filled([5, 6, 7, 8]);
    expect(samplesSince(samples, 2, 0)).toBe(2);
    expect(samplesSince(samples, 10, 2)).toBe(2);
    expect(samplesSince(samples, 10, 4)).toBe(0);
  });

  test.each([
    [0.5, 20],
    [0.51, 30],
    [0.25, 10],
    [0.01, 10],
    [1, 40],
  ])('the quantile %d of four is the nearest rank', (quantile, value) => {
    expect(samplesQuantile(filled([40, 10, 30, 20]), 4, quantile)).toBe(value);
  });

  test('a product just above a whole rank is that rank', () => {
    const values = Array.from({ length: 100 }, (_, nth) => nth + 1);
    expect(samplesQuantile(filled(values), 100, 0.07)).toBe(7);
  });

  test('whatever was added, the newest come back: count, mean and quantile as of a sorted list', () => {
    const values = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(
        values,
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 100 }),
        (all, capacity, percent) => {
          const samples = filled(all, capacity);
          const newest = all.slice(-capacity);
          const count = samplesSince(samples, 100, 0);
          expect(count).toBe(newest.length);
          expect(samplesMean(samples, count)).toBeCloseTo(newest.reduce((sum, one) => sum + one, 0) / newest.length, 9);
          const rank = Math.ceil((percent * newest.length) / 100);
          expect(samplesQuantile(samples, count, percent / 100)).toBe(newest.toSorted((a, b) => a - b)[rank - 1]);
        },
      ),
    );
  });

  test('a copy holds what the first one held and goes on by itself', () => {
    const from = filled([1, 2, 3, 4], 3);
    const to = ring(3);
    samplesCopy(from, to);
    samplesAdd(to, 9, 6);
    expect(samplesMean(to, 3)).toBe((3 + 4 + 6) / 3);
    expect(samplesMean(from, 3)).toBe(3);
  });
});
