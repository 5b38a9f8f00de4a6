// Finds the end of a JSON string inside one piece of a body. Separate because prompts are strings: nearly every byte of a
// large body is passed here, and how to pass it fastest depends on the text.
import { createStringEndFunction } from './string-end.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Strings shorter than this end before a native search would pay for its call. */
const NEAR_BYTES = 24;

/** Largest piece that a StringSkipper takes: it copies pieces into memory of its own. */
export const MAX_PIECE_BYTES = 64 * 1024;

/** The piece ends inside the string. */
export const STRING_GOES_ON = -1;
/** The piece ends inside the string, right after a backslash: the next byte belongs to it. */
export const STRING_GOES_ON_ESCAPED = -2;

/** Where pieces are copied to; the bytes before stop the search for backslashes. */
const PIECE_AT = 16;

/** Skips strings piece by piece. Nothing outlives a piece, so that one skipper is enough for all bodies. */
export class StringSkipper {
  readonly #scratch = createStringEndFunction();
  /** Position in the piece of the first byte that was copied, -1 when none was. */
  #copiedFrom = -1;

  /** To be called before each new piece. */
  start(): void {
    this.#copiedFrom = -1;
  }

  /**
   * `at` is the first byte after the opening quote, or any byte of the string that no backslash escapes. Returns the
   * position after the closing quote, or one of the constants above.
   */
  skip(piece: Buffer, at: number): number {
    const near = Math.min(at + NEAR_BYTES, piece.length);
    let next = at;
    while (next < near) {
      const byte = piece[next];
      if (byte === QUOTE) return next + 1;
      if (byte === BACKSLASH) next += 1;
      next += 1;
    }
    if (next >= piece.length) return next > piece.length ? STRING_GOES_ON_ESCAPED : STRING_GOES_ON;
    return this.#copiedFrom < 0 ? this.#hop(piece, next) : this.#search(piece, next);
  }

  /** One native hop is fastest when it lands on the closing quote. */
  #hop(piece: Buffer, from: number): number {
    const quote = piece.indexOf(QUOTE, from);
    const stop = quote < 0 ? piece.length : quote;
    const isEscaped = endsEscaped(piece, from, stop);
    if (quote < 0) return isEscaped ? STRING_GOES_ON_ESCAPED : STRING_GOES_ON;
    return isEscaped ? this.#search(piece, stop + 1) : stop + 1;
  }

  /** Text with escaped quotes. From the first of them on the whole piece is searched in memory of its own. */
  #search(piece: Buffer, from: number): number {
    if (this.#copiedFrom < 0) this.#copy(piece, from);
    const shift = PIECE_AT - this.#copiedFrom;
    const end = this.#scratch.stringEnd(from + shift) - shift;
    if (end < piece.length) return end + 1;
    return end === piece.length ? STRING_GOES_ON : STRING_GOES_ON_ESCAPED;
  }

  /** Two quotes end the text: one for a string that goes on, one more for a piece that ends in a backslash. */
  #copy(piece: Buffer, from: number): void {
    const { memory } = this.#scratch;
    memory.set(from === 0 ? piece : piece.subarray(from), PIECE_AT);
    memory.fill(QUOTE, PIECE_AT + piece.length - from, PIECE_AT + piece.length - from + 2);
    this.#copiedFrom = from;
  }
}

/** An odd number of backslashes stands before `stop`; none before `from` counts. */
function endsEscaped(piece: Buffer, from: number, stop: number): boolean {
  let before = stop;
  while (before > from && piece[before - 1] === BACKSLASH) before -= 1;
  return ((stop - before) & 1) === 1;
}
