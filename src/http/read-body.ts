// Reads a request body as the list of chunks that came, never joined, within two bounds: the size of one body, and the
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
}

export type BodyRead =
  | { readonly kind: 'body'; readonly chunks: readonly Buffer[]; readonly byteLength: number }
  | { readonly kind: 'too-large'; readonly limitBytes: number }
  | { readonly kind: 'overloaded' }
  | { readonly kind: 'gone' };

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
    this.#request.on('end', () => this.#finish({ kind: 'body', chunks: this.#chunks, byteLength: this.#byteLength }));
    this.#request.on('close', () => this.#finish({ kind: 'gone' }));
  }

  #take(chunk: Buffer): void {
    if (this.#isDone) return;
    this.#chunks.push(chunk);
    this.#byteLength += chunk.length;
    this.#held.total += chunk.length;
    if (this.#byteLength > this.#limits.maxRequestBytes) {
      this.#finish({ kind: 'too-large', limitBytes: this.#limits.maxRequestBytes });
    } else if (this.#held.total > this.#limits.maxHeldBytes) {
      this.#finish({ kind: 'overloaded' });
    }
  }

  #finish(read: BodyRead): void {
    if (this.#isDone) return;
    this.#isDone = true;
    if (read.kind !== 'body') {
      this.#held.total -= this.#byteLength;
      this.#chunks.length = 0;
    }
    this.#done(read);
  }
}
