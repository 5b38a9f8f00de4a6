// What a client already has of a streamed answer: enough to go on with another upstream stream as if it were the same
// one, and to tell whether that one says the same. Written by the reader of each stream, read by the one that resumes.
import { jsonByteText } from './byte-text.ts';
import { isBlank, isFields, type Fields } from './chunk-dialect.ts';
import { KeptText } from './kept-text.ts';
import type { ToldResponse } from './told-response.ts';

/** Members of a delta (or of a text completion's choice) that hold the text of the answer, and its reasoning. */
const CONTENT_KEYS: ReadonlySet<string> = new Set(['content', 'text']);
const REASONING_KEYS: ReadonlySet<string> = new Set(['reasoning_content', 'reasoning']);

export class StreamProgress {
  /** Identity of the first chunk: every later one must have the same. */
  id: string | undefined;
  created: number | undefined;
  model: string | undefined;
  /** Of the Responses API: what was said beside the text. */
  response: ToldResponse | undefined;
  /**
   * Something was sent that a second stream cannot go on with: tool calls, a second choice, audio, log probabilities, or
   * more text than is kept.
   */
  isEntangled = false;
  /** A finish_reason was sent. */
  isFinished = false;
  readonly #content = new KeptText();
  readonly #reasoning = new KeptText();

  /** Text of the answer so far. */
  get content(): string {
    return this.#content.text;
  }

  /** Reasoning so far, in whichever member it came. */
  get reasoning(): string {
    return this.#reasoning.text;
  }

  /** `escaped` is the content of the string member `key` of a delta, as JSON byte text. */
  note(key: string, escaped: string): void {
    if (CONTENT_KEYS.has(key)) this.#keep(this.#content, escaped);
    else if (REASONING_KEYS.has(key)) this.#keep(this.#reasoning, escaped);
    else this.isEntangled = true;
  }

  /** Notes what repaired choices bring. */
  noteChoices(choices: readonly Fields[]): void {
    for (const choice of choices) {
      if (choice['index'] !== 0 || !isBlank(choice['logprobs'])) this.isEntangled = true;
      if (!isBlank(choice['finish_reason'])) this.isFinished = true;
      const members = isFields(choice['delta']) ? choice['delta'] : { text: choice['text'] };
      for (const key in members) {
        const value = members[key];
        if (key === 'role' || isBlank(value)) continue;
        if (typeof value === 'string') this.note(key, jsonByteText(value).slice(1, -1));
        else this.isEntangled = true;
      }
    }
  }

  /** Nobody can go on from a part of the text: when it is too long, what is kept of it is of no use either. */
  #keep(kept: KeptText, escaped: string): void {
    if (this.isEntangled) return;
    kept.add(escaped);
    if (!kept.isFull) return;
    this.isEntangled = true;
    this.#content.drop();
    this.#reasoning.drop();
  }
}
