// Is a list of chunks valid UTF-8, characters cut between chunks included? Separate because the answer needs no join.
import { isUtf8 } from 'node:buffer';

/** Longest part of a character that a chunk can end with. */
const MAX_PARTIAL_BYTES = 3;

export function areUtf8(chunks: readonly Buffer[]): boolean {
  let carried: Buffer | undefined;
  for (const chunk of chunks) {
    const whole = carried === undefined ? chunk : Buffer.concat([carried, chunk]);
    const cut = whole.length - partialLength(whole);
    if (!isUtf8(cut === whole.length ? whole : whole.subarray(0, cut))) return false;
    carried = cut === whole.length ? undefined : whole.subarray(cut);
  }
  return carried === undefined;
}

/** Bytes at the end that begin a character which is not whole. */
function partialLength(chunk: Buffer): number {
  for (let back = 1; back <= MAX_PARTIAL_BYTES && back <= chunk.length; back += 1) {
    const byte = chunk[chunk.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return back < characterLength(byte) ? back : 0;
  }
  return 0;
}

function characterLength(lead: number): number {
  if (lead >= 0xf0) return 4;
  return lead >= 0xe0 ? 3 : 2;
}
