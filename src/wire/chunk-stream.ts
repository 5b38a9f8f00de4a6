// Streams of chat and text completion chunks: from upstream bytes to client bytes. Known event shapes are copied by
// template; all others are parsed, repaired and then forwarded as they are or written anew. Holds everything back until
// the commit point, and decides at the end whether the answer is whole.
import type { TokenUsage } from '../core/outcome.ts';
import { bytesToText, jsonByteText } from './byte-text.ts';
import {
  areFinished,
  CHUNK_FRAME,
  isBlank,
  isBlankBut,
  isFields,
  type ChoiceState,
  type ChunkDialect,
  type Fields,
  choiceState,
} from './chunk-dialect.ts';
import { ChunkIdentity } from './chunk-identity.ts';
import { CommitHold } from './commit-hold.ts';
import { cutReason } from './cut-reason.ts';
import { readEventJson, TOO_LARGE, TOO_MUCH_HELD } from './event-json.ts';
import type { EventTemplate } from './event-template.ts';
import { inBandErrorOf } from './in-band-error.ts';
import { KeptText } from './kept-text.ts';
import { PlainAnswer } from './plain-answer.ts';
import { dataEvent, DONE_EVENT, errorEvent } from './sse-encode.ts';
import { Replay, REPLAY_DIFFERS } from './replay.ts';
import { SseDecoder } from './sse-decoder.ts';
import type { StreamProgress } from './stream-progress.ts';
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
  readonly #plain = new PlainAnswer();
  readonly #hold = new CommitHold();
  readonly #generated: KeptText | undefined;
  readonly #usage: StreamUsage;
  readonly #progress: StreamProgress | undefined;
  /** The answer is being said once more; `undefined` once it says something new. */
  #replay: Replay | undefined;
  /** The upstream has ended: a last event that does not parse was cut, not malformed. */
  #isEnding = false;

  constructor(dialect: ChunkDialect, options: StreamReaderOptions) {
    this.#dialect = dialect;
    this.#options = options;
    this.#generated = options.estimateUsage === undefined ? undefined : new KeptText();
    this.#identity = new ChunkIdentity(dialect.objectName, options);
    this.#usage = new StreamUsage(options.resume?.spent);
    this.#progress = options.progress;
    if (options.resume === undefined) return;
    // The client knows already who speaks.
    choiceState({}, 0, this.#choices).hasRole = true;
    if (options.resume.by === 'replay' && options.progress !== undefined) this.#replay = new Replay(options.progress);
  }

  get usage(): TokenUsage | undefined {
    return this.#usage.tokens;
  }

  /** Reasoning and tool arguments included, up to a bound: for an estimate, and empty unless one may be asked for. */
  get generatedText(): string {
    return this.#generated?.text ?? '';
  }

  push(chunk: Uint8Array): string {
    if (this.#isOver) return '';
    const text = bytesToText(chunk);
    if (this.#plain.takes(text)) {
      if (this.#plain.isTooLarge) this.fault = TOO_LARGE;
      return '';
    }
    this.#decoder.feed(text);
    const out = this.#hold.release(this.#readEvents(), this.hasContent);
    if (this.#hold.isTooLarge) this.fault ??= TOO_MUCH_HELD;
    return out;
  }

  end(_isClean: boolean): StreamEnd {
    let bytes = '';
    if (!this.#isOver) {
      this.#isEnding = true;
      if (this.#plain.isJson) bytes = this.#readPlainAnswer(this.#plain);
      else if (this.#decoder.flush()) bytes = this.#onEvent();
      if (!this.#isOver && areFinished(this.#choices)) bytes += this.#close();
    }
    bytes = this.#hold.release(bytes, this.hasContent);
    if (this.isTerminated && this.#choices.size > 0) return { kind: 'complete', bytes };
    return { kind: 'cut', bytes, message: cutReason(this, this.#choices.size > 0) };
  }

  errorEvent(error: StreamError): string {
    return errorEvent(error);
  }

  get #isOver(): boolean {
    return this.isTerminated || this.fault !== undefined || this.inBandError !== undefined;
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
    if (decoder.isOverflown) this.fault ??= TOO_LARGE;
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
    return this.#known(template);
  }

  #known(template: EventTemplate): string {
    const slot = template.slot;
    this.#generated?.add(slot);
    this.#progress?.note(template.key, slot);
    return template.output(slot);
  }

  #onEvent(): string {
    const { data, event } = this.#decoder;
    const template = this.#templates.find(data, 0);
    if (template !== undefined && this.#templates.end === data.length) return this.#known(template);
    const trimmed = data.trim();
    if (trimmed === '') return '';
    if (trimmed === '[DONE]') return this.#onDone();
    const read = readEventJson(trimmed, event);
    const error = read.kind === 'object' ? inBandErrorOf(read.value, event) : undefined;
    if (read.kind === 'object' && error === undefined) return this.#onChunk(read.value, trimmed);
    if (read.kind === 'noise' || (read.kind === 'fault' && this.#isEnding)) this.noiseCount += 1;
    // An answer that is whole stays whole, whatever goes wrong behind it.
    else if (areFinished(this.#choices)) return this.#close();
    else if (read.kind === 'fault') this.fault = read.fault;
    else this.inBandError = read.kind === 'error' ? read.error : error;
    return '';
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
    if (this.#replay !== undefined && !this.#isNews(choices, this.#replay)) return '';
    let isChanged = this.#identity.repair(chunk);
    const note = choices.some((choice) => !isBlank(choice['finish_reason'])) ? this.#note() : undefined;
    if (note !== undefined) {
      Object.assign(chunk, note);
      isChanged = true;
    }
    if (!isBlank(chunk['usage'])) {
      delete chunk['usage'];
      isChanged = true;
    }
    const report = this.#dialect.repair(choices, this.#choices);
    if (report.error !== undefined) this.inBandError = { payload: { error: report.error } };
    if (report.error !== undefined) return '';
    if (report.text !== '') this.#generated?.add(jsonByteText(report.text).slice(1, -1));
    if (report.hasContent) this.hasContent = true;
    this.#progress?.noteChoices(choices);
    if (report.isTurningPoint) this.#templates.clear();
    if (report.isEmpty && isBlankBut(chunk, CHUNK_FRAME)) return '';
    return this.#write(chunk, report.isChanged || isChanged ? undefined : json, { json, slot: report.slot });
  }

  /** Whether the client lacks something of these choices; what it has is taken out of them. */
  #isNews(choices: readonly Fields[], replay: Replay): boolean {
    const verdict = replay.strip(choices);
    // The upstream answers: that is content, though not yet for the client.
    this.hasContent = true;
    if (verdict === 'differs') {
      this.fault = REPLAY_DIFFERS;
      return false;
    }
    if (replay.hasCaughtUp) this.#replay = undefined;
    return verdict === 'news';
  }

  /** The event that leaves: the text as it came but for the model's name, or written anew; learned if it may recur. */
  #write(
    chunk: Fields,
    intact: string | undefined,
    from: { json: string | undefined; slot: string | undefined },
  ): string {
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
    if (this.#replay !== undefined) {
      this.fault = REPLAY_DIFFERS;
      return '';
    }
    this.isTerminated = true;
    return this.#choices.size > 0 ? this.#close() : '';
  }

  /** What must stand at the end of a whole answer: missing finish_reasons, usage if asked for, `[DONE]`. */
  #close(): string {
    this.isTerminated = true;
    this.hasContent = true;
    let out = '';
    for (const state of this.#choices.values()) {
      if (!state.isFinished) out += dataEvent(this.#identity.chunk([this.#dialect.finishing(state)], this.#note()));
    }
    if (this.#options.includeUsage) out += this.#usageEvent();
    return out + DONE_EVENT;
  }

  #note(): Fields | undefined {
    const note = this.#options.finishNote?.();
    return note === undefined ? undefined : { loadstone: note };
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
}
