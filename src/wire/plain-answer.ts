// A plain JSON body where a stream was asked for: some servers ignore `stream: true`. It is noticed at its first
// character, collected, and at the end told as events, so that the client gets the answer in the form it asked for.
import { parseByteText } from './byte-text.ts';
import { isFields, type Fields } from './chunk-dialect.ts';

const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

export class PlainAnswer {
  #form: 'undecided' | 'json' | 'events' = 'undecided';
  #text = '';

  /** Takes a chunk of byte text; false when the body is a stream of events, whose reader it is for. */
  takes(text: string): boolean {
    if (this.#form === 'events') return false;
    if (this.#form === 'undecided') {
      const first = /\S/.exec(text)?.[0];
      if (first === undefined) return true; // white space says nothing in either form
      this.#form = first === '{' || first === '[' ? 'json' : 'events';
      if (this.#form === 'events') return false;
    }
    this.#text += text;
    return true;
  }

  get isJson(): boolean {
    return this.#form === 'json';
  }

  get isTooLarge(): boolean {
    return this.#text.length >= MAX_ANSWER_BYTES;
  }

  /** The object that the body holds (Gemini wraps errors in a list), or `undefined`. */
  parse(): Fields | undefined {
    try {
      const value = parseByteText(this.#text);
      const object = Array.isArray(value) ? value[0] : value;
      return isFields(object) ? object : undefined;
    } catch {
      return undefined;
    }
  }
}
