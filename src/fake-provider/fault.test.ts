import { describe, expect, test } from 'vitest';
import { behaviourOf, faultSchema, isSelected } from './fault.ts';

const never = () => 0.999;

describe('which requests a fault holds for', () => {
  test.each([
    [undefined, [1, 2, 3, 4, 5, 6]],
    ['3', [3]],
    ['1-2', [1, 2]],
    ['5-', [5, 6]],
    ['*3', [3, 6]],
    ['100%', [1, 2, 3, 4, 5, 6]],
    ['0%', []],
  ])('%s', (on, expected) => {
    expect([1, 2, 3, 4, 5, 6].filter((number) => isSelected(on, number, never))).toEqual(expected);
  });

  test('a chance compares with the random number', () => {
    expect(isSelected('30%', 1, () => 0.29)).toBe(true);
    expect(isSelected('30%', 1, () => 0.3)).toBe(false);
  });
});

test('later faults win field by field, and what is not selected changes nothing', () => {
  const faults = [{ latencyMs: 5, status: 500 }, { on: '2', status: 429 }, { answer: 'yes' }];
  expect(behaviourOf(faults, 1, never)).toEqual({ latencyMs: 5, status: 500, answer: 'yes' });
  expect(behaviourOf(faults, 2, never)).toEqual({ latencyMs: 5, status: 429, answer: 'yes' });
  expect(behaviourOf([], 2, never)).toEqual({});
});

test.each([
  [{ statsu: 500 }],
  [{ status: 42 }],
  [{ on: 'sometimes', status: 500 }],
  [{ on: '*0', status: 500 }],
  [{ error: 'gremlins' }],
  [{ latencyMs: -1 }],
])('%j is no fault', (input) => {
  expect(faultSchema.safeParse(input).success).toBe(false);
});
