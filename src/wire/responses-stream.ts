// Streams of the Responses API: named events, forwarded as they are. Only lifecycle events are opened up, because they
// hold the response object with its id, model and usage, and all events of a stream that goes on for a broken one.
import type { TokenUsage } from '../core/outcome.ts';
import { bytesToText, jsonByteText } from './byte-text.ts';
import { isFields, type Fields } from './chunk-dialect.ts';
import { CommitHold } from './commit-hold.ts';
import { readEventJson, TOO_LARGE, TOO_MUCH_HELD } from './event-json.ts';
import { inBandErrorOf } from './in-band-error.ts';
import { PlainAnswer } from './plain-answer.ts';
import { addSpent, ResumedResponse } from './resumed-response.ts';
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
import { ToldResponse } from './told-response.ts';
import { usageOfAnswer } from './usage.ts';

/** Events that promise an answer but hold none of it. Any other commits (DESIGN 4.6). */
const OPENING: ReadonlySet<string> = new Set([
  'response.created',
  'response.in_progress',
  'response.queued',
  'ping',
  'keepalive',
]);
/** `response.failed` is an error that the provider tells in-band. */
const TERMINAL: ReadonlySet<string> = new Set(['response.completed', 'response.incomplete']);

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
  readonly #told: ToldResponse;
  /** This stream goes on for one that broke. */
  readonly #resumed: ResumedResponse | undefined;
  /** The provider's own last word on an answer that failed. */
  #failedEvent: string | undefined;
  #isEnding = false;

  constructor(options: StreamReaderOptions) {
    this.#options = options;
    const { progress, resume } = options;
    const isStored = options.storesResponse !== false;
    const told = resume === undefined ? undefined : progress?.response;
    this.#told = told ?? new ToldResponse(isStored);
    if (told !== undefined && progress !== undefined) this.#resumed = new ResumedResponse(told, progress, isStored);
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
    return this.#failedEvent ?? responsesErrorEvent(error, this.#told.sequence + 1);
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
    if (!type.startsWith('response.')) this.inBandError = inBandErrorOf(value, name);
    if (this.inBandError !== undefined) return '';
    const { response } = value;
    let isChanged = isFields(response) && this.#rewrite(response);
    if (type === 'response.failed') return this.#onFailed(type, value, isChanged ? undefined : json);
    if (!OPENING.has(type)) this.hasContent = true;
    if (this.#resumed !== undefined) {
      if (!this.#isNews(type, value, this.#resumed)) return '';
      this.#resumed.adopt(value);
      isChanged = true;
    }
    if (TERMINAL.has(type) && this.#onTerminal(value)) isChanged = true;
    this.#note(type, value);
    return eventText(type, value, isChanged ? undefined : json);
  }

  /** Before content it is an ordinary failure, which another deployment may answer; behind it, another may go on. */
  #onFailed(type: string, value: Fields, intact: string | undefined): string {
    const { response } = value;
    this.inBandError = { payload: { error: isFields(response) ? response['error'] : value } };
    if (!this.hasContent || this.#resumed?.hasCaughtUp === false) return '';
    this.#resumed?.adopt(value);
    this.#failedEvent = eventText(type, value, this.#resumed === undefined ? intact : undefined);
    return '';
  }

  /** Whether the client lacks something of this event; what it has is taken out of it. */
  #isNews(type: string, event: Fields, resumed: ResumedResponse): boolean {
    if (isFields(event['response'])) resumed.noteObject(event['response']);
    if (OPENING.has(type)) return false;
    const verdict = resumed.strip(type, event);
    if (verdict === 'differs') this.fault = resumed.fault;
    return verdict === 'news';
  }

  /** The answer is whole; true when its response had something added. */
  #onTerminal(event: Fields): boolean {
    const { finishNote, resume } = this.#options;
    const { response } = event;
    this.isTerminated = true;
    this.usage = usageOfAnswer(event);
    if (!isFields(response)) return false;
    if (resume !== undefined) addSpent(response, resume.spent);
    const note = finishNote?.();
    if (note !== undefined) response['loadstone'] = note;
    return note !== undefined;
  }

  /** Notes an event that goes out, for a stream that may have to go on for this one. */
  #note(type: string, event: Fields): void {
    const told = this.#told;
    const { progress } = this.#options;
    if (typeof event['sequence_number'] === 'number') told.sequence = event['sequence_number'];
    if (isFields(event['response'])) told.noteObject(event['response']);
    if (progress === undefined || OPENING.has(type)) return;
    progress.response = told;
    if (told.isStored) progress.isEntangled = true;
    if (progress.isEntangled) return;
    const step = told.note(type, event);
    if (step === 'text') progress.note('text', jsonByteText(event['delta']).slice(1, -1));
    else if (step === 'other') progress.isEntangled = true;
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
    return this.#told.sequence < 0
      ? 'the stream ended without an answer'
      : 'the stream ended before its terminal event';
  }
}

/** `intact`: the event's own text, where nothing was changed. JSON of several data lines holds line feeds. */
function eventText(type: string, value: Fields, intact: string | undefined): string {
  const text = intact === undefined || intact.includes('\n') ? jsonByteText(value) : intact;
  return type === '' ? `data: ${text}\n\n` : `event: ${type}\ndata: ${text}\n\n`;
}
