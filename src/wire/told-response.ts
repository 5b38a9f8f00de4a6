// What has been said of a streamed response beside its text: its ids, its numbers, and whether it is one message of
// plain text so far. Read of the stream that broke and of the one that goes on for it, so that both are judged alike.
import { isBlank, isFields, type Fields } from './chunk-dialect.ts';

/** Members of the response object that clients check or keep: the first object decides. */
const IDENTITY = ['id', 'created_at', 'model', 'previous_response_id'] as const;

/**
 * What an event is to the one message: its beginning, that of its text, a piece of it. `other`: whatever else (the end of
 * the text too), or one of these out of its order.
 */
export type ToldStep = 'item' | 'part' | 'text' | 'other';

export class ToldResponse {
  /** `sequence_number` of the last event that went out; -1 where there was none. */
  sequence = -1;
  /** What every later response object must repeat. */
  identity: Fields | undefined;
  /** Id of the message. */
  itemId: string | undefined;
  /** The message has its text, which may be empty yet. */
  hasPart = false;
  /** The provider keeps the response under its id: what it says itself, else what the request asks for. */
  isStored: boolean;

  constructor(isStored: boolean) {
    this.isStored = isStored;
  }

  /** Notes a response object, as the client sees it. */
  noteObject(response: Fields): void {
    if (typeof response['store'] === 'boolean') this.isStored = response['store'];
    if (this.identity !== undefined) return;
    this.identity = {};
    for (const key of IDENTITY) if (key in response) this.identity[key] = response[key];
  }

  /** Notes an event of the answer. */
  note(type: string, event: Fields): ToldStep {
    switch (type) {
      case 'response.output_item.added':
        return this.#noteItem(event['item']);
      case 'response.content_part.added':
        return this.#isOfItem(event) && !this.hasPart && isEmptyText(event['part']) ? this.#notePart() : 'other';
      case 'response.output_text.delta':
        return this.#isOfText(event) && typeof event['delta'] === 'string' ? 'text' : 'other';
      default:
        return 'other';
    }
  }

  #noteItem(item: unknown): ToldStep {
    if (this.itemId !== undefined || !isFields(item) || item['type'] !== 'message') return 'other';
    if (typeof item['id'] !== 'string' || !isBlank(item['content'])) return 'other';
    this.itemId = item['id'];
    return 'item';
  }

  #notePart(): ToldStep {
    this.hasPart = true;
    return 'part';
  }

  #isOfItem(event: Fields): boolean {
    return this.itemId !== undefined && event['item_id'] === this.itemId;
  }

  /** Log probabilities belong to the pieces as they were cut: such a text cannot be cut anew. */
  #isOfText(event: Fields): boolean {
    return this.hasPart && this.#isOfItem(event) && isBlank(event['logprobs']);
  }
}

function isEmptyText(part: unknown): boolean {
  return isFields(part) && part['type'] === 'output_text' && isBlank(part['text']) && isBlank(part['annotations']);
}
