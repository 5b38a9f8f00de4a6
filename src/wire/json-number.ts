// The grammar of JSON numbers as a table, so that a number may stop at the end of a chunk and go on in the next.
// Separate from the scanner because it is data.

/** Before the first byte of a number, which is then a minus or a digit. */
export const NUMBER_START = 0;

const MINUS = 1;
const ZERO = 2;
const INTEGER = 3;
const DOT = 4;
const FRACTION = 5;
const E = 6;
const E_SIGN = 7;
const EXPONENT = 8;

const OTHER_BYTE = 0;
const BYTE_CLASSES = ['0', '123456789', '-', '+', '.', 'eE'];

/** Class of a byte: the column of the table below. */
const BYTE_CLASS = new Uint8Array(256).map(
  (_, byte) => BYTE_CLASSES.findIndex((members) => members.includes(String.fromCharCode(byte))) + 1,
);

// Columns: other, 0, 1-9, -, +, dot, e, unused. 0 = the number ends before this byte.
const STEPS = Uint8Array.from(
  [
    [0, ZERO, INTEGER, MINUS, 0, 0, 0, 0], // start
    [0, ZERO, INTEGER, 0, 0, 0, 0, 0], // after the minus
    [0, 0, 0, 0, 0, DOT, E, 0], // zero: no digit may follow
    [0, INTEGER, INTEGER, 0, 0, DOT, E, 0],
    [0, FRACTION, FRACTION, 0, 0, 0, 0, 0], // after the dot
    [0, FRACTION, FRACTION, 0, 0, 0, E, 0],
    [0, EXPONENT, EXPONENT, E_SIGN, E_SIGN, 0, 0, 0], // after the e
    [0, EXPONENT, EXPONENT, 0, 0, 0, 0, 0], // after its sign
    [0, EXPONENT, EXPONENT, 0, 0, 0, 0, 0],
  ].flat(),
);

/** State after one more byte; 0 = the byte does not belong to the number. */
export function numberStep(state: number, byte: number): number {
  return STEPS[(state << 3) | (BYTE_CLASS[byte] ?? OTHER_BYTE)] ?? 0;
}

/** May a number end in this state? */
export function isWholeNumber(state: number): boolean {
  return state === INTEGER || state === ZERO || state === FRACTION || state === EXPONENT;
}

/**
 * End of the number that begins at `at`, when it is whole and something follows it in this piece; -1 for the table to
 * find out. This is what makes lists of tokens and embeddings cheap.
 */
export function plainNumberEnd(piece: Uint8Array, at: number): number {
  // No read past the end, here and below: one would turn every later read of this code into a slow one (three times).
  const end = piece.length;
  if (at >= end) return -1;
  const first = piece[at] === 0x2d ? at + 1 : at;
  let next = digitsEnd(piece, first, end);
  if (next === first || next >= end || (next > first + 1 && piece[first] === 0x30)) return -1;
  if (piece[next] === 0x2e) {
    const fraction = next + 1;
    next = digitsEnd(piece, fraction, end);
    if (next === fraction || next >= end) return -1;
  }
  const after = piece[next];
  return after === 0x2c || after === 0x5d || after === 0x7d ? next : -1;
}

function digitsEnd(piece: Uint8Array, at: number, end: number): number {
  let next = at;
  while (next < end) {
    const byte = piece[next] ?? 0;
    if (byte < 0x30 || byte > 0x39) break;
    next += 1;
  }
  return next;
}
