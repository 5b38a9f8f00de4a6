import { expect, test } from 'vitest';
import { leastWithin, mostWithin } from './limit-windows.ts';

test('the most in any window', () => {
  expect(mostWithin([], 60)).toBe(0);
  expect(mostWithin([0, 10, 59, 60, 61], 60)).toBe(4);
  expect(mostWithin([0, 60, 120], 60)).toBe(1);
});

test('the least in any whole window', () => {
  const span = { fromMs: 0, untilMs: 200 };
  expect(leastWithin([10, 20, 30, 100, 110, 120, 190], 62, span)).toBe(0);
  expect(leastWithin([0, 50, 100, 150, 200], 60, span)).toBe(1);
  expect(leastWithin([50], 60, { fromMs: 0, untilMs: 59 })).toBeUndefined();
  expect(leastWithin([], 60, { fromMs: 0, untilMs: 60 })).toBe(0);
});
