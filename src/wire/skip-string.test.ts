import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_PIECE_BYTES, STRING_GOES_ON, STRING_GOES_ON_ESCAPED, StringSkipper } from './skip-string.ts';

/** The rule, byte by byte. */
function expectedEnd(piece: Buffer, from: number): number {
  let at = from;
  while (at < piece.length && piece[at] !== 0x22) at += piece[at] === 0x5c ? 2 : 1;
  if (at < piece.length) return at + 1;
  return at > piece.length ? STRING_GOES_ON_ESCAPED : STRING_GOES_ON;
}

const text = fc
  .array(
    fc.oneof(
      fc.constantFrom('\\', '\\\\', '\\"', '"', 'ü'),
      fc.nat(80).map((length) => 'x'.repeat(length)),
    ),
    {
      maxLength: 40,
    },
  )
  .map((parts) => Buffer.from(parts.join('')));

describe('StringSkipper', () => {
  it('finds the end that a byte loop finds, for every string of a piece', () => {
    const skipper = new StringSkipper();
    fc.assert(
      fc.property(text, (piece) => {
        skipper.start();
        let at = 0;
        while (at >= 0 && at <= piece.length) {
          const end = skipper.skip(piece, at);
          expect(end).toBe(expectedEnd(piece, at));
          at = end;
        }
      }),
      { numRuns: 2000 },
    );
  });

  it.each([0, 1, 2, 3, 4])('reads %i backslashes before the quote right, near and far', (count) => {
    const skipper = new StringSkipper();
    for (const before of [0, 5, 23, 24, 25, 100, 1000]) {
      const piece = Buffer.from(`${'x'.repeat(before)}${'\\'.repeat(count)}"tail"`);
      skipper.start();
      expect(skipper.skip(piece, 0)).toBe(expectedEnd(piece, 0));
    }
  });

  it('takes a piece of the largest size, escaped to its last byte', () => {
    const skipper = new StringSkipper();
    const piece = Buffer.from('\\"'.repeat(MAX_PIECE_BYTES / 2));
    skipper.start();
    expect(skipper.skip(piece, 0)).toBe(STRING_GOES_ON);
    piece.write('\\', piece.length - 1);
    skipper.start();
    expect(skipper.skip(piece, 0)).toBe(expectedEnd(piece, 0));
  });

  it('remembers nothing of the piece before', () => {
    const skipper = new StringSkipper();
    const escaped = Buffer.from(`${'y'.repeat(40)}\\"${'y'.repeat(40)}"`);
    skipper.start();
    expect(skipper.skip(escaped, 0)).toBe(escaped.length);
    skipper.start();
    const other = Buffer.from(`${'z'.repeat(200)}\\"z"`);
    expect(skipper.skip(other, 0)).toBe(other.length);
  });
});
