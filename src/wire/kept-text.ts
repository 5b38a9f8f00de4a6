// The text of an answer as far as it has come, kept in case somebody asks for it: nearly nobody does. It is one block of
// bytes because a string that grows by a token at a time costs ten times its length, and it has an end because a stream
// need not have one.
import { decodeByteText } from './byte-text.ts';

/** 64,000 tokens of English, about: more is kept of no answer. */
export const MAX_KEPT_BYTES = 256 * 1024;
const FIRST_BYTES = 256;

export class KeptText {
  #bytes: Buffer | undefined;
  #length = 0;
  #isFull = false;

  /** Something did not fit: what is kept is only a beginning. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** What is kept, decoded. */
  get text(): string {
    const escaped = this.#bytes?.toString('latin1', 0, this.#length) ?? '';
    return JSON.parse(`"${decodeByteText(escaped)}"`) as string;
  }

  /** `escaped` is the content of a JSON string, as byte text. It is kept whole or, like all that follows it, not at all. */
  add(escaped: string): void {
    const length = this.#length + escaped.length;
    if (length > MAX_KEPT_BYTES) this.#isFull = true;
    if (this.#isFull) return;
    this.#room(length).write(escaped, this.#length, 'latin1');
    this.#length = length;
  }

  /** Forgets everything, and keeps nothing further. */
  drop(): void {
    this.#bytes = undefined;
    this.#length = 0;
    this.#isFull = true;
  }

  /** Doubles, so that each byte is copied once on average. */
  #room(length: number): Buffer {
    const old = this.#bytes;
    if (old !== undefined && length <= old.length) return old;
    const bytes = Buffer.allocUnsafe(Math.max(length, FIRST_BYTES, Math.min((old?.length ?? 0) * 2, MAX_KEPT_BYTES)));
    old?.copy(bytes, 0, 0, this.#length);
    this.#bytes = bytes;
    return bytes;
  }
}
