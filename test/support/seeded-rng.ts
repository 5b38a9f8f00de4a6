// Chance that repeats: the same seed gives the same draws on every machine, so a failing run can be run again.
import type { Rng } from '../../src/core/units.ts';

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
