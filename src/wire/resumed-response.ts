// A response that is streamed a second time, for one that broke: what the client has of it is swallowed, what comes
// behind goes out under the first one's ids and numbers, since clients refuse a response whose id changes midway. At the
// first difference nothing of the second may follow the first (DESIGN 5).
import type { TokenUsage } from '../core/outcome.ts';
import { isFields, type Fields } from './chunk-dialect.ts';
import { KnownText } from './known-text.ts';
import { keep, REPLAY_DIFFERS, type ReplayVerdict } from './replay.ts';
import type { StreamFault } from './stream-reader.ts';
import type { StreamProgress } from './stream-progress.ts';
import { ToldResponse } from './told-response.ts';

const STORED_AGAIN: StreamFault = {
  kind: 'replay-differs',
  message: 'the second answer is stored under an id of its own, the first one was not to be stored',
};

export class ResumedResponse {
  /** Of the stream that broke; its numbers go on. */
  readonly #first: ToldResponse;
  /** Of this stream, under its own ids. */
  readonly #own: ToldResponse;
  readonly #text: KnownText;

  /** `isStored`: what the request asks for. */
  constructor(first: ToldResponse, progress: StreamProgress, isStored: boolean) {
    this.#first = first;
    this.#own = new ToldResponse(isStored);
    this.#text = new KnownText(progress.content);
  }

  /** All that the client has was said again. */
  get hasCaughtUp(): boolean {
    const isBegun = this.#own.itemId !== undefined && (this.#own.hasPart || !this.#first.hasPart);
    return isBegun && this.#text.hasCaughtUp;
  }

  /** Why it differs. */
  get fault(): StreamFault {
    return this.#own.isStored ? STORED_AGAIN : REPLAY_DIFFERS;
  }

  /** Takes in a response object. The client was told that nothing is kept, and nobody would know this one's id. */
  noteObject(response: Fields): void {
    this.#own.noteObject(response);
  }

  /** Takes from an event what the client has. */
  strip(type: string, event: Fields): ReplayVerdict {
    if (this.#own.isStored) return 'differs';
    switch (this.#own.note(type, event)) {
      case 'item':
        return 'same'; // no stream is resumed before its item
      case 'part':
        return this.#first.hasPart ? 'same' : 'news';
      case 'text':
        return keep(event, 'delta', this.#text.untold(String(event['delta'])));
      default:
        // What cannot be compared may only come behind what the client has.
        return this.hasCaughtUp ? 'news' : 'differs';
    }
  }

  /** Gives an event that goes out the ids of the first stream and its next number. */
  adopt(event: Fields): void {
    if (event['item_id'] === this.#own.itemId) event['item_id'] = this.#first.itemId;
    this.#adoptItem(event['item']);
    const { response } = event;
    if (isFields(response)) {
      Object.assign(response, this.#first.identity);
      if (Array.isArray(response['output'])) for (const item of response['output']) this.#adoptItem(item);
    }
    // A stream that had no numbers gets none.
    if (this.#first.sequence < 0) delete event['sequence_number'];
    else event['sequence_number'] = this.#first.sequence + 1;
  }

  #adoptItem(item: unknown): void {
    if (isFields(item) && item['id'] === this.#own.itemId) item['id'] = this.#first.itemId;
  }
}

/** Adds `spent` to the counts of a response's usage; its details stay those of this stream. */
export function addSpent(response: Fields, spent: TokenUsage): void {
  const usage = response['usage'];
  if (!isFields(usage)) return;
  const add = (key: string, tokens: number): void => {
    if (typeof usage[key] === 'number') usage[key] += tokens;
  };
  add('input_tokens', spent.promptTokens);
  add('output_tokens', spent.completionTokens);
  add('total_tokens', spent.totalTokens);
}
