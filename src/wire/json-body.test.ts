import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonBodyOf, readJsonBody, type ByteBody, type JsonBody } from './json-body.ts';
import { JOIN_BELOW_BYTES } from './patch-members.ts';

function read(...pieces: (string | Buffer)[]): JsonBody {
  const body = readJsonBody(pieces.map((piece) => Buffer.from(piece)));
  if ('kind' in body) throw new Error(body.message);
  return body;
}

function textOf(body: ByteBody): string {
  const joined = Buffer.concat(body.chunks);
  expect(joined.length).toBe(body.byteLength);
  return joined.toString();
}

function edited(text: string, set: Record<string, string>, remove: readonly string[] = []): string {
  return textOf(read(text).patched({ set: new Map(Object.entries(set)), remove: new Set(remove) }));
}

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
  return at.slice(1).map((end, index) => Buffer.from(bytes.subarray(at[index] ?? 0, end)));
}

const places = fc.array(fc.nat(), { maxLength: 5 });
const key = fc.oneof(fc.constantFrom('model', 'stream', 'metadata', '__proto__', 'constructor', '1', ''), fc.string());
const object = fc.dictionary(key, fc.jsonValue({ maxDepth: 3 }), { maxKeys: 8 });
const indent = fc.constantFrom(undefined, 1, '\t', '\n ');

describe('patched', () => {
  it('forwards what came without the removed members and with the set ones, for any JSON cut anywhere', () => {
    fc.assert(
      fc.property(
        fc.record({ object, space: indent, places, set: object, remove: fc.array(key), picks: fc.array(fc.nat()) }),
        ({ object: input, space, places: at, set, remove, picks }) => {
          const keys = Object.keys(input);
          const cutKeys = new Set([...remove, ...picks.flatMap((pick) => keys[pick % Math.max(1, keys.length)] ?? [])]);
          const chunks = cut(Buffer.from(JSON.stringify(input, undefined, space)), at);
          const body = readJsonBody(chunks);
          if ('kind' in body) throw new Error(body.message);
          const texts = new Map(Object.entries(set).map(([name, value]) => [name, JSON.stringify(value)]));
          const expected = new Map(Object.entries(input).filter(([name]) => !cutKeys.has(name)));
          for (const [name, value] of Object.entries(set)) expected.set(name, value);
          const forwarded: unknown = JSON.parse(textOf(body.patched({ set: texts, remove: cutKeys })));
          expect(forwarded).toEqual(JSON.parse(JSON.stringify(Object.fromEntries(expected))));
          expect(body.toObject()).toEqual(JSON.parse(JSON.stringify(input)));
        },
      ),
      { numRuns: 1500 },
    );
  });

  it.each([
    ['{ "a" : 1 , "b":2 }', {}, ['a'], '{ "b":2 }'],
    ['{ "a" : 1 , "b":2 }', {}, ['b'], '{ "a" : 1 }'],
    ['{ "a" : 1 , "b":2 }', {}, ['a', 'b'], '{  }'],
    ['{"a":1,"b":2,"c":3}', {}, ['b'], '{"a":1,"c":3}'],
    ['{"a":1,"b":2,"c":3}', {}, ['a', 'b'], '{"c":3}'],
    ['{"a":1,"b":2,"c":3}', {}, ['a', 'c'], '{"b":2}'],
    ['{"a":1,"b":2,"c":3}', { c: '"x"' }, ['b'], '{"a":1,"c":"x"}'],
    ['{"a":1}', { b: '[2]' }, ['a'], '{"b":[2]}'],
    ['{"a":1}', { b: '[2]', c: 'null' }, [], '{"a":1,"b":[2],"c":null}'],
    ['{}', { a: '1' }, [], '{"a":1}'],
    ['{"a":1}', { a: '2' }, ['a'], '{"a":2}'],
    ['{"a":"ü"}', { a: '"漢"' }, [], '{"a":"漢"}'],
  ])('makes of %s with %o and without %o: %s', (text, set, remove, expected) => {
    expect(edited(text, set, remove)).toBe(expected);
  });

  it('joins small bodies and leaves large ones in pieces that share memory', () => {
    const edits = { set: new Map([['model', '"m"']]), remove: new Set<string>() };
    const small = read('{"model":"a",', '"x":1}').patched(edits);
    expect(small.chunks).toHaveLength(1);
    const prompt = Buffer.from(`"prompt":"${'x'.repeat(JOIN_BELOW_BYTES)}"}`);
    const body = readJsonBody([Buffer.from('{"model":"a",'), prompt]);
    if ('kind' in body) throw new Error(body.message);
    expect(body.patched(edits).chunks).toContain(prompt);
  });
});

describe('readJsonBody', () => {
  it('reads values, raw text and presence of members', () => {
    const body = read('{"model":"m","n":[1, 2],"t":true,"z":null}');
    expect([...body.keys()]).toEqual(['model', 'n', 't', 'z']);
    expect([body.get('model'), body.get('t'), body.get('z'), body.get('absent')]).toEqual(['m', true, null, undefined]);
    expect(body.get('n')).toBe(body.get('n'));
    expect(body.raw('n')).toBe('[1, 2]');
    expect([body.has('z'), body.has('absent'), body.raw('absent')]).toEqual([true, false, undefined]);
  });

  it('leaves an ordinary body byte for byte, its chunks unjoined', () => {
    const chunks = [Buffer.from('{ "model" : "a\\u00e9", '), Buffer.from('"x": 1e2 }\n')];
    const body = readJsonBody(chunks);
    if ('kind' in body) throw new Error(body.message);
    expect(body.chunks).toEqual(chunks);
    expect(body.chunks[0]).toBe(chunks[0]);
  });

  it('reads an empty body as an empty object', () => {
    expect(textOf(read())).toBe('{}');
    expect(textOf(read(''))).toBe('{}');
  });

  it.each([
    ['a repeated key: the last wins', '{"model":"a","model":"b"}', { model: 'b' }],
    ['an escaped key', '{"mod\\u0065l":"a"}', { model: 'a' }],
    ['a byte order mark', '\ufeff{"model":"a"}', { model: 'a' }],
    ['a trailing comma', '{"model":"a","m":[1,],}', { model: 'a', m: [1] }],
    ['comments', '{"model":"a", // c\n /* "x": */ "m":"//"}', { model: 'a', m: '//' }],
    ['a lone surrogate', '{"model":"\\ud83d"}', { model: '\ud83d' }],
  ])('takes %s', (_, text, expected) => {
    const body = read(text);
    expect(body.toObject()).toEqual(expected);
    expect(JSON.parse(textOf(body))).toEqual(expected);
  });

  it('takes invalid UTF-8 as JSON.parse of the decoded text would', () => {
    const body = read(Buffer.from([...Buffer.from('{"a":"x'), 0xff, ...Buffer.from('"}')]));
    expect(body.get('a')).toBe('x\ufffd');
    expect(textOf(body)).toBe('{"a":"x\ufffd"}');
  });

  it('takes deeper nesting than the scan does, up to what can be written again', () => {
    const nested = (depth: number): string => `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`;
    expect(textOf(read(nested(500)))).toBe(nested(500));
    const result = readJsonBody([Buffer.from(nested(200_000))]);
    expect('kind' in result && result.kind).toBe('too-deep');
  });

  it.each([
    ['{', 'invalid-json', 'line 1 column 2 (char 1)'],
    ['not json', 'invalid-json', 'line 1 column 2 (char 1)'],
    ["{'a': 1}", 'invalid-json', 'line 1 column 2 (char 1)'],
    ['{"a": 1} extra', 'invalid-json', 'line 1 column 10 (char 9)'],
    ['{"a":\n  NaN}', 'invalid-json', 'line 2 column 3 (char 8)'],
    ['{"é":tru}', 'invalid-json', 'line 1 column 9 (char 8)'],
    ['{"a":[1,,2]}', 'invalid-json', 'line 1 column 9 (char 8)'],
    ['{,}', 'invalid-json', 'line 1 column 2 (char 1)'],
    ['{"a":1 // c\n,"b":1 2}', 'invalid-json', 'line 2 column 8 (char 19)'],
    ['[]', 'not-an-object', 'got an array'],
    ['"x"', 'not-an-object', 'got a string'],
    ['5', 'not-an-object', 'got a number'],
    ['null', 'not-an-object', 'got null'],
  ])('refuses %s as %s, %s', (text, kind, place) => {
    const problem = readJsonBody([Buffer.from(text)]);
    if (!('kind' in problem)) throw new Error('accepted');
    expect(problem.kind).toBe(kind);
    expect(problem.message).toMatch(/^Invalid JSON payload: /);
    expect(problem.message).toContain(place);
  });

  it('does not look into strings: their bytes are forwarded, and reading them gives nothing', () => {
    const text = '{"a":"x\ny","b":1}';
    expect(textOf(read(text))).toBe(text);
    expect(read(text).get('a')).toBeUndefined();
    expect(read(text).get('b')).toBe(1);
  });

  it('estimates four bytes a token, data URLs as one image each', () => {
    const image = `data:image/png;base64,${'A'.repeat(100_000)}`;
    expect(read('{}').promptTokens).toBe(1);
    expect(read(JSON.stringify({ messages: 'x'.repeat(4000) })).promptTokens).toBeGreaterThan(1000);
    const tokens = read(JSON.stringify({ messages: [{ url: image }, { url: image }] })).promptTokens;
    expect(tokens).toBeGreaterThanOrEqual(500);
    expect(tokens).toBeLessThan(520);
  });

  it('makes a body of fields', () => {
    expect(textOf(jsonBodyOf({ model: 'a', 'k"': [1] }))).toBe('{"model":"a","k\\"":[1]}');
    expect(jsonBodyOf({ 'k"': [1] }).get('k"')).toEqual([1]);
  });
});
