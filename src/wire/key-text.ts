// The text of a JSON key whose bytes may lie in several chunks. Separate so that the scan need not care.

export class KeyText {
  #head: Buffer | undefined;

  /** The chunk ends inside the key; its bytes from `from` on belong to it. */
  keep(chunk: Buffer, from: number): void {
    const piece = chunk.subarray(from);
    this.#head = this.#head === undefined ? piece : Buffer.concat([this.#head, piece]);
  }

  /** The key ends at `to` in this chunk, before the closing quote. */
  take(chunk: Buffer, from: number, to: number): string {
    const head = this.#head;
    if (head === undefined) return chunk.toString('utf8', from, to);
    this.#head = undefined;
    return Buffer.concat([head, chunk.subarray(from, to)]).toString('utf8');
  }
}
