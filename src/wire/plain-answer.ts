// A plain JSON body where a stream was asked for: some servers ignore `stream: true`. It is collected here and then
// told as events, so that the client gets the answer it asked for in the form it asked for.
import { parseByteText } from './byte-text.ts';
import { isFields, type Fields } from './chunk-dialect.ts';

const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** Does the body begin as JSON rather than as events? `undefined` while only white space has come. */
export function isPlainJson(text: string): boolean | undefined {
  const first = /\S/.exec(text)?.[0];
  return first === undefined ? undefined : first === '{' || first === '[';
}

/** The body so far, as byte text. */
export class PlainAnswer {
  text = '';

  /** False when the body is larger than any answer may be. */
  add(text: string): boolean {
    this.text += text;
    return this.text.length < MAX_ANSWER_BYTES;
  }

  /** The object that the body holds (Gemini wraps errors in a list), or `undefined`. */
  parse(): Fields | undefined {
    try {
      const value = parseByteText(this.text);
      const object = Array.isArray(value) ? value[0] : value;
      return isFields(object) ? object : undefined;
    } catch {
      return undefined;
    }
  }
}
