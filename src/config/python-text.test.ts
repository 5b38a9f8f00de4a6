import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { childOf } from './config-node.ts';
import { Findings } from './findings.ts';
import { parseYaml } from './parse-yaml.ts';
import { pythonFloat, pythonText } from './python-text.ts';

/** `str()` of scalars and lists, `json.dumps()` of maps, recorded with Python 3. */
const FORMS: readonly (readonly [yaml: string, text: string])[] = [
  ['x', 'x'],
  ['1.0', '1.0'],
  ['0.5', '0.5'],
  ['1_000', '1000'],
  ['100000000000000000000', '100000000000000000000'],
  ['yes', 'True'],
  ['~', 'None'],
  ['[a, b]', "['a', 'b']"],
  [
    '["it\'s", \'x"y\', "b\'\\"c", "é\\n\\t\\x07", 1.0, yes, ~, {b: [1, 2.50]}]',
    "[\"it's\", 'x\"y', 'b\\'\"c', 'é\\n\\t\\x07', 1.0, True, None, {'b': [1, 2.5]}]",
  ],
  ['["\\u00a0\\u200b\\ue000\\u00ad"]', "['\\xa0\\u200b\\ue000\\xad']"],
  ['{a: {b: 1}}', '{"a": {"b": 1}}'],
  ['{b: 1.0, "ü😀": [true, null, "q\\""]}', '{"b": 1.0, "\\u00fc\\ud83d\\ude00": [true, null, "q\\""]}'],
  ['{1: x, ~: z, 1.5: w}', '{"1": "x", "null": "z", "1.5": "w"}'],
  ['[{yes: y}]', "[{True: 'y'}]"],
  ['{a: .inf, b: -.inf, c: .nan}', '{"a": Infinity, "b": -Infinity, "c": NaN}'],
];

const FLOATS: readonly (readonly [number: number, text: string])[] = [
  [0, '0.0'],
  [-0, '-0.0'],
  [1, '1.0'],
  [0.0001, '0.0001'],
  [0.00001, '1e-05'],
  [5e-7, '5e-07'],
  [1e15, '1000000000000000.0'],
  [1e16, '1e+16'],
  [1.5e300, '1.5e+300'],
  [123456789012345.6, '123456789012345.6'],
  [5e-324, '5e-324'],
  [-2.5, '-2.5'],
];

describe('the Python form of a value', () => {
  it.each(FORMS)('prints %s as %s', (yaml, text) => {
    const node = childOf(parseYaml(`key: ${yaml}`, 'f', new Findings()), 'key');
    expect(node === undefined ? 'None' : pythonText(node)).toBe(text);
  });

  it.each(FLOATS)('prints the float %d as %s', (number, text) => {
    expect(pythonFloat(number)).toBe(text);
  });

  it('prints floats so that they read back the same, never as integers', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        expect(Number(pythonFloat(number))).toBe(number);
        expect(pythonFloat(number)).toMatch(/[.e]/);
      }),
    );
  });
});
