// Reads an error body in whatever form a provider wrote it, into the few fields that classification looks at. Separate
// because forms are many and the rules that use them are few.

/** What a provider said, as far as it could be read. Strings are as they came. */
export interface ProviderError {
  /** The readable text; the body itself when it is not JSON; '' when there is none. */
  readonly message: string;
  readonly type: string | null;
  readonly param: string | null;
  /** `error.code` as text, numbers included. */
  readonly code: string | null;
  /** Every structured word that names the error: code, type, status, inner codes; lower case. */
  readonly words: readonly string[];
  /** The body is a JSON error object of some vendor, as opposed to HTML, text, or nothing. */
  readonly isErrorFormat: boolean;
}

const LONGEST_MESSAGE = 4_000;
const NOTHING: ProviderError = { message: '', type: null, param: null, code: null, words: [], isErrorFormat: false };

/** Never throws; text that is not JSON becomes the message. */
export function readProviderError(body: string): ProviderError {
  const text = body.trim();
  if (text.startsWith('{') || text.startsWith('[')) {
    const parsed = parseJson(text);
    if (parsed !== undefined) return readErrorValue(parsed);
  }
  return { ...NOTHING, message: text.slice(0, LONGEST_MESSAGE) };
}

/** The same for a value that is parsed already (an error event of a stream). */
export function readErrorValue(value: unknown): ProviderError {
  const outer = Array.isArray(value) ? value[0] : value;
  if (!isRecord(outer)) return { ...NOTHING, message: textOf(value) };
  const inner = outer['error'];
  const error = isRecord(inner) ? inner : isRecord(outer['errors']) ? outer['errors'] : outer;
  const message = messageOf(error, outer);
  const code = scalarOf(error['code'] ?? error['status_code'] ?? outer['code']);
  const type = scalarOf(error['type'] ?? outer['error_type']);
  return {
    message: message.slice(0, LONGEST_MESSAGE),
    type,
    param: scalarOf(error['param']),
    code,
    words: wordsOf(error, outer),
    isErrorFormat: inner !== undefined || message !== '' || code !== null,
  };
}

function messageOf(error: Readonly<Record<string, unknown>>, outer: Readonly<Record<string, unknown>>): string {
  for (const candidate of [
    error['message'],
    outer['error'],
    outer['message'],
    outer['detail'],
    error['detail'],
    outer['title'],
  ]) {
    if (typeof candidate === 'string') return candidate;
    if (Array.isArray(candidate) && candidate.length > 0) return JSON.stringify(candidate);
  }
  return '';
}

function wordsOf(error: Readonly<Record<string, unknown>>, outer: Readonly<Record<string, unknown>>): string[] {
  const nested = [error['innererror'], error['inner_error'], error['metadata']].filter(isRecord);
  const values = [
    error['code'],
    error['type'],
    error['status'],
    error['reason'],
    outer['error_type'],
    outer['__type'],
    outer['code'],
  ];
  for (const part of nested) values.push(part['code'], part['error_type']);
  const words: string[] = [];
  for (const value of values) {
    const word = scalarOf(value);
    if (word !== null && word !== '') words.push(word.toLowerCase());
  }
  return words;
}

function scalarOf(value: unknown): string | null {
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? String(value) : null;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, LONGEST_MESSAGE) : '';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
