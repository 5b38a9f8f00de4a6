// Finds the end of a JSON string inside one chunk. Separate because prompts are strings: nearly every byte of a large
// body is passed here, and how to pass it fastest depends on the text.

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Strings shorter than this end before a native search would pay for its call. */
const NEAR_BYTES = 24;

/** A hop shorter than this cost more than looking at its bytes would have. */
const SHORT_HOP_BYTES = 96;

/** After a short hop this many bytes are looked at one by one before the next hop is tried. */
const WALK_BYTES = 1024;

/** The chunk ends inside the string. */
export const STRING_GOES_ON = -1;
/** The chunk ends inside the string, right after a backslash: the next byte belongs to it. */
export const STRING_GOES_ON_ESCAPED = -2;

/**
 * `at` is the first byte after the opening quote (or any byte of the string that no backslash precedes). Returns the
 * position after the closing quote, or one of the two constants above.
 */
export function skipString(chunk: Buffer, at: number): number {
  const end = chunk.length;
  let next = at;
  let walkEnd = Math.min(at + NEAR_BYTES, end);
  for (;;) {
    while (next < walkEnd) {
      const byte = chunk[next];
      if (byte === QUOTE) return next + 1;
      next += byte === BACKSLASH ? 2 : 1;
    }
    if (next >= end) return next > end ? STRING_GOES_ON_ESCAPED : STRING_GOES_ON;
    const quote = chunk.indexOf(QUOTE, next);
    const stop = quote < 0 ? end : quote;
    const isEscaped = endsEscaped(chunk, next, stop);
    if (quote < 0) return isEscaped ? STRING_GOES_ON_ESCAPED : STRING_GOES_ON;
    if (!isEscaped) return quote + 1;
    walkEnd = stop - next < SHORT_HOP_BYTES ? Math.min(stop + WALK_BYTES, end) : stop;
    next = stop + 1;
  }
}

/** An odd number of backslashes stands before `stop`; none before `from` counts. */
function endsEscaped(chunk: Buffer, from: number, stop: number): boolean {
  let before = stop;
  while (before > from && chunk[before - 1] === BACKSLASH) before -= 1;
  return ((stop - before) & 1) === 1;
}
