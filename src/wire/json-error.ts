// Says where a text stops being JSON, in the form of LiteLLM 1.106: `Invalid JSON payload: <what>: line 1 column 57
// (char 56)`. Only for texts that JSON.parse refused; V8's own messages name no position for most of them.
import { JsonScan, type ScanOptions } from './json-scan.ts';

const ANY_JSON: ScanOptions = { maxDepth: Number.POSITIVE_INFINITY, anyKeys: true };

/** A valid escape, or characters that may stand in a string as they are. */
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const STRING_PART = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})|[^"\\\u0000-\u001f]+/y;

interface JsonError {
  readonly reason: string;
  /** Characters before it. */
  readonly at: number;
}

export function describeJsonError(text: string): string {
  const { reason, at } = structureError(text) ?? stringError(text) ?? { reason: 'not valid JSON', at: 0 };
  const before = text.slice(0, at);
  const line = before.split('\n').length;
  const column = at - before.lastIndexOf('\n');
  return `Invalid JSON payload: ${reason}: line ${line} column ${column} (char ${at})`;
}

function structureError(text: string): JsonError | undefined {
  const bytes = Buffer.from(text);
  const scan = new JsonScan(ANY_JSON);
  if (scan.push(bytes)) scan.finish();
  const { stop } = scan;
  return stop && { reason: stop.reason, at: bytes.toString('utf8', 0, stop.offset).length };
}

/** First thing inside a string that may not stand there; the structure is known to be right. */
function stringError(text: string): JsonError | undefined {
  let at = text.indexOf('"');
  while (at >= 0) {
    at += 1;
    while (text[at] !== '"') {
      STRING_PART.lastIndex = at;
      if (!STRING_PART.test(text)) return { reason: stringReason(text[at]), at };
      at = STRING_PART.lastIndex;
    }
    at = text.indexOf('"', at + 1);
  }
  return undefined;
}

function stringReason(char: string | undefined): string {
  return char === '\\' ? 'invalid escape in string' : 'unexpected control character in string';
}
