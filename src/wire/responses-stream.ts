// Streams of the Responses API: named events, forwarded as they are. Only lifecycle events are opened up, because they
// hold the response object with its id, model and usage.
import type { TokenUsage } from '../core/outcome.ts';
import { bytesToText, jsonByteText } from './byte-text.ts';
import { isFields, type Fields } from './chunk-dialect.ts';
import { CommitHold } from './commit-hold.ts';
import { readEventJson, TOO_LARGE, TOO_MUCH_HELD } from './event-json.ts';
import { inBandErrorOf } from './in-band-error.ts';
import { PlainAnswer } from './plain-answer.ts';
import { responsesErrorEvent } from './sse-encode.ts';
import { SseDecoder } from './sse-decoder.ts';
import type {
  InBandError,
  StreamEnd,
  StreamError,
  StreamFault,
  StreamReader,
  StreamReaderOptions,
} from './stream-reader.ts';
import { usageOfAnswer } from './usage.ts';

/** Events that promise an answer but hold none of it. Any other commits (DESIGN 4.6). */
const OPENING: ReadonlySet<string> = new Set([
  'response.created',
  'response.in_progress',
  'response.queued',
  'ping',
  'keepalive',
]);
const TERMINAL: ReadonlySet<string> = new Set(['response.completed', 'response.incomplete', 'response.failed']);

export class ResponsesStream implements StreamReader {
  hasContent = false;
  isTerminated = false;
  usage: TokenUsage | undefined;
  inBandError: InBandError | undefined;
  fault: StreamFault | undefined;
  noiseCount = 0;
  readonly #options: StreamReaderOptions;
  readonly #decoder = new SseDecoder();
  readonly #plain = new PlainAnswer();
  readonly #hold = new CommitHold();
  #lastSequence = -1;
  #isEnding = false;

  constructor(options: StreamReaderOptions) {
    this.#options = options;
  }

  push(chunk: Uint8Array): string {
    if (this.#isOver) return '';
    const text = bytesToText(chunk);
    if (this.#plain.takes(text)) {
      if (this.#plain.isTooLarge) this.fault = TOO_LARGE;
      return '';
    }
    const decoder = this.#decoder;
    decoder.feed(text);
    let out = '';
    while (!this.#isOver && decoder.next()) out += this.#onEvent();
    if (decoder.isOverflown) this.fault ??= TOO_LARGE;
    out = this.#hold.release(out, this.hasContent);
    if (this.#hold.isTooLarge) this.fault ??= TOO_MUCH_HELD;
    return out;
  }

  end(_isClean: boolean): StreamEnd {
    let out = '';
    if (!this.#isOver) {
      this.#isEnding = true;
      if (this.#plain.isJson) this.#readPlainError(this.#plain);
      else if (this.#decoder.flush()) out = this.#onEvent();
    }
    const bytes = this.#hold.release(out, this.hasContent);
    return this.isTerminated ? { kind: 'complete', bytes } : { kind: 'cut', bytes, message: this.#whyCut() };
  }

  errorEvent(error: StreamError): string {
    return responsesErrorEvent(error, this.#lastSequence + 1);
  }

  get #isOver(): boolean {
    return this.isTerminated || this.fault !== undefined || this.inBandError !== undefined;
  }

  /** A plain body is told only when it is an error: a response object cannot be told as events faithfully. */
  #readPlainError(plain: PlainAnswer): void {
    const answer = plain.parse();
    if (answer !== undefined) this.inBandError = inBandErrorOf(answer, '');
  }

  #onEvent(): string {
    const { data, event: name } = this.#decoder;
    const json = data.trim();
    if (json === '' || json === '[DONE]') return '';
    const read = readEventJson(json, name);
    if (read.kind === 'object') return this.#onObject(read.value, name, json);
    if (read.kind === 'error') this.inBandError = read.error;
    else if (read.kind === 'fault' && !this.#isEnding) this.fault = read.fault;
    else this.noiseCount += 1;
    return '';
  }

  #onObject(value: Fields, name: string, json: string): string {
    const type = typeof value['type'] === 'string' ? value['type'] : name;
    if (typeof value['sequence_number'] === 'number') this.#lastSequence = value['sequence_number'];
    if (!type.startsWith('response.')) this.inBandError = inBandErrorOf(value, name);
    return this.inBandError === undefined ? this.#onTyped(type, value, json) : '';
  }

  #onTyped(type: string, value: Fields, json: string): string {
    const response = value['response'];
    if (type === 'response.failed' && !this.hasContent) {
      // Nothing has reached the client: an ordinary failure, which another deployment may answer.
      this.inBandError = { payload: { error: isFields(response) ? response['error'] : value } };
      return '';
    }
    if (TERMINAL.has(type)) {
      this.isTerminated = true;
      this.usage = usageOfAnswer(value);
    }
    if (!OPENING.has(type)) this.hasContent = true;
    const isChanged = isFields(response) && this.#rewrite(response);
    const text = isChanged || json.includes('\n') ? jsonByteText(value) : json;
    return type === '' ? `data: ${text}\n\n` : `event: ${type}\ndata: ${text}\n\n`;
  }

  /** Puts the client's view of model and ids into a response object; true when something changed. */
  #rewrite(response: Fields): boolean {
    const { model, rewriteResponseId } = this.#options;
    let isChanged = false;
    if (model !== undefined && response['model'] !== model) {
      response['model'] = model;
      isChanged = true;
    }
    if (rewriteResponseId === undefined) return isChanged;
    for (const key of ['id', 'previous_response_id']) {
      const id = response[key];
      if (typeof id !== 'string' || id === '') continue;
      response[key] = rewriteResponseId(id);
      isChanged = true;
    }
    return isChanged;
  }

  #whyCut(): string {
    if (this.fault !== undefined) return this.fault.message;
    if (this.inBandError !== undefined) return 'the provider sent an error event';
    return this.#lastSequence < 0 ? 'the stream ended without an answer' : 'the stream ended before its terminal event';
  }
}
