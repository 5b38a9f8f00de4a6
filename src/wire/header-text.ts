// Text from a config or a client as the value of a header. Separate because a name that is fine in JSON (another
// script, a line break, a megabyte) must neither break the answer that carries it nor add a header of its own.

/** What a header line may hold as it stands: no control characters, one byte a character. */
const PLAIN = /^[\t\x20-\x7e\xa0-\xff]*$/;
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f]/g;

/** Clients refuse an answer whose headers are larger than 8 to 16 KiB together. */
const LONGEST_VALUE = 1024;

/** UTF-8 bytes where Latin-1 does not suffice, spaces for control characters, cut at 1,024 bytes. */
export function headerText(text: string): string {
  if (text.length <= LONGEST_VALUE && PLAIN.test(text)) return text;
  const bytes = Buffer.from(text.slice(0, LONGEST_VALUE).replace(CONTROL, ' '), 'utf8');
  return bytes.toString('latin1', 0, LONGEST_VALUE);
}
