// A client of one stream on a raw socket: a thousand of them must cost less than the gateway that they watch. It reads
// the chunked body itself and checks that the numbered tokens of the paced upstream come in order.
import { connect, type Socket } from 'node:net';
import type { GapHistogram } from './gap-histogram.ts';

export interface StreamSeen {
  readonly tokens: number;
  /** `[DONE]` and the end of the body came. */
  readonly isComplete: boolean;
  /** What a client would complain about. */
  readonly problem: string | undefined;
  /** From the connection to the first token; `undefined` = none came. */
  readonly firstTokenMs: number | undefined;
}

export interface StreamClientOptions {
  readonly port: number;
  readonly model: string;
  /** Silence between tokens is counted here. */
  readonly gaps: GapHistogram;
}

const TOKEN = /"content":"(\d+) /;

export class StreamClient {
  /** Never rejects. */
  readonly ended: Promise<StreamSeen>;
  readonly #socket: Socket;
  readonly #gaps: GapHistogram;
  readonly #startedAt = performance.now();
  #resolve: (seen: StreamSeen) => void = () => undefined;
  #raw = '';
  #text = '';
  #tokens = 0;
  #lastAt = 0;
  #firstTokenMs: number | undefined;
  #hasHead = false;
  #isDone = false;
  #isOver = false;
  #problem: string | undefined;

  constructor({ port, model, gaps }: StreamClientOptions) {
    this.#gaps = gaps;
    this.ended = new Promise((resolve) => (this.#resolve = resolve));
    const body = `{"model":"${model}","stream":true,"messages":[{"role":"user","content":"go on"}]}`;
    const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json`;
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.on('data', (chunk: Buffer) => this.#read(chunk));
    this.#socket.on('error', (error) => (this.#problem ??= error.message));
    this.#socket.on('close', () => this.#end());
    this.#socket.write(`${head}\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  }

  get tokens(): number {
    return this.#tokens;
  }

  /** Bytes taken off the socket. */
  get bytesRead(): number {
    return this.#socket.bytesRead;
  }

  /** Goes away without a word: closes the connection, or resets it. */
  leave(how: 'close' | 'reset'): void {
    if (how === 'reset') this.#socket.resetAndDestroy();
    else this.#socket.destroy();
  }

  stopReading(): void {
    this.#socket.pause();
  }

  readOn(): void {
    this.#socket.resume();
  }

  #read(chunk: Buffer): void {
    this.#raw += chunk.toString('latin1');
    if (!this.#hasHead && !this.#readHead()) return;
    const tokens = this.#tokens;
    this.#unchunk();
    if (this.#tokens === tokens) return;
    const now = performance.now();
    if (this.#firstTokenMs === undefined) this.#firstTokenMs = now - this.#startedAt;
    else this.#gaps.add(now - this.#lastAt);
    this.#lastAt = now;
  }

  #readHead(): boolean {
    const end = this.#raw.indexOf('\r\n\r\n');
    if (end === -1) return false;
    this.#hasHead = true;
    const status = this.#raw.slice(9, 12);
    if (status !== '200') this.#problem ??= `status ${status}`;
    this.#raw = this.#raw.slice(end + 4);
    return true;
  }

  /** Whole chunks only: what is left waits for the rest. */
  #unchunk(): void {
    let at = 0;
    for (;;) {
      const lineEnd = this.#raw.indexOf('\r\n', at);
      if (lineEnd === -1) break;
      const from = lineEnd + 2;
      const size = Number.parseInt(this.#raw.slice(at, lineEnd), 16);
      if (this.#raw.length < from + size + 2) break;
      this.#text += this.#raw.slice(from, from + size);
      at = from + size + 2;
      this.#isOver ||= size === 0;
    }
    this.#raw = this.#raw.slice(at);
    const events = this.#text.split('\n\n');
    this.#text = events.pop() ?? '';
    for (const event of events) this.#take(event);
  }

  #take(event: string): void {
    const token = TOKEN.exec(event);
    if (token !== null) {
      if (Number(token[1]) !== this.#tokens) this.#problem ??= `token ${token[1]} came as number ${this.#tokens}`;
      this.#tokens += 1;
    } else if (event === 'data: [DONE]') this.#isDone = true;
    else if (event.startsWith('data: {"error"')) this.#problem ??= `an error event: ${event.slice(0, 300)}`;
  }

  #end(): void {
    if (!this.#isOver) this.#problem ??= 'the connection was cut';
    this.#resolve({
      tokens: this.#tokens,
      isComplete: this.#isDone && this.#isOver,
      problem: this.#problem,
      firstTokenMs: this.#firstTokenMs,
    });
  }
}
