// Counts prompts with a real tokenizer in one worker thread, started when a decision first hangs on it and ended when
// it has had nothing to do. Whatever goes wrong, the answer is `undefined` and the estimate by bytes stands.
import { Worker } from 'node:worker_threads';
import type { ByteBody } from '../../wire/json-body.ts';
import type { CountReply, CountRequest } from './count-worker.ts';
import type { Encoding } from './encoding-of.ts';

/** Times in wall milliseconds: a thread keeps no other. */
export interface TokenCounterOptions {
  /** An answer that takes longer is not worth waiting for. */
  readonly patienceMs?: number;
  readonly idleMs?: number;
  readonly workerUrl?: URL;
}

const PATIENCE_MS = 2_000;
const IDLE_MS = 60_000;
/** A longer body would be counted for longer than anybody waits. */
const MOST_BYTES = 32 * 1024 * 1024;
const MOST_WAITING = 64;

/** Beside this file in a checkout, beside the bundle in a package. */
function besideThis(): URL {
  const here = import.meta.url;
  const name = here.endsWith('.ts') ? './count-worker.ts' : './count-worker.js';
  return new URL(name, here);
}

type Resolve = (tokens: number | undefined) => void;

export class TokenCounter {
  readonly #options: TokenCounterOptions;
  readonly #waiting = new Map<number, Resolve>();
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  #lastId = 0;
  #hasWarned = false;

  constructor(options: TokenCounterOptions = {}) {
    this.#options = options;
  }

  /** Tokens of the prompt in a JSON body; `undefined` when it cannot be told in time. Never rejects. */
  count(body: ByteBody, encoding: Encoding): Promise<number | undefined> {
    if (body.byteLength > MOST_BYTES || this.#waiting.size >= MOST_WAITING) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const id = (this.#lastId += 1);
      const late = setTimeout(() => this.#giveUp('no answer in time'), this.#options.patienceMs ?? PATIENCE_MS);
      this.#waiting.set(id, (tokens) => {
        clearTimeout(late);
        resolve(tokens);
      });
      const bytes = joined(body);
      this.#running().postMessage({ id, encoding, body: bytes } satisfies CountRequest, [bytes.buffer]);
    });
  }

  /** Ends the thread; whoever waits goes on with the estimate. */
  async close(): Promise<void> {
    await this.#end();
  }

  #running(): Worker {
    clearTimeout(this.#idle);
    if (this.#worker === undefined) {
      const worker = new Worker(this.#options.workerUrl ?? besideThis());
      worker.on('message', (reply: CountReply) => this.#settle(reply));
      worker.on('error', (error: unknown) => {
        if (worker === this.#worker) this.#giveUp(error instanceof Error ? error.message : String(error));
      });
      this.#worker = worker;
    }
    this.#worker.ref();
    return this.#worker;
  }

  #settle({ id, tokens, problem }: CountReply): void {
    if (problem !== undefined) this.#warn(problem);
    this.#waiting.get(id)?.(tokens);
    this.#waiting.delete(id);
    if (this.#waiting.size > 0) return;
    // Idle, it must not keep the process alive.
    this.#worker?.unref();
    this.#idle = setTimeout(() => void this.#end(), this.#options.idleMs ?? IDLE_MS);
    this.#idle.unref();
  }

  #giveUp(why: string): void {
    this.#warn(why);
    void this.#end();
  }

  async #end(): Promise<void> {
    clearTimeout(this.#idle);
    const worker = this.#worker;
    this.#worker = undefined;
    for (const resolve of this.#waiting.values()) resolve(undefined);
    this.#waiting.clear();
    await worker?.terminate();
  }

  #warn(why: string): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    process.emitWarning(`prompts are not counted, estimates by size stand in: ${why}`);
  }
}

function joined({ chunks, byteLength }: ByteBody): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(byteLength);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
