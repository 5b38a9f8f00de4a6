import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { didYouMean, editDistance, nearestKey } from './nearest-key.ts';

describe('the nearest key', () => {
  it.each([
    ['enable_pre_call_check', ['enable_pre_call_checks', 'enable_tag_filtering'], 'enable_pre_call_checks'],
    ['num_retrys', ['num_retries', 'max_retries'], 'num_retries'],
    ['api_bsae', ['api_base', 'api_key'], 'api_base'],
    ['Routing_Strategy', ['routing_strategy'], 'routing_strategy'],
    ['zzz', ['num_retries'], undefined],
  ])('of %s among %j is %s', (name, known, nearest) => {
    expect(nearestKey(name, known)).toBe(nearest);
  });

  it('is not suggested when it is the name itself', () => {
    expect(didYouMean('a', ['a'])).toBe('');
  });

  it('is found by a distance that is 0 for equals, symmetric, and at most the longer length', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 8 });
    fc.assert(
      fc.property(word, word, (a, b) => {
        const distance = editDistance(a, b);
        expect(distance).toBe(editDistance(b, a));
        expect(distance === 0).toBe(a === b);
        expect(distance).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });
});
