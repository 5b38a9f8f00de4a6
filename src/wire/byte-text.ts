// Streams are handled as text with one character per byte (latin1): decoding is a copy, no character can be split
// between chunks, and what is not changed leaves byte for byte. UTF-8 matters only where JSON is read or made.

// oxlint-disable-next-line no-control-regex -- the range is the point
const NON_ASCII = /[^\u0000-\u007f]/;

/** Bytes to text, one character per byte. */
export function bytesToText(chunk: Uint8Array): string {
  const buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  return buffer.toString('latin1');
}

/** Byte text holding UTF-8 to an ordinary string; invalid sequences become U+FFFD. */
export function decodeByteText(text: string): string {
  return NON_ASCII.test(text) ? Buffer.from(text, 'latin1').toString('utf8') : text;
}

/** An ordinary string to byte text holding UTF-8. */
export function encodeByteText(text: string): string {
  return NON_ASCII.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text;
}

/** A value to JSON as byte text. */
export function jsonByteText(value: unknown): string {
  return encodeByteText(JSON.stringify(value));
}

/** Parses JSON byte text; throws as `JSON.parse` does. */
export function parseByteText(json: string): unknown {
  return JSON.parse(decodeByteText(json));
}
