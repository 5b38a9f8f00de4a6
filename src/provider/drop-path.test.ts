import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dropPath, stepsBelowRoot } from './drop-path.ts';

test.each<[string, unknown, unknown]>([
  ['a.b', { b: 1, c: 2 }, { c: 2 }],
  ['a.b.c', { b: { c: 1, d: 2 } }, { b: { d: 2 } }],
  ['a[*].b', [{ b: 1, c: 2 }, { c: 3 }], [{ c: 2 }, { c: 3 }]],
  ['a[1].b', [{ b: 1 }, { b: 1 }], [{ b: 1 }, {}]],
  ['a[0]', ['x', 'y'], ['y']],
  ['a[*].f.strict', [{ f: { strict: true, n: 1 } }], [{ f: { n: 1 } }]],
  ['a.nowhere.b', { b: 1 }, { b: 1 }],
  ['a.b', 'text', 'text'],
  ['a.__proto__', { b: 1 }, { b: 1 }],
])('%s is cut out of %o', (path, value, expected) => {
  dropPath(value, stepsBelowRoot(path));
  expect(value).toEqual(expected);
});

test('any path leaves any value whole but for what it names', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.array(fc.string()), (value, steps) => {
      const before = JSON.stringify(value).length;
      dropPath(value, steps);
      expect(JSON.stringify(value).length).toBeLessThanOrEqual(before);
    }),
  );
});
