// A JSON object as bytes plus the places of its members: the only implementation of JsonBody. Separate from reading so
// that the rule "parse what is asked for, keep the rest as bytes" stands in one place.
import type { ChunkList } from './chunk-list.ts';
import type { BodyEdits, ByteBody, JsonBody } from './body-types.ts';
import type { JsonScan } from './json-scan.ts';
import type { MemberTable } from './member-table.ts';
import { patchMembers } from './patch-members.ts';

/** Bytes of English text, or of JSON around it, that make a token. */
const BYTES_PER_TOKEN = 4;

/** LiteLLM's default price of an image in tokens; other `data:` URLs (audio, files) are counted the same way. */
const DATA_URL_TOKENS = 250;

const NOT_PARSED = Symbol('not parsed');

export class ScannedBody implements JsonBody {
  readonly promptTokens: number;
  readonly mayNameDeveloper: boolean;
  readonly #bytes: ChunkList;
  readonly #members: MemberTable;
  /** Parsed values by member, NOT_PARSED until asked for. */
  #values: unknown[] | undefined;

  constructor(bytes: ChunkList, scan: JsonScan) {
    this.#bytes = bytes;
    this.#members = scan.members;
    this.mayNameDeveloper = scan.mayNameDeveloper;
    const textTokens = Math.ceil((bytes.byteLength - scan.dataUrlBytes) / BYTES_PER_TOKEN);
    this.promptTokens = textTokens + scan.dataUrlCount * DATA_URL_TOKENS;
  }

  get chunks(): readonly Buffer[] {
    return this.#bytes.chunks;
  }

  get byteLength(): number {
    return this.#bytes.byteLength;
  }

  keys(): IterableIterator<string> {
    return this.#members.keys.values();
  }

  has(key: string): boolean {
    return this.#members.indexOf(key) >= 0;
  }

  get(key: string): unknown {
    const index = this.#members.indexOf(key);
    if (index < 0) return undefined;
    this.#values ??= this.#members.keys.map(() => NOT_PARSED);
    const known = this.#values[index];
    if (known !== NOT_PARSED) return known;
    const value = parsed(this.#text(index));
    this.#values[index] = value;
    return value;
  }

  raw(key: string): string | undefined {
    const index = this.#members.indexOf(key);
    return index < 0 ? undefined : this.#text(index);
  }

  /** First byte of a member's value: tells its type without a parse. */
  firstByte(key: string): number | undefined {
    const index = this.#members.indexOf(key);
    return index < 0 ? undefined : this.#bytes.byteAt(this.#members.valueStart(index));
  }

  /** Absent, or the literal null; nothing is parsed. */
  isNull(key: string): boolean {
    const first = this.firstByte(key);
    return first === undefined || first === LETTER_N;
  }

  /** First byte of the first item of a list: tells a list of objects without a parse. */
  firstItemByte(key: string): number | undefined {
    const index = this.#members.indexOf(key);
    if (index < 0) return undefined;
    let offset = this.#members.valueStart(index) + 1;
    while (isBlank(this.#bytes.byteAt(offset))) offset += 1;
    return this.#bytes.byteAt(offset);
  }

  /** All bytes in one buffer: no copy when they came in one piece. */
  joined(): Buffer {
    return this.#bytes.joined();
  }

  patched(edits: BodyEdits): ByteBody {
    return patchMembers({ bytes: this.#bytes, members: this.#members }, edits);
  }

  toObject(): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    this.#members.keys.forEach((key, index) => {
      const value = parsed(this.#text(index));
      // Not assignment: a member called __proto__ is a member.
      Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
    });
    return object;
  }

  #text(index: number): string {
    return this.#bytes.text(this.#members.valueStart(index), this.#members.valueEnd(index));
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Only `null` begins with it. */
const LETTER_N = 0x6e;
const SPACE = 0x20;
const TAB = 0x09;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === LINE_FEED || byte === TAB || byte === CARRIAGE_RETURN;
}
