import { expect, test } from 'vitest';
import { rampedScore, SIDELINED } from './sidelined.ts';

test.each([
  [1, 0.999, 7],
  [0.1, 0.099, 7],
  [0.1, 0.1, 7 + SIDELINED],
  [0.9, 0.95, 7 + SIDELINED],
])('with a share of %d and a draw of %d the score 7 is %d', (ramp, draw, score) => {
  expect(rampedScore(7, ramp, () => draw)).toBe(score);
});
