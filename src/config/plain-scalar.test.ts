import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readEnvironmentScalar, readPlainScalar } from './plain-scalar.ts';

/** What PyYAML 6.0 makes of these, recorded with Python. */
const SCALARS: readonly (readonly [text: string, type: string, value: unknown])[] = [
  ['', 'null', undefined],
  ['~', 'null', undefined],
  ['Null', 'null', undefined],
  ['nULL', 'text', 'nULL'],
  ['yes', 'boolean', true],
  ['On', 'boolean', true],
  ['TRUE', 'boolean', true],
  ['tRue', 'text', 'tRue'],
  ['no', 'boolean', false],
  ['OFF', 'boolean', false],
  ['y', 'text', 'y'],
  ['n', 'text', 'n'],
  ['0', 'integer', 0],
  ['-0', 'integer', 0],
  ['+12', 'integer', 12],
  ['1_000', 'integer', 1000],
  ['010', 'integer', 8],
  ['08', 'text', '08'],
  ['0o10', 'text', '0o10'],
  ['0x1F', 'integer', 31],
  ['0b101', 'integer', 5],
  ['1:30', 'integer', 90],
  ['190:20:30', 'integer', 685_230],
  ['-1:30', 'integer', -90],
  ['1:60', 'text', '1:60'],
  ['0.5', 'float', 0.5],
  ['.5', 'float', 0.5],
  ['1.', 'float', 1],
  ['1.0e+6', 'float', 1e6],
  ['1:30.5', 'float', 90.5],
  ['1e5', 'text', '1e5'],
  ['1e-7', 'text', '1e-7'],
  ['1.5e6', 'text', '1.5e6'],
  ['-.inf', 'float', -Infinity],
  ['.nan', 'float', NaN],
  ['nan', 'text', 'nan'],
  ['2024-02-01', 'text', '2024-02-01'],
  ['1.2.3', 'text', '1.2.3'],
  ['-', 'text', '-'],
  ['<<', 'text', '<<'],
  ['gpt-4', 'text', 'gpt-4'],
];

describe('a plain YAML scalar', () => {
  it.each(SCALARS)('reads %j as %s, like PyYAML', (text, type, value) => {
    const scalar = readPlainScalar(text);
    expect([scalar.type, 'value' in scalar ? scalar.value : undefined]).toEqual([type, value]);
  });

  it('keeps every decimal integer exact, however long', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), (number) => {
        expect(readPlainScalar(String(number))).toMatchObject({ type: 'integer', exact: String(number) });
      }),
    );
  });

  it('is kept as it is written when it is text, and never makes the reader throw', () => {
    const characters = fc.constantFrom(...Array.from('0123456789_.:+-eExXbBinfaN ~'));
    fc.assert(
      fc.property(fc.string({ unit: characters }), (text) => {
        const scalar = readPlainScalar(text);
        expect(scalar.type === 'text' ? scalar.value : text).toBe(text);
        if (scalar.type === 'integer') expect(scalar.exact).toMatch(/^(?:0|-?[1-9][0-9]*)$/);
      }),
    );
  });
});

describe('a value from the environment', () => {
  it.each([
    ['true', true],
    ['False', false],
    [' TRUE ', true],
    ['yes', 'yes'],
    ['6', '6'],
    ['', ''],
  ])('reads %j as %j', (text, value) => {
    expect(readEnvironmentScalar(text)).toMatchObject({ value });
  });
});
