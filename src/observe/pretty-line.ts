// How a log line reads on a terminal: the message, then the fields as key=value, all on one line. Separate because it is
// for people only; on a pipe the same line stays JSON.

/** Written by the printer in front of the message. */
const IN_FRONT: ReadonlySet<string> = new Set(['level', 'time', 'msg']);
const PLAIN = /^[^\s"=]+$/;

/** One line without time and level. The call's id comes last: it is long and looked for, not read. */
export function prettyLine(fields: Readonly<Record<string, unknown>>): string {
  const { msg, id, ...rest } = fields;
  const pairs = Object.entries(rest).filter(([key, value]) => !IN_FRONT.has(key) && value !== undefined);
  if (id !== undefined) pairs.push(['id', id]);
  return [typeof msg === 'string' ? msg : '', ...pairs.map(([key, value]) => `${key}=${shown(value)}`)]
    .join(' ')
    .trim();
}

/** Text with a space, a quote or a line end is quoted, so that a line stays a line. */
function shown(value: unknown): string {
  return typeof value === 'string' && PLAIN.test(value) ? value : JSON.stringify(value);
}
