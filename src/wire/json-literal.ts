// The three words of JSON, told by their first byte.

/** The literal that begins with this byte, or `undefined`. */
export function literalOf(byte: number | undefined): string | undefined {
  if (byte === 0x74) return 'true';
  if (byte === 0x66) return 'false';
  if (byte === 0x6e) return 'null';
  return undefined;
}
