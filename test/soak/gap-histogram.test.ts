// What a soak run judges by must count right.
import { expect, test } from 'vitest';
import { GapHistogram } from './gap-histogram.ts';

test('tells the share of gaps up to a length, and the worst one', () => {
  const gaps = new GapHistogram();
  for (let nth = 0; nth < 98; nth += 1) gaps.add(50);
  gaps.add(61.4);
  gaps.add(139.6);
  expect([gaps.quantileMs(0.5), gaps.quantileMs(0.98), gaps.quantileMs(0.99)]).toEqual([50, 50, 61]);
  expect(gaps.worstMs).toBe(139.6);
  expect(gaps.text).toBe('median 50 ms, p99 61 ms, worst 140 ms');
});

test('without a gap everything is 0', () => {
  expect(new GapHistogram().text).toBe('median 0 ms, p99 0 ms, worst 0 ms');
});

test('a gap beyond the scale counts as the longest, and is told as it was', () => {
  const gaps = new GapHistogram();
  gaps.add(90_000);
  expect([gaps.quantileMs(0.5), gaps.worstMs]).toEqual([60_000, 90_000]);
});
