import { describe, expect, it } from 'vitest';
import { knownClassOf, numberFor, type ClassNumbers } from './class-numbers.ts';

const numbers = (byClass: Record<string, number>, others?: number): ClassNumbers => ({
  byClass: new Map(Object.entries(byClass)),
  others,
});

describe('the number for a class', () => {
  const rows: [string, ClassNumbers, string, number | undefined][] = [
    ['its own', numbers({ RateLimitError: 4, BadRequestError: 1 }), 'RateLimitError', 4],
    [
      'its own, though the parent has one',
      numbers({ ContentPolicyViolationError: 3, BadRequestError: 1 }),
      'ContentPolicyViolationError',
      3,
    ],
    ['its parent’s', numbers({ BadRequestError: 1 }), 'ContextWindowExceededError', 1],
    ['its parent’s before the default', numbers({ BadRequestError: 1 }, 7), 'UnsupportedParamsError', 1],
    ['the default', numbers({ BadRequestError: 1 }, 7), 'RateLimitError', 7],
    ['the default, where the parent has none', numbers({}, 7), 'ContentPolicyViolationError', 7],
    ['a 0 that counts', numbers({ Timeout: 0 }, 7), 'Timeout', 0],
    ['none', numbers({ BadRequestError: 1 }), 'Timeout', undefined],
    ['none of a child', numbers({ ContentPolicyViolationError: 3 }), 'BadRequestError', undefined],
  ];
  it.each(rows)('is %s', (_, policy, exceptionClass, expected) => {
    expect(numberFor(policy, exceptionClass)).toBe(expected);
  });

  it('is kept under the class that names it', () => {
    const known = new Map([['BadRequestError', 1]]);
    expect(knownClassOf('ContentPolicyViolationError', known)).toBe('BadRequestError');
    expect(knownClassOf('BadRequestError', known)).toBe('BadRequestError');
    expect(knownClassOf('Timeout', known)).toBeUndefined();
  });
});
