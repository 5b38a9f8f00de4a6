// Finds the top-level members of a JSON object and proves its structure in one pass over the chunks as they came.
// Separate from the body because it is the hottest loop of the project and is tested against JSON.parse on its own.
// Not looked at: what strings contain (control characters, invalid escapes, UTF-8). Whoever parses a slice finds out.
import { opensDeveloper } from './developer-word.ts';
import { literalOf } from './json-literal.ts';
import { isWholeNumber, NUMBER_START, numberStep, plainNumberEnd } from './json-number.ts';
import { KeyText } from './key-text.ts';
import { MemberTable } from './member-table.ts';
import { MAX_PIECE_BYTES, STRING_GOES_ON_ESCAPED, StringSkipper } from './skip-string.ts';

/** Deepest nesting of the fast path (DESIGN 4.2). */
export const MAX_SCAN_DEPTH = 128;

/** Strings shorter than this are not asked whether they are `data:` URLs: as text they count under 64 tokens. */
const DATA_URL_MIN_BYTES = 256;

// What may come next. Inside a string, literal or number a chunk may end.
const VALUE = 0;
const VALUE_OR_END = 1;
const KEY = 2;
const KEY_OR_END = 3;
const COLON = 4;
const AFTER_VALUE = 5;
const IN_STRING = 6;
const IN_ESCAPE = 7;
const IN_LITERAL = 8;
/** Plus a state of json-number.ts. */
const IN_NUMBER = 16;

const EXPECTED: readonly string[] = [
  'expected a value',
  "expected a value or ']'",
  'expected a string key',
  "expected a string key or '}'",
  "expected ':'",
  "expected ',' or the end of the object or array",
  'unterminated string',
  'unterminated string',
  'invalid literal',
];

/** Scratch memory: a push is synchronous and nothing stays in it. */
const SKIPPER = new StringSkipper();

export interface ScanOptions {
  readonly maxDepth: number;
  /** Escaped and repeated top-level keys are no reason to stop: the text is JSON.stringify's, or only looked at. */
  readonly anyKeys: boolean;
}

export const FAST_SCAN: ScanOptions = { maxDepth: MAX_SCAN_DEPTH, anyKeys: false };
/** For text that JSON.stringify wrote. Nobody nests 1,000 levels but to break something (LiteLLM's parser stops there). */
export const TRUSTED_SCAN: ScanOptions = { maxDepth: 1000, anyKeys: true };

/** Why a scan stopped, and at which byte. */
export interface ScanStop {
  readonly reason: string;
  readonly offset: number;
}

/** Scan of one JSON text: `push` every chunk, then `finish`. Offsets count bytes from the start of the first chunk. */
export class JsonScan {
  readonly members = new MemberTable();
  /** `data:` URLs among the strings, and their bytes together. */
  dataUrlCount = 0;
  dataUrlBytes = 0;
  /** Some string is the word `developer` (a role that not every vendor knows), or was cut where it began. */
  mayNameDeveloper = false;

  readonly #options: ScanOptions;
  /** One entry a level: is it an object? */
  readonly #levels: boolean[] = [];
  #state = VALUE;
  /** Offset of the chunk at hand. */
  #base = 0;
  #stringStart = 0;
  #isKey = false;
  #isDataUrl = false;
  readonly #keyText = new KeyText();
  #literal = '';
  #literalAt = 0;
  #stop: ScanStop | undefined;

  constructor(options: ScanOptions) {
    this.#options = options;
  }

  /** Takes the next chunk; `false` = refused. */
  push(chunk: Buffer): boolean {
    if (chunk.length <= MAX_PIECE_BYTES) return this.#piece(chunk);
    for (let at = 0; at < chunk.length; at += MAX_PIECE_BYTES) {
      if (!this.#piece(chunk.subarray(at, at + MAX_PIECE_BYTES))) return false;
    }
    return true;
  }

  #piece(chunk: Buffer): boolean {
    SKIPPER.start();
    const end = chunk.length;
    let at = 0;
    while (at < end) {
      const state = this.#state;
      if (state <= AFTER_VALUE) at = this.#structure(chunk, at);
      else if (state >= IN_NUMBER) at = this.#number(chunk, at);
      else if (state === IN_LITERAL) at = this.#literalBytes(chunk, at);
      else at = this.#string(chunk, at);
      if (at < 0) return false;
    }
    this.#base += end;
    return true;
  }

  /** The text has ended; `false` = not one whole JSON object, or one for the slow way. */
  finish(): boolean {
    if (this.#stop !== undefined) return false;
    if (this.#state >= IN_NUMBER && isWholeNumber(this.#state - IN_NUMBER)) this.#valueEnds(this.#base);
    if (this.#state === AFTER_VALUE && this.#levels.length === 0) return this.members.bodyStart > 0;
    this.#refuse(0, 'unexpected end of data');
    return false;
  }

  /** Set once `push` or `finish` said no. */
  get stop(): ScanStop | undefined {
    return this.#stop;
  }

  /** One byte outside strings, numbers and literals. */
  #structure(chunk: Buffer, at: number): number {
    switch (chunk[at]) {
      case 0x20:
      case 0x0a:
      case 0x0d:
      case 0x09:
        return at + 1;
      case 0x22:
        return this.#openString(chunk, at);
      case 0x2c:
        return this.#comma(at);
      case 0x3a:
        if (this.#state !== COLON) return this.#refuse(at);
        this.#state = VALUE;
        return at + 1;
      case 0x7b:
        return this.#open(at, true);
      case 0x5b:
        return this.#open(at, false);
      case 0x7d:
        return this.#close(at, true);
      case 0x5d:
        return this.#close(at, false);
      default:
        return this.#openScalar(chunk, at);
    }
  }

  #comma(at: number): number {
    const depth = this.#levels.length;
    if (this.#state !== AFTER_VALUE || depth === 0) return this.#refuse(at);
    this.#state = this.#levels[depth - 1] === true ? KEY : VALUE;
    return at + 1;
  }

  #open(at: number, isObject: boolean): number {
    if (this.#state > VALUE_OR_END) return this.#refuse(at);
    const depth = this.#levels.push(isObject);
    if (depth > this.#options.maxDepth) return this.#refuse(at, 'nested too deep');
    if (depth > 1) this.members.valueStarts(this.#base + at);
    else if (isObject) this.members.bodyStart = this.#base + at + 1;
    this.#state = isObject ? KEY_OR_END : VALUE_OR_END;
    return at + 1;
  }

  #close(at: number, isObject: boolean): number {
    const mayClose = this.#state === AFTER_VALUE || this.#state === (isObject ? KEY_OR_END : VALUE_OR_END);
    if (!mayClose || this.#levels.length === 0 || this.#levels.pop() !== isObject) return this.#refuse(at);
    this.#valueEnds(this.#base + at + 1);
    return at + 1;
  }

  #openScalar(chunk: Buffer, at: number): number {
    if (this.#state > VALUE_OR_END) return this.#refuse(at);
    this.members.valueStarts(this.#base + at);
    const plainEnd = plainNumberEnd(chunk, at);
    if (plainEnd > 0) return this.#numberEnds(chunk, plainEnd);
    const literal = literalOf(chunk[at]);
    if (literal !== undefined) {
      this.#literal = literal;
      this.#literalAt = 1;
      this.#state = IN_LITERAL;
      return at + 1;
    }
    const number = numberStep(NUMBER_START, chunk[at] ?? 0);
    if (number === 0) return this.#refuse(at);
    this.#state = IN_NUMBER + number;
    return at + 1;
  }

  /** Goes on to the end of a list of plain numbers, where this is one. */
  #numberEnds(chunk: Buffer, end: number): number {
    this.#valueEnds(this.#base + end);
    if (this.#levels[this.#levels.length - 1] !== false) return end;
    const limit = chunk.length - 2;
    let last = end;
    while (last < limit && chunk[last] === 0x2c) {
      const next = plainNumberEnd(chunk, chunk[last + 1] === 0x20 ? last + 2 : last + 1);
      if (next < 0) break;
      last = next;
    }
    return last;
  }

  #number(chunk: Buffer, at: number): number {
    let state = this.#state - IN_NUMBER;
    let next = at;
    for (const end = chunk.length; next < end; next += 1) {
      const step = numberStep(state, chunk[next] ?? 0);
      if (step === 0) break;
      state = step;
    }
    this.#state = IN_NUMBER + state;
    if (next === chunk.length) return next;
    if (!isWholeNumber(state)) return this.#refuse(next, 'invalid number');
    this.#valueEnds(this.#base + next);
    return next;
  }

  #literalBytes(chunk: Buffer, at: number): number {
    const literal = this.#literal;
    let next = at;
    while (this.#literalAt < literal.length && next < chunk.length) {
      if (chunk[next] !== literal.charCodeAt(this.#literalAt)) return this.#refuse(next);
      this.#literalAt += 1;
      next += 1;
    }
    if (this.#literalAt === literal.length) this.#valueEnds(this.#base + next);
    return next;
  }

  #openString(chunk: Buffer, at: number): number {
    const state = this.#state;
    if (state === COLON || state === AFTER_VALUE) return this.#refuse(at);
    this.#isKey = state >= KEY;
    if (!this.#isKey) this.members.valueStarts(this.#base + at);
    this.#stringStart = this.#base + at;
    this.#state = IN_STRING;
    // A `data:` URL cut inside its first five bytes by a chunk's end counts as text: an estimate, and rare.
    this.mayNameDeveloper ||= opensDeveloper(chunk, at + 1);
    this.#isDataUrl =
      chunk[at + 1] === 0x64 && chunk[at + 5] === 0x3a && chunk.toString('latin1', at + 2, at + 5) === 'ata';
    return this.#string(chunk, at + 1);
  }

  /** Goes on inside a string, at its next byte in this chunk. */
  #string(chunk: Buffer, at: number): number {
    const from = this.#state === IN_ESCAPE ? at + 1 : at;
    this.#state = IN_STRING;
    const next = SKIPPER.skip(chunk, from);
    if (next < 0) {
      if (next === STRING_GOES_ON_ESCAPED) this.#state = IN_ESCAPE;
      if (this.#isKey && this.#levels.length === 1)
        this.#keyText.keep(chunk, Math.max(0, this.#stringStart + 1 - this.#base));
      return chunk.length;
    }
    const isTopLevel = this.#levels.length === 1;
    if (this.#isKey) {
      this.#state = COLON;
      return isTopLevel && !this.#takeKey(chunk, next) ? this.#refuse(next - 1, 'escaped or repeated key') : next;
    }
    this.#countDataUrl(this.#base + next);
    this.#valueEnds(this.#base + next);
    return next;
  }

  #countDataUrl(end: number): void {
    const bytes = end - this.#stringStart;
    if (!this.#isDataUrl || bytes < DATA_URL_MIN_BYTES) return;
    this.dataUrlCount += 1;
    this.dataUrlBytes += bytes;
  }

  #takeKey(chunk: Buffer, end: number): boolean {
    const key = this.#keyText.take(chunk, Math.max(0, this.#stringStart + 1 - this.#base), end - 1);
    return this.members.add(key, { start: this.#stringStart, anyKeys: this.#options.anyKeys });
  }

  /** Ends a value; for a member's own the end is noted. */
  #valueEnds(offset: number): void {
    this.#state = AFTER_VALUE;
    if (this.#levels.length === 1) this.members.valueEnds(offset);
  }

  #refuse(at: number, reason?: string): -1 {
    const isOver = this.#state === AFTER_VALUE && this.#levels.length === 0;
    const expected = isOver ? 'unexpected content after the document' : EXPECTED[Math.min(this.#state, IN_LITERAL)];
    this.#stop ??= { reason: reason ?? expected ?? 'unexpected character', offset: this.#base + at };
    return -1;
  }
}
