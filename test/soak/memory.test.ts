// The judge of a soak run must be able to say no.
import { expect, test } from 'vitest';
import { judgeMemory } from './memory.ts';

const MB = 1024 * 1024;
const samples = (at: (second: number) => number): number[] =>
  Array.from({ length: 30 }, (_, second) => at(second) * MB);

test.for([
  ['a warm-up that levels out', (second: number) => Math.min(100, 50 + 10 * second), true],
  ['a saw of garbage', (second: number) => 100 + (second % 5) * 4, true],
  ['three megabytes a second', (second: number) => 60 + 3 * second, false],
  ['a jump at the end', (second: number) => (second < 20 ? 80 : 160), false],
] as const)('%s', ([, at, isFlat]) => {
  expect(judgeMemory(samples(at)).isFlat).toBe(isFlat);
});

test('says the figures', () => {
  expect(judgeMemory(samples(() => 80)).text).toBe('80 MB after warm-up, 80 MB at the end (+0 %)');
  expect(judgeMemory([1, 2]).text).toContain('too short');
});
