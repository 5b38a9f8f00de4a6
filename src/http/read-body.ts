// Reads a request body as the list of chunks that came, joined only where they are tiny, within two bounds: the size of one body, and the
// bytes held by all requests together.
import type { IncomingMessage } from 'node:http';

export interface BodyLimits {
  readonly maxRequestBytes: number;
  /** Bytes held by all bodies together. */
  readonly maxHeldBytes: number;
}

/** Bytes of request bodies in memory now, over all requests. */
export interface HeldBytes {
  total: number;
  /** Over all threads, where several serve. */
  readonly everywhere?: number;
}

export type BodyRead =
  | { readonly kind: 'body'; readonly chunks: readonly Buffer[]; readonly byteLength: number }
  | { readonly kind: 'too-large'; readonly limitBytes: number }
  | { readonly kind: 'overloaded' }
  | { readonly kind: 'gone' };

/** So many pieces are kept as they came, whatever their size. */
const FEW_CHUNKS = 16;
/** Later pieces below this are gathered: a client that sends byte by byte would else cost a hundred bytes for each. */
const SMALL_BYTES = 1024;
const GATHER_BYTES = 16 * 1024;

/** 512 MB, DESIGN 4.1. */
export const MAX_HELD_BYTES = 512 * 1024 * 1024;

/**
 * Calls `done` exactly once. A body that is too large, or that would exceed what may be held, is drained no further:
 * the caller answers and closes. The caller gives the bytes back with `held.total -= byteLength` when it is finished.
 */
export class BodyReader {
  readonly #request: IncomingMessage;
  readonly #limits: BodyLimits;
  readonly #held: HeldBytes;
  readonly #done: (read: BodyRead) => void;
  readonly #chunks: Buffer[] = [];
  /** Small pieces, gathered; the last of `#chunks` once it is flushed. */
  #gathered: Buffer | undefined;
  #gatheredBytes = 0;
  #byteLength = 0;
  #isDone = false;

  constructor(
    request: IncomingMessage,
    bounds: { limits: BodyLimits; held: HeldBytes },
    done: (read: BodyRead) => void,
  ) {
    this.#request = request;
    this.#limits = bounds.limits;
    this.#held = bounds.held;
    this.#done = done;
  }

  start(): void {
    const declared = Number(this.#request.headers['content-length']);
    if (declared > this.#limits.maxRequestBytes) {
      this.#finish({ kind: 'too-large', limitBytes: this.#limits.maxRequestBytes });
      return;
    }
    this.#request.on('data', (chunk: Buffer) => this.#take(chunk));
    this.#request.on('end', () => {
      this.#flush();
      this.#finish({ kind: 'body', chunks: this.#chunks, byteLength: this.#byteLength });
    });
    this.#request.on('close', () => this.#finish({ kind: 'gone' }));
  }

  #take(chunk: Buffer): void {
    if (this.#isDone) return;
    this.#keep(chunk);
    this.#byteLength += chunk.length;
    this.#held.total += chunk.length;
    if (this.#byteLength > this.#limits.maxRequestBytes) {
      this.#finish({ kind: 'too-large', limitBytes: this.#limits.maxRequestBytes });
    } else if ((this.#held.everywhere ?? this.#held.total) > this.#limits.maxHeldBytes) {
      this.#finish({ kind: 'overloaded' });
    }
  }

  #keep(chunk: Buffer): void {
    if (chunk.length >= SMALL_BYTES || this.#chunks.length < FEW_CHUNKS) {
      this.#flush();
      this.#chunks.push(chunk);
      return;
    }
    if (this.#gatheredBytes + chunk.length > GATHER_BYTES) this.#flush();
    this.#gathered ??= Buffer.allocUnsafeSlow(GATHER_BYTES);
    this.#gatheredBytes += chunk.copy(this.#gathered, this.#gatheredBytes);
  }

  #flush(): void {
    if (this.#gathered === undefined) return;
    this.#chunks.push(this.#gathered.subarray(0, this.#gatheredBytes));
    this.#gathered = undefined;
    this.#gatheredBytes = 0;
  }

  #finish(read: BodyRead): void {
    if (this.#isDone) return;
    this.#isDone = true;
    if (read.kind !== 'body') {
      this.#held.total -= this.#byteLength;
      this.#chunks.length = 0;
      this.#gathered = undefined;
    }
    this.#done(read);
  }
}
