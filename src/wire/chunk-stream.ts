// Streams of chat and text completion chunks: from upstream bytes to client bytes. Known event shapes are copied by
// template; all others are parsed, repaired and then forwarded as they are or written anew. Holds everything back until
// the commit point, and decides at the end whether the answer is whole.
import type { TokenUsage } from '../core/outcome.ts';
import { bytesToText, decodeByteText, jsonByteText, parseByteText } from './byte-text.ts';
import { isBlank, isBlankBut, isFields, type ChoiceState, type ChunkDialect, type Fields } from './chunk-dialect.ts';
import { ChunkIdentity } from './chunk-identity.ts';
import { inBandErrorOf } from './in-band-error.ts';
import { PlainAnswer, isPlainJson } from './plain-answer.ts';
import { dataEvent, DONE_EVENT, errorEvent } from './sse-encode.ts';
import { SseDecoder } from './sse-decoder.ts';
import type {
  InBandError,
  StreamEnd,
  StreamError,
  StreamFault,
  StreamReader,
  StreamReaderOptions,
} from './stream-reader.ts';
import { StreamUsage } from './stream-usage.ts';
import { TemplateCache } from './template-cache.ts';

/** Members of a chunk that say nothing by themselves: an event with empty choices and only these is dropped. */
const CHUNK_FRAME: ReadonlySet<string> = new Set([
  'id',
  'object',
  'created',
  'model',
  'choices',
  'usage',
  'system_fingerprint',
  'service_tier',
  'provider',
  'obfuscation',
]);

export class ChunkStream implements StreamReader {
  hasContent = false;
  isTerminated = false;
  inBandError: InBandError | undefined;
  fault: StreamFault | undefined;
  noiseCount = 0;
  readonly #options: StreamReaderOptions;
  readonly #dialect: ChunkDialect;
  readonly #identity: ChunkIdentity;
  readonly #decoder = new SseDecoder();
  readonly #templates = new TemplateCache();
  readonly #choices = new Map<number, ChoiceState>();
  /** Undecided until the first character that is not white space. */
  #plain: PlainAnswer | 'undecided' | undefined = 'undecided';
  #held = '';
  /** JSON string content, escaped, byte text: cheap to collect, decoded when asked for. */
  #generated = '';
  readonly #usage = new StreamUsage();
  #isEnding = false;

  constructor(dialect: ChunkDialect, options: StreamReaderOptions) {
    this.#dialect = dialect;
    this.#options = options;
    this.#identity = new ChunkIdentity(dialect.objectName, options);
  }

  get usage(): TokenUsage | undefined {
    return this.#usage.tokens;
  }

  get generatedText(): string {
    return JSON.parse(`"${decodeByteText(this.#generated)}"`) as string;
  }

  push(chunk: Uint8Array): string {
    if (this.#isOver) return '';
    const text = bytesToText(chunk);
    if (this.#plain !== undefined && !this.#isEventStream(text)) return '';
    this.#decoder.feed(text);
    return this.#release(this.#readEvents());
  }

  end(_isClean: boolean): StreamEnd {
    let bytes = '';
    if (!this.#isOver) {
      this.#isEnding = true;
      if (this.#plain instanceof PlainAnswer) bytes = this.#readPlainAnswer(this.#plain);
      else if (this.#decoder.flush()) bytes = this.#onEvent();
      if (!this.#isOver && this.#isFinished) bytes += this.#close();
    }
    bytes = this.#release(bytes);
    if (this.isTerminated && this.#choices.size > 0) return { kind: 'complete', bytes };
    return { kind: 'cut', bytes, message: this.#whyCut() };
  }

  errorEvent(error: StreamError): string {
    return errorEvent(error);
  }

  get #isOver(): boolean {
    return this.isTerminated || this.fault !== undefined || this.inBandError !== undefined;
  }

  /** Every choice that was seen has its finish_reason: the answer is whole even if `[DONE]` never comes. */
  get #isFinished(): boolean {
    for (const state of this.#choices.values()) if (!state.isFinished) return false;
    return this.#choices.size > 0;
  }

  /** Collects a plain JSON answer to a streaming request; true once it is known that events come instead. */
  #isEventStream(text: string): boolean {
    if (this.#plain === 'undecided') {
      const isPlain = isPlainJson(text);
      if (isPlain === undefined) return false;
      this.#plain = isPlain ? new PlainAnswer() : undefined;
    }
    if (this.#plain === undefined) return true;
    if (!(this.#plain as PlainAnswer).add(text)) this.fault = tooLarge();
    return false;
  }

  #readEvents(): string {
    const decoder = this.#decoder;
    let out = '';
    while (!this.#isOver) {
      if (decoder.isBetweenEvents) {
        const known = this.#knownEvent();
        if (known !== '') {
          out += known;
          continue;
        }
      }
      if (!decoder.next()) break;
      out += this.#onEvent();
    }
    if (decoder.isOverflown) this.fault ??= tooLarge();
    return out;
  }

  /** A whole event of a known shape at the decoder's position, or the empty string. */
  #knownEvent(): string {
    const { text, position } = this.#decoder;
    if (!text.startsWith('data:', position)) return '';
    const start = text.charCodeAt(position + 5) === 32 ? position + 6 : position + 5;
    const template = this.#templates.find(text, start);
    if (template === undefined) return '';
    const end = this.#templates.end;
    if (text.startsWith('\n\n', end)) this.#decoder.position = end + 2;
    else if (text.startsWith('\r\n\r\n', end)) this.#decoder.position = end + 4;
    else return '';
    const slot = template.slot;
    this.#generated += slot;
    return template.output(slot);
  }

  #onEvent(): string {
    const { data, event } = this.#decoder;
    const template = this.#templates.find(data, 0);
    if (template !== undefined && this.#templates.end === data.length) {
      const slot = template.slot;
      this.#generated += slot;
      return template.output(slot);
    }
    const trimmed = data.trim();
    if (trimmed === '') return '';
    if (trimmed === '[DONE]') return this.#onDone();
    const value = this.#parse(trimmed, event);
    if (value === undefined) return '';
    this.inBandError = inBandErrorOf(value, event);
    return this.inBandError === undefined ? this.#onChunk(value, trimmed) : '';
  }

  /** The object that an event holds; otherwise it is noise, an error in words, or a fault. */
  #parse(json: string, event: string): Fields | undefined {
    try {
      const value = parseByteText(json);
      if (isFields(value)) return value;
    } catch {
      if (json.startsWith('{') && !this.#isEnding) {
        const message = `an event of ${json.length} bytes begins as JSON and does not parse`;
        this.fault = { kind: 'malformed-event', message };
        return undefined;
      }
    }
    if (event === 'error') this.inBandError = { payload: { error: { message: decodeByteText(json) } } };
    else this.noiseCount += 1;
    return undefined;
  }

  #onChunk(chunk: Fields, json: string): string {
    this.#usage.read(chunk);
    const list = chunk['choices'];
    const choices = Array.isArray(list) ? list.filter(isFields) : [];
    if (choices.length === 0) {
      // The usage chunk waits for the end; Azure's opening chunk with prompt filter results is nobody's content.
      if (!isBlank(chunk['usage'])) this.#usage.keepChunk(chunk);
      else if (!Array.isArray(list)) this.noiseCount += 1;
      return '';
    }
    if (chunk['object'] === 'chat.completion' && !this.hasContent) {
      const events = this.#dialect.choicesOfAnswer(chunk);
      if (events !== undefined) return this.#onAnswer(chunk, events);
    }
    return this.#onChoices(chunk, choices, json);
  }

  /** Tells a complete answer as chunks. */
  #onAnswer(answer: Fields, events: readonly (readonly Fields[])[]): string {
    let out = '';
    for (const choices of events) out += this.#onChoices({ ...answer, choices }, choices, undefined);
    return out;
  }

  #onChoices(chunk: Fields, choices: readonly Fields[], json: string | undefined): string {
    let isChanged = this.#identity.repair(chunk);
    if (!isBlank(chunk['usage'])) {
      delete chunk['usage'];
      isChanged = true;
    }
    const report = this.#dialect.repair(choices, this.#choices);
    if (report.error !== undefined) {
      this.inBandError = { payload: { error: report.error } };
      return '';
    }
    if (report.text !== '') this.#generated += jsonByteText(report.text).slice(1, -1);
    if (report.hasContent) this.hasContent = true;
    if (report.isTurningPoint) this.#templates.clear();
    if (report.isEmpty && isBlankBut(chunk, CHUNK_FRAME)) return '';
    return this.#write(chunk, report.isChanged || isChanged ? undefined : json, { json, slot: report.slot });
  }

  /** The event that leaves: the text as it came but for the model's name, or written anew; learned if it may recur. */
  #write(chunk: Fields, intact: string | undefined, from: { json: string | undefined; slot: string | undefined }): string {
    // JSON that came in several data lines holds line feeds, which would end our one line.
    let json = intact?.includes('\n') === false ? this.#identity.renameText(intact, chunk) : undefined;
    if (json === undefined) {
      this.#identity.rename(chunk);
      json = jsonByteText(chunk);
    }
    const event = `data: ${json}\n\n`;
    if (from.slot !== undefined && from.json !== undefined) this.#templates.learn(from.json, event, from.slot);
    return event;
  }

  #onDone(): string {
    this.isTerminated = true;
    return this.#choices.size > 0 ? this.#close() : '';
  }

  /** Everything that must stand at the end of a whole answer: the missing finish_reasons, usage if asked for, `[DONE]`. */
  #close(): string {
    this.isTerminated = true;
    this.hasContent = true;
    let out = '';
    for (const state of this.#choices.values()) {
      if (!state.isFinished) out += dataEvent(this.#identity.chunk([this.#dialect.finishing(state)]));
    }
    if (this.#options.includeUsage) out += this.#usageEvent();
    return out + DONE_EVENT;
  }

  #usageEvent(): string {
    const estimateUsage = this.#options.estimateUsage;
    const estimate = estimateUsage === undefined ? undefined : () => estimateUsage(this.generatedText);
    const members = this.#usage.closing(estimate);
    return members === undefined ? '' : dataEvent(this.#identity.chunk([], members));
  }

  #readPlainAnswer(plain: PlainAnswer): string {
    const answer = plain.parse();
    if (answer === undefined) return '';
    this.inBandError = inBandErrorOf(answer, '');
    const events = this.inBandError === undefined ? this.#dialect.choicesOfAnswer(answer) : undefined;
    if (events === undefined) return '';
    this.#usage.read(answer);
    const out = this.#onAnswer(answer, events);
    return this.#isOver ? out : out + this.#close();
  }

  #release(out: string): string {
    if (!this.hasContent) {
      this.#held += out;
      return '';
    }
    if (this.#held === '') return out;
    const bytes = this.#held + out;
    this.#held = '';
    return bytes;
  }

  #whyCut(): string {
    if (this.fault !== undefined) return this.fault.message;
    if (this.inBandError !== undefined) return 'the provider sent an error event';
    if (this.#choices.size === 0) return 'the stream ended without an answer';
    return 'the stream ended before the answer was complete';
  }
}

function tooLarge(): StreamFault {
  return { kind: 'event-too-large', message: 'an event of the stream is larger than 64 MiB' };
}
