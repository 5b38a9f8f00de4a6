import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FAST_SCAN, JsonScan, MAX_SCAN_DEPTH, type ScanOptions } from './json-scan.ts';
import { readJsonBody } from './json-body.ts';

const ANY_JSON: ScanOptions = { maxDepth: Number.POSITIVE_INFINITY, anyKeys: true };

function scanned(pieces: readonly Buffer[], options = ANY_JSON): JsonScan | undefined {
  const scan = new JsonScan(options);
  return pieces.every((piece) => scan.push(piece)) && scan.finish() ? scan : undefined;
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

/** Cuts at every given place, and hands out pieces that share no memory. */
function cut(text: string, places: readonly number[]): Buffer[] {
  const bytes = Buffer.from(text);
  const at = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
  return at.slice(1).map((end, index) => Buffer.from(bytes.subarray(at[index] ?? 0, end)));
}

const oneOf = (characters: string): fc.Arbitrary<string> => fc.constantFrom(...characters.split(''));
const places = fc.array(fc.nat(), { maxLength: 6 });
/** What the structure is made of; no backslash and no control character, since strings are not looked into. */
const structural = fc.string({ unit: oneOf('{}[]:,"-+.0123456789eEtruefalsn '), maxLength: 24 });
const objectText = fc
  .dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }))
  .chain((value) =>
    fc.constantFrom(JSON.stringify(value), JSON.stringify(value, undefined, 2), JSON.stringify(value, undefined, '\t')),
  );
/** A valid text with one character replaced, added or taken away; no escapes, since strings are not looked into. */
const almostObject = fc
  .tuple(
    fc.dictionary(fc.string({ unit: oneOf('ab,:{}[]é') }), fc.jsonValue({ maxDepth: 3 })),
    fc.nat(),
    fc.option(oneOf('{}[]:,"-.0e '), { nil: '' }),
    fc.boolean(),
  )
  .map(([value, place, char, isInsert]) => {
    const text = JSON.stringify(value).replaceAll('\\', '/');
    const at = place % text.length;
    return text.slice(0, at) + char + text.slice(isInsert ? at : at + 1);
  });

describe('JsonScan', () => {
  it('accepts every object that JSON.parse accepts, however it is cut into chunks', () => {
    fc.assert(
      fc.property(objectText, places, (text, at) => {
        expect(scanned(cut(text, at))).toBeDefined();
      }),
    );
  });

  it('accepts exactly what JSON.parse accepts among texts of structural characters', () => {
    fc.assert(
      fc.property(structural, places, (text, at) => {
        const body = `{"k":${text}}`;
        expect(scanned(cut(body, at)) !== undefined).toBe(isJsonObject(body));
        expect(scanned(cut(text, at)) !== undefined).toBe(isJsonObject(text));
      }),
      { numRuns: 3000 },
    );
  });

  it('accepts exactly what JSON.parse accepts among texts that are almost right', () => {
    fc.assert(
      fc.property(almostObject, places, (text, at) => {
        expect(scanned(cut(text, at)) !== undefined).toBe(isJsonObject(text));
      }),
      { numRuns: 1500 },
    );
  });

  it('finds the same members wherever the text is cut', () => {
    const text = '{"a":"x\\\\\\"y","b\\\\":[1,-2.5e+3,true],"c":{"d":null} , "e":0, "é":"ü"}';
    const whole = scanned([Buffer.from(text)])?.members;
    const bytes = Buffer.from(text);
    for (let place = 0; place <= bytes.length; place += 1) {
      expect(scanned([bytes.subarray(0, place), bytes.subarray(place)])?.members).toEqual(whole);
    }
    expect(scanned([...bytes].map((byte) => Buffer.of(byte)))?.members).toEqual(whole);
    expect(whole?.keys).toEqual(['a', 'b\\', 'c', 'e', 'é']);
  });

  it.each(['01', '-', '1.', '.5', '1e', '1e+', '+1', '1.e2', '-01', '0x1', 'NaN', 'Infinity', 'tru', 'nulll', "'a'"])(
    'refuses the value %s',
    (value) => {
      expect(scanned([Buffer.from(`{"k":${value}}`)])).toBeUndefined();
      expect(scanned([Buffer.from(`{"k":[1,${value},2]}`)])).toBeUndefined();
    },
  );

  it.each(['0', '-0', '10', '0.5', '-1.25', '1e5', '1E-5', '0e0', '1.5e+10', '123456789012345678901234567890'])(
    'accepts the number %s',
    (value) => {
      expect(scanned([Buffer.from(`{"k":${value}}`)])).toBeDefined();
      expect(scanned([Buffer.from(`{"k":[${value}, ${value},${value} ]}`)])).toBeDefined();
    },
  );

  it('sends repeated, escaped and control-character keys of the top level the slow way, nested ones not', () => {
    for (const text of ['{"a":1,"a":2}', '{"a\\u0062":1}', '{"a\u0001":1}']) {
      expect(scanned([Buffer.from(text)], FAST_SCAN)).toBeUndefined();
      expect(scanned([Buffer.from(`{"outer":${text}}`)], FAST_SCAN)).toBeDefined();
    }
  });

  it('finds a repeated key among many', () => {
    const members = Array.from({ length: 100 }, (_, index) => `"k${index}":${index}`);
    expect(scanned([Buffer.from(`{${members.join(',')}}`)], FAST_SCAN)?.members.indexOf('k99')).toBe(99);
    expect(scanned([Buffer.from(`{${members.join(',')},"k3":0}`)], FAST_SCAN)).toBeUndefined();
  });

  it('stops at a nesting deeper than the limit', () => {
    const nested = (depth: number): Buffer => Buffer.from(`{"k":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`);
    expect(scanned([nested(MAX_SCAN_DEPTH)], FAST_SCAN)).toBeDefined();
    expect(scanned([nested(MAX_SCAN_DEPTH + 1)], FAST_SCAN)).toBeUndefined();
    expect(scanned([nested(MAX_SCAN_DEPTH + 1)], ANY_JSON)).toBeDefined();
  });

  it('counts data URLs and their bytes', () => {
    const url = `data:image/png;base64,${'A'.repeat(1000)}`;
    const scan = scanned([Buffer.from(JSON.stringify({ a: url, b: [{ url }], c: 'data: short', d: `not ${url}` }))]);
    expect(scan?.dataUrlCount).toBe(2);
    expect(scan?.dataUrlBytes).toBe(2 * (url.length + 2));
  });
});

describe('the developer role', () => {
  const named = '{"messages":[{"role":"developer","content":"hi"}]}';

  it('is noticed wherever the chunks are cut', () => {
    for (let at = 0; at <= named.length; at += 1) {
      const body = readJsonBody([Buffer.from(named.slice(0, at)), Buffer.from(named.slice(at))]);
      expect('kind' in body ? undefined : body.mayNameDeveloper).toBe(true);
    }
  });

  it.each(['{"messages":[{"role":"user","content":"developer mode"}]}', '{"model":"developers"}', '{"a":"d"}'])(
    'is not seen in %s',
    (text) => {
      const body = readJsonBody([Buffer.from(text)]);
      expect('kind' in body ? undefined : body.mayNameDeveloper).toBe(false);
    },
  );
});
