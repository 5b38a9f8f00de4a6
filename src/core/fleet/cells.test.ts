import { expect, it } from 'vitest';
import { add, load, store } from './cells.ts';
import { microsAfter, microsBefore, toMillis } from './micros.ts';

it.each([new Float64Array(2), new Int32Array(2)])('cells hold numbers, and 0 where nothing was written', (cells) => {
  store(cells, 1, 5);
  expect(add(cells, 1, -2)).toBe(3);
  expect(add(cells, 0, 4)).toBe(4);
  expect([load(cells, 0), load(cells, 1), load(cells, 2)]).toEqual([4, 3, 0]);
});

it('what lies outside is not kept', () => {
  const cells = new Float64Array(1);
  store(cells, 1, 7);
  expect(add(cells, 1, 2)).toBe(2);
  expect(load(cells, 1)).toBe(0);
});

it('microseconds are rounded so that nothing is given back early', () => {
  expect([microsBefore(1.0006), microsAfter(1.0002)]).toEqual([1_000, 1_001]);
  expect([microsBefore(2), microsAfter(2), toMillis(1_500)]).toEqual([2_000, 2_000, 1.5]);
});
