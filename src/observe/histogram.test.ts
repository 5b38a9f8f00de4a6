import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Histogram, LATENCY_BUCKETS_S, OVERHEAD_BUCKETS_S, TOKEN_LATENCY_BUCKETS_S } from './histogram.ts';

test('every observation lands in exactly the bucket whose bounds hold it', () => {
  const bounds = fc.constantFrom(LATENCY_BUCKETS_S, OVERHEAD_BUCKETS_S, TOKEN_LATENCY_BUCKETS_S);
  const values = fc.array(
    fc.oneof(fc.double({ min: 0, max: 1000, noNaN: true }), fc.constantFrom(...LATENCY_BUCKETS_S)),
  );
  fc.assert(
    fc.property(bounds, values, (limits, observed) => {
      const histogram = new Histogram(limits);
      for (const value of observed) histogram.observe(value);
      const expected = [...limits, Number.POSITIVE_INFINITY].map(
        (upper, at) => observed.filter((value) => value <= upper && value > (limits[at - 1] ?? -1)).length,
      );
      expect([...histogram.counts]).toEqual(expected);
      expect(histogram.sum).toBeCloseTo(
        observed.reduce((sum, value) => sum + value, 0),
        6,
      );
    }),
  );
});

test.each([LATENCY_BUCKETS_S, OVERHEAD_BUCKETS_S, TOKEN_LATENCY_BUCKETS_S])('bounds ascend', (...bounds) => {
  expect(bounds).toEqual(bounds.toSorted((a, b) => a - b));
  expect(new Set(bounds).size).toBe(bounds.length);
});
