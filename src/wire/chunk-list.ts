// Bytes that arrived in pieces, addressed by one offset over all of them. Separate because request bodies and answers
// are both kept this way: never joined while they are large.

export class ChunkList {
  readonly chunks: readonly Buffer[];
  readonly byteLength: number;

  constructor(chunks: readonly Uint8Array[]) {
    this.chunks = chunks.every((chunk) => Buffer.isBuffer(chunk)) ? chunks : chunks.map(asBuffer);
    let byteLength = 0;
    for (const chunk of chunks) byteLength += chunk.length;
    this.byteLength = byteLength;
  }

  /** The bytes from `from` up to `to` as pieces that share memory with the chunks, added to `out`. */
  slice(from: number, to: number, out: Buffer[]): void {
    let start = 0;
    for (const chunk of this.chunks) {
      const end = start + chunk.length;
      if (end > from && start < to && to > from) {
        const isWhole = start >= from && end <= to;
        out.push(isWhole ? chunk : chunk.subarray(Math.max(0, from - start), Math.min(chunk.length, to - start)));
      }
      start = end;
    }
  }

  /** Copies the bytes from `from` up to `to` to `target`; returns the position after them. */
  copy(from: number, to: number, target: { readonly buffer: Buffer; readonly at: number }): number {
    let start = 0;
    let at = target.at;
    for (const chunk of this.chunks) {
      const end = start + chunk.length;
      if (end > from && start < to) {
        at += chunk.copy(target.buffer, at, Math.max(0, from - start), Math.min(chunk.length, to - start));
      }
      start = end;
    }
    return at;
  }

  byteAt(offset: number): number | undefined {
    let start = 0;
    for (const chunk of this.chunks) {
      if (offset < start + chunk.length) return chunk[offset - start];
      start += chunk.length;
    }
    return undefined;
  }

  /** The bytes from `from` up to `to` as UTF-8 text. */
  text(from: number, to: number): string {
    const [only] = this.chunks;
    if (this.chunks.length === 1 && only !== undefined) return only.toString('utf8', from, to);
    const pieces: Buffer[] = [];
    this.slice(from, to, pieces);
    const [piece] = pieces;
    return pieces.length === 1 && piece !== undefined ? piece.toString('utf8') : Buffer.concat(pieces).toString('utf8');
  }

  /** One buffer with all bytes: for slow ways only, or when there is a single chunk. */
  joined(): Buffer {
    const [only] = this.chunks;
    return this.chunks.length === 1 && only !== undefined ? only : Buffer.concat(this.chunks);
  }
}

function asBuffer(chunk: Uint8Array): Buffer {
  return Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}
