import { describe, expect, it } from 'vitest';
import { concernRng, drawExponential, drawGamma, drawLogNormal, seededRng } from './chance.ts';

const DRAWS = 100_000;

function draws(draw: () => number): number[] {
  return Array.from({ length: DRAWS }, draw);
}

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}

function variation(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2))) / middle;
}

describe('seeded chance', () => {
  it('repeats with its seed, and differs between concerns', () => {
    expect(draws(seededRng(7))).toEqual(draws(seededRng(7)));
    expect(concernRng(7, 1)()).not.toBe(concernRng(7, 2)());
    expect(concernRng(7, 1)()).not.toBe(concernRng(8, 1)());
  });

  it('draws lognormal values around their median', () => {
    const rng = seededRng(1);
    const values = draws(() => drawLogNormal({ median: 120, sigma: 0.6 }, rng)).toSorted((a, b) => a - b);
    expect(values[DRAWS / 2]).toBeGreaterThan(118);
    expect(values[DRAWS / 2]).toBeLessThan(122);
    expect(mean(values) / (120 * Math.exp(0.18))).toBeCloseTo(1, 1);
    expect(drawLogNormal({ median: 3, sigma: 0 }, rng)).toBe(3);
  });

  it('draws gaps of mean 1 that vary as asked', () => {
    const rng = seededRng(2);
    const steady = draws(() => drawExponential(rng));
    expect([mean(steady), variation(steady)].map((value) => Math.round(value * 10) / 10)).toEqual([1, 1]);
    for (const cv of [0.5, 1, 4]) {
      const gaps = draws(() => drawGamma(cv, rng));
      expect(mean(gaps), `mean at ${cv}`).toBeCloseTo(1, 1);
      expect(variation(gaps) / cv, `variation at ${cv}`).toBeCloseTo(1, 1);
    }
  });
});
