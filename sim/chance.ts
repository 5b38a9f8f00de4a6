// Chance that repeats: the same seed gives the same draws on every machine. Each concern of a simulation (arrivals, each
// upstream, the router) has a source of its own, so that what the router draws never changes the workload.
import type { Rng } from '../src/core/units.ts';

/** Numbers in [0, 1) from a 32-bit seed (mulberry32, public domain by Tommy Ettinger; period 2^32). */
export function seededRng(seed: number): Rng {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A source for one concern of a run: unrelated to the others, and the same for the same seed. */
export function concernRng(seed: number, concern: number): Rng {
  return seededRng(Math.imul(seed, 0x9e3779b1) ^ Math.imul(concern + 1, 0x85ebca6b));
}

/** A lognormal quantity: half of the draws are below `median`; `sigma` is that of its logarithm. */
export interface LogNormal {
  readonly median: number;
  readonly sigma: number;
}

export function drawLogNormal({ median, sigma }: LogNormal, rng: Rng): number {
  return sigma === 0 ? median : median * Math.exp(sigma * drawNormal(rng));
}

/** Standard normal (Marsaglia's polar method). */
export function drawNormal(rng: Rng): number {
  for (;;) {
    const x = 2 * rng() - 1;
    const y = 2 * rng() - 1;
    const square = x * x + y * y;
    if (square > 0 && square < 1) return x * Math.sqrt((-2 * Math.log(square)) / square);
  }
}

/** Exponential with mean 1. */
export function drawExponential(rng: Rng): number {
  return -Math.log(1 - rng());
}

/** Gamma with mean 1 and the coefficient of variation `cv` (Marsaglia and Tsang 2000; below shape 1 by their boost). */
export function drawGamma(cv: number, rng: Rng): number {
  const shape = 1 / (cv * cv);
  if (shape >= 1) return drawGammaOfShape(shape, rng) / shape;
  return (drawGammaOfShape(shape + 1, rng) * (1 - rng()) ** (1 / shape)) / shape;
}

function drawGammaOfShape(shape: number, rng: Rng): number {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = drawNormal(rng);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - rng()) < (x * x) / 2 + d - d * v + d * Math.log(v)) return d * v;
  }
}
