// The judge of a soak run must be able to say no.
import { expect, test } from 'vitest';
import { judgeMemory } from './memory.ts';

const MB = 1024 * 1024;

test.for([
  ['the same', 20, true],
  ['less', 15, true],
  ['a little more', 20.9, true],
  ['a kilobyte of each of 2,000 requests', 22, false],
] as const)('a live heap that is %s', ([, late, isFlat]) => {
  expect(judgeMemory({ warm: 20 * MB, late: late * MB, resident: 300 * MB }, 1.2).isFlat).toBe(isFlat);
});

test('says the figures', () => {
  expect(judgeMemory({ warm: 20 * MB, late: 20.5 * MB, resident: 90 * MB }, 1.2).text).toBe(
    'live heap 20.0 MB once warm, 20.5 MB near the end; resident at most 90.0 MB',
  );
});
