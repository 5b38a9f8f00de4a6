import { describe, expect, it } from 'vitest';
import { childOf, toPlain } from './config-node.ts';
import { Findings } from './findings.ts';
import { parseYaml } from './parse-yaml.ts';

function read(text: string) {
  const findings = new Findings();
  const root = parseYaml(text, 'f', findings);
  return { root, plain: root === undefined ? undefined : toPlain(root), problems: findings.problems() };
}

/** What PyYAML's safe loader makes of the same text, as JSON so that the order of keys counts. */
const DOCUMENTS: readonly (readonly [name: string, text: string, json: string])[] = [
  ['CRLF line ends', 'a: 1\r\nb:\r\n  - x\r\n', '{"a":1,"b":["x"]}'],
  ['a byte order mark', '\ufeffa: 1\n', '{"a":1}'],
  ['JSON', '{"a": [1, 2.5, "x\\u00e9"], "b": null, "c": true}', '{"a":[1,2.5,"xé"],"b":null,"c":true}'],
  ['empty values', 'a:\nb: ~\nc: ""\n', '{"a":null,"b":null,"c":""}'],
  ['lists at the level of their key', 'a:\n- x: 1\n  y: 2\n- z\nb: 1\n', '{"a":[{"x":1,"y":2},"z"],"b":1}'],
  ['block texts', 'a: |\n  x\n  y\nb: >-\n  f\n  g\n', '{"a":"x\\ny\\n","b":"f g"}'],
  ['quoted words that would be values', 'a: "yes"\nb: \'1\'\nc: "null"\n', '{"a":"yes","b":"1","c":"null"}'],
  ['dates as text', 'api_version: 2024-02-01\n', '{"api_version":"2024-02-01"}'],
  ['anchors', 'a: &x {b: 1}\nc: *x\n', '{"a":{"b":1},"c":{"b":1}}'],
  [
    'merge keys first, own keys in their place',
    'x: &x {a: 1, b: 2}\ny:\n  c: 3\n  <<: *x\n  b: 4\n',
    '{"x":{"a":1,"b":2},"y":{"a":1,"b":4,"c":3}}',
  ],
  [
    'several merged maps, the earlier wins',
    'a: &a {k: 1, m: 2}\nb: &b {k: 3, n: 4}\nc: {<<: [*a, *b]}\n',
    '{"a":{"k":1,"m":2},"b":{"k":3,"n":4},"c":{"k":1,"n":4,"m":2}}',
  ],
  [
    'a merge key of a merged map',
    'a: &a {k: 1}\nb: &b {<<: *a, l: 2}\nc: {<<: *b}\n',
    '{"a":{"k":1},"b":{"k":1,"l":2},"c":{"k":1,"l":2}}',
  ],
  ['a quoted << is a key', 'a: {"<<": 1}\n', '{"a":{"<<":1}}'],
  [
    'standard tags',
    'a: !!str 12\nb: !!int "3"\nc: !!float 2\nd: !!bool "yes"\ne: ! 5\n',
    '{"a":"12","b":3,"c":2,"d":true,"e":"5"}',
  ],
  ['no space after a colon in a flow map', '{b:c, "d":e}\n', '{"b:c":null,"d":"e"}'],
  ['a # inside a word', 'a: foo#bar # comment\n', '{"a":"foo#bar"}'],
];

/** The lines of a bracket or a quoted text may stand anywhere: PyYAML ignores their indentation. */
const FLOW_DOCUMENTS: readonly (readonly [text: string, json: string])[] = [
  ['r:\n  m: {\n    "a": "b"\n  }\n  n: 1\n', '{"r":{"m":{"a":"b"},"n":1}}'],
  ['r:\n  m: [\n  {"a": ["b"]}\n  ]\nx: 1\n', '{"r":{"m":[{"a":["b"]}]},"x":1}'],
  ['r:\n  m: [\n{"a": ["b"]}, # one ]\n"]", \'it\'\'s\'\n]\nx: 1\n', '{"r":{"m":[{"a":["b"]},"]","it\'s"]},"x":1}'],
  ['r:\n  - m: [\n    1,\n  2]\n', '{"r":[{"m":[1,2]}]}'],
  ['r: {a: 1,\nb: 2}\nc: 3\n', '{"r":{"a":1,"b":2},"c":3}'],
  ['r:\n  m: "a\nb"\n', '{"r":{"m":"a b"}}'],
  ['t: |\n  not a [ bracket\nr: [\n1]\n', '{"t":"not a [ bracket\\n","r":[1]}'],
];

describe('YAML text', () => {
  it.each(FLOW_DOCUMENTS)('may indent the lines of a flow collection as it likes: %j', (text, json) => {
    const { plain, problems } = read(text);
    expect(problems).toEqual([]);
    expect(JSON.stringify(plain)).toBe(json);
  });

  it('keeps the places of the text as written when flow lines had to be moved', () => {
    const { root } = read('r: [a,\n b]\nq:\n  r: [a,\n b]\n');
    const list = childOf(childOf(root, 'q'), 'r');
    expect(list?.kind === 'list' ? list.items[1]?.place : undefined).toEqual({ file: 'f', line: 5, column: 2 });
  });

  it.each(DOCUMENTS)('reads %s as PyYAML does', (_name, text, json) => {
    const { plain, problems } = read(text);
    expect(problems).toEqual([]);
    expect(JSON.stringify(plain)).toBe(json);
  });

  it('lets the last of two equal keys win, in the place of the first, and says so', () => {
    const { plain, problems } = read('a: 1\nb: 2\na: 3\n');
    expect(JSON.stringify(plain)).toBe('{"a":3,"b":2}');
    expect(problems).toMatchObject([{ severity: 'warning', line: 3, column: 1, where: 'a' }]);
  });

  it('knows the place of every value', () => {
    const { root } = read('a:\n  b: [1,\n    x]\n');
    const list = childOf(childOf(root, 'a'), 'b');
    expect(list?.place).toEqual({ file: 'f', line: 2, column: 6 });
    expect(list?.kind === 'list' ? list.items[1]?.place : undefined).toEqual({ file: 'f', line: 3, column: 5 });
  });

  it('shares the tree of an anchor instead of copying it', () => {
    const { root } = read('a: &a {b: 1}\nc: *a\n');
    expect(childOf(root, 'a')).toBe(childOf(root, 'c'));
  });

  it('refuses aliases that double with every line, without walking them', () => {
    const levels = Array.from({ length: 60 }, (_, level) => `k${level + 1}: &a${level + 1} [*a${level}, *a${level}]`);
    const { root, problems } = read(['k0: &a0 [x]', ...levels].join('\n'));
    expect(root).toBeUndefined();
    expect(problems.map((problem) => problem.what)).toEqual([
      'anchors and aliases multiply to more than a million values',
    ]);
  });

  it('never repeats the text of a broken line, which may hold a key', () => {
    for (const text of [
      'a: "sk-secret\n',
      'a: @sk-secret\n',
      'a: b: sk-secret\n',
      '[sk-secret',
      'a: *sk-secret\n%sk-secret',
    ]) {
      const said = read(text).problems.map((problem) => problem.what);
      expect(said.length).toBeGreaterThan(0);
      expect(said.filter((what) => !what.includes('&')).join()).not.toContain('sk-secret');
    }
  });
});
