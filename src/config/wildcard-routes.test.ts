import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileWildcards, wildcardRegex } from './wildcard-routes.ts';

const group = (name: string) => ({ name, deployments: [0] });

describe('wildcard routes', () => {
  it('put the longer pattern first, then the one with more special characters, and leave plain names out', () => {
    const routes = compileWildcards(['*', 'openai/*', 'plain', 'openai/gpt-*', 'ab*d', 'a**d', 'abc*'].map(group));
    expect(routes.map((route) => route.pattern)).toEqual(['openai/gpt-*', 'openai/*', 'a**d', 'ab*d', 'abc*', '*']);
  });

  it.each([
    ['openai/*', 'openai/gpt-4', ['gpt-4']],
    ['*/*', 'a/b/c', ['a/b', 'c']],
    ['a*', 'a-and-more', ['-and-more']],
    ['*-x', 'y-x-tail', ['y']],
    ['gpt-3.5*', 'gpt-345', undefined],
    ['b*', 'ab', undefined],
  ])('match %s against %s as captures %j', (pattern, name, captures) => {
    expect(wildcardRegex(pattern).exec(name)?.slice(1)).toEqual(captures);
  });

  it('take every name that is the pattern with its stars filled in', () => {
    const piece = fc.string({ unit: fc.constantFrom('a', '.', '-', '/', '$', '[', '\\', '('), maxLength: 4 });
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 4 }), piece, (literals, filling) => {
        expect(wildcardRegex(literals.join('*')).test(literals.join(filling))).toBe(true);
      }),
    );
  });
});
