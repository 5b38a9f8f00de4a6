// A client's connection in the thread that serves it, where another thread holds the real one: see dealer.ts. The HTTP
// server takes any stream of bytes in both directions; what else it asks of a socket is here.
import { Duplex } from 'node:stream';
import type { Line } from './line.ts';
import type { DealtPeer, OfServing, OfWatching } from './messages.ts';

export class DealtSocket extends Duplex {
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly #id: number;
  readonly #line: Line<OfServing, OfWatching>;
  #isFlowing = true;
  #timer: NodeJS.Timeout | undefined;
  #timeoutMs = 0;

  constructor({ id, remoteAddress, remotePort }: DealtPeer, line: Line<OfServing, OfWatching>) {
    super({ allowHalfOpen: true });
    this.remoteAddress = remoteAddress;
    this.remotePort = remotePort;
    this.#id = id;
    this.#line = line;
  }

  /** Bytes of the client. */
  receive(bytes: Uint8Array): void {
    this.#stir();
    if (this.push(bytes) || !this.#isFlowing) return;
    this.#isFlowing = false;
    this.#line.tell('flow', { id: this.#id, isOpen: false });
  }

  /** As `net.Socket` has it: `timeout` when nothing has moved for so long, 0 = never. */
  setTimeout(ms: number, listener?: () => void): this {
    this.#timeoutMs = ms;
    if (listener !== undefined) this.once('timeout', listener);
    this.#stir();
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  override _read(): void {
    if (this.#isFlowing) return;
    this.#isFlowing = true;
    this.#line.tell('flow', { id: this.#id, isOpen: true });
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#send(chunk, done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#send(Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
  }

  override _final(done: () => void): void {
    this.#line.tell('finish', this.#id);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.#timer);
    this.#line.tell('drop', this.#id);
    done(error);
  }

  /** The client takes what was written before it gets more. A client that takes nothing is the relay's business. */
  #send(chunk: Buffer, done: (error?: Error | null) => void): void {
    this.#stir();
    const bytes = new Uint8Array(chunk);
    this.#line.ask('write', { id: this.#id, bytes }, Number.POSITIVE_INFINITY).then(
      () => done(),
      (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
    );
  }

  #stir(): void {
    clearTimeout(this.#timer);
    this.#timer = this.#timeoutMs > 0 ? setTimeout(() => this.emit('timeout'), this.#timeoutMs) : undefined;
    this.#timer?.unref();
  }
}
