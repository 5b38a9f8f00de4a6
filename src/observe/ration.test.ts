import { expect, it } from 'vitest';
import { Ration } from './ration.ts';

it('gives so many in a second, and as many in the next', () => {
  const ration = new Ration(2);
  expect([0, 1, 2, 999, 1_000, 1_001, 1_002].map((now) => ration.take(now))).toEqual([
    true,
    true,
    false,
    false,
    true,
    true,
    false,
  ]);
});
