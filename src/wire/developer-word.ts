// Recognises the word `developer` where a string of a body begins: the one role that not every vendor knows. Separate from
// the scan because the word is a vendor's matter; the scan only passes by.

const DEVELOPER = 'developer';
const QUOTE = 0x22;
const LETTER_D = 0x64;

/** Whether the string whose first byte is at `at` is the word, or may be: a cut one is not looked at further. */
export function opensDeveloper(chunk: Buffer, at: number): boolean {
  if (at >= chunk.length) return true;
  if (chunk[at] !== LETTER_D) return false;
  const end = at + DEVELOPER.length;
  if (!DEVELOPER.startsWith(chunk.toString('latin1', at, Math.min(end, chunk.length)))) return false;
  return end >= chunk.length || chunk[end] === QUOTE;
}
