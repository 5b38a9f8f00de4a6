import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sketchTable } from '../../../test/support/routing-fixture.ts';
import { editDistance, nearestNames } from './nearest-names.ts';

describe('the distance of two texts', () => {
  it.each([
    ['', '', 0],
    ['', 'abc', 3],
    ['abc', '', 3],
    ['abc', 'abc', 0],
    ['abc', 'abd', 1],
    ['abc', 'bc', 1],
    ['abc', 'xabc', 1],
    ['kitten', 'sitting', 3],
    ['sunday', 'saturday', 3],
    ['abcdef', 'fedcba', 6],
  ])('from %j to %j is %i', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
    expect(editDistance(b, a)).toBe(distance);
  });

  it('is at least the difference of their lengths and at most the longer one', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
        expect(editDistance(a, b)).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
        expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });
});

describe('names for a slip', () => {
  const table = (...groups: string[]) => sketchTable({ deployments: groups.map((group) => ({ group })) });

  it('are the closest first, whatever their case, and no more than asked for', () => {
    const names = table('GPT-5x', 'gpt-5', 'gpt-5xy');
    expect(nearestNames(names, 'Gpt-5', 9)).toEqual(['gpt-5', 'GPT-5x', 'gpt-5xy']);
    expect(nearestNames(names, 'gpt-5', 2)).toEqual(['gpt-5', 'GPT-5x']);
  });

  it('differ by half of the longer one at most', () => {
    expect(nearestNames(table('abxx'), 'abyy', 1)).toEqual(['abxx']);
    expect(nearestNames(table('axxx'), 'abyy', 1)).toEqual([]);
    expect(nearestNames(table('ab'), 'abyy', 1)).toEqual(['ab']);
    expect(nearestNames(table('abyy'), 'ab', 1)).toEqual(['abyy']);
  });

  it('are not looked for among names of more than 200 letters', () => {
    const long = 'x'.repeat(201);
    expect(nearestNames(table(long), 'x'.repeat(200), 1)).toEqual([]);
    expect(nearestNames(table('x'.repeat(200)), long, 1)).toEqual([]);
    expect(nearestNames(table('x'.repeat(200)), 'x'.repeat(200), 1)).toEqual(['x'.repeat(200)]);
  });

  it('include visible aliases, and nothing twice', () => {
    const alias = { target: 'gpt-5', hidden: false };
    const names = sketchTable({
      deployments: [{ group: 'gpt-5' }],
      aliases: [
        { ...alias, name: 'gpt-5' },
        { ...alias, name: 'gpt-5a' },
        { ...alias, name: 'gpt-5b', hidden: true },
      ],
    });
    expect(nearestNames(names, 'gpt-5', 9)).toEqual(['gpt-5', 'gpt-5a']);
  });
});
