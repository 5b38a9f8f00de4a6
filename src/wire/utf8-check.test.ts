import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { areUtf8 } from './utf8-check.ts';

const bytes = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 8 }).map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 8 }).map((array) => Buffer.from(array)),
);

describe('areUtf8', () => {
  it('says of chunks what isUtf8 says of them joined', () => {
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 4 }), (chunks) => {
        expect(areUtf8(chunks)).toBe(isUtf8(Buffer.concat(chunks)));
      }),
      { numRuns: 3000 },
    );
  });

  it('accepts characters of every length cut at every byte', () => {
    const text = Buffer.from('aé漢😀z');
    for (let place = 0; place <= text.length; place += 1) {
      expect(areUtf8([text.subarray(0, place), text.subarray(place)])).toBe(true);
    }
    expect(areUtf8([...text].map((byte) => Buffer.of(byte)))).toBe(true);
  });
});
