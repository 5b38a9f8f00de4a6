import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blankLiberties } from './tolerant-json.ts';

const liberty = fc.constantFrom('', ' ', '/* "a": [1,] */', '// }"\n', '/**/\n', '\t//\n');

/** JSON text with comments wherever a space may stand and commas before closing brackets, never inside strings. */
function liberal(value: unknown, next: () => string): string {
  const list = (items: readonly string[]): string => items.map((item) => next() + item + next()).join(',');
  const comma = (count: number, text: string): string => (count > 0 && text.length % 2 === 0 ? `,${text}` : text);
  if (Array.isArray(value)) {
    return `[${list(value.map((item) => liberal(item, next)))}${comma(value.length, next())}]`;
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value);
  const members = entries.map(([key, item]) => `${JSON.stringify(key)}${next()}:${next()}${liberal(item, next)}`);
  return `{${list(members)}${comma(entries.length, next())}}`;
}

describe('blankLiberties', () => {
  it('makes of JSON with comments and trailing commas the JSON that was meant, of the same length', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.array(liberty, { minLength: 1 }), (value, liberties) => {
        let turn = 0;
        const text = liberal(value, () => liberties[turn++ % liberties.length] ?? '');
        const blanked = blankLiberties(text);
        expect(JSON.parse(blanked)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(blanked).toHaveLength(text.length);
        expect(blanked.split('\n')).toHaveLength(text.split('\n').length);
      }),
      { numRuns: 1000 },
    );
  });

  it('leaves JSON as it is', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(blankLiberties(text)).toBe(text);
      }),
    );
  });

  it.each(['[,]', '{,}', '[1,,]', '[,1]', '[1 /', '"//', '{"a":1,,}', "{'a':1}", '{a:1}', '[1,] ,'])(
    'makes no JSON of %s',
    (text) => {
      expect(() => JSON.parse(blankLiberties(text)) as unknown).toThrow(/JSON/);
    },
  );

  it.each([
    ['{"a":1,}', '{"a":1 }'],
    ['[1 , // x\n ]', '[1       \n ]'],
    ['["a,]","//", ]', '["a,]","//"  ]'],
    ['{"a":"\\",}"} /* open', '{"a":"\\",}"}        '],
  ])('makes of %j %j', (text, expected) => {
    expect(blankLiberties(text)).toBe(expected);
  });
});
