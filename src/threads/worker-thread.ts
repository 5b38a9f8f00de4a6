// One thread that serves, as the thread that watches over it sees it: started, asked, ended. What its death means for
// the others is decided elsewhere.
import { Worker } from 'node:worker_threads';
import { Line, type Handlers } from './line.ts';
import type { OfServing, OfWatching, StartProblem, ThreadStart } from './messages.ts';

/** Beside this file in a checkout, beside the bundle in a package. */
function besideThis(): URL {
  const name = import.meta.url.endsWith('.ts') ? './serving-thread.ts' : './serving-thread.js';
  return new URL(name, import.meta.url);
}

export type WatchingHandlers = Omit<Handlers<OfWatching>, 'listening' | 'failed'>;

/** Why a thread cannot serve: the code and the call of the system, where it was the system. */
export class StartError extends Error {
  readonly code: string | undefined;
  readonly syscall: string | undefined;

  constructor({ message, code, syscall }: StartProblem) {
    super(message);
    this.code = code;
    this.syscall = syscall;
  }
}

export class WorkerThread {
  readonly number: number;
  readonly line: Line<OfWatching, OfServing>;
  /** The port that it listens on; rejects with `StartError`, or when it ends before. */
  readonly listening: Promise<number>;
  /** Why it ended, once it has: what was thrown, or its exit code in words. Never rejects. */
  readonly ended: Promise<string>;
  readonly #worker: Worker;

  constructor(start: ThreadStart, handlers: WatchingHandlers, script: URL = besideThis()) {
    this.number = start.thread;
    this.#worker = new Worker(script, { workerData: start, name: `loadstone-${start.thread}` });
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.listening = promise;
    // Who does not wait for it hears of the end all the same.
    promise.catch(() => undefined);
    this.line = new Line<OfWatching, OfServing>(this.#worker, {
      ...handlers,
      listening: (port) => resolve(port),
      failed: (problem) => reject(new StartError(problem)),
    });
    this.ended = new Promise((tell) => {
      let why: string | undefined;
      this.#worker.once('error', (error: unknown) => (why = error instanceof Error ? error.message : String(error)));
      this.#worker.once('exit', (code) => {
        const said = why ?? `it exited with code ${code}`;
        this.line.close(`thread ${start.thread} has ended: ${said}`);
        reject(new Error(`thread ${start.thread} ended before it listened: ${said}`));
        tell(said);
      });
    });
  }

  /** Ends it at once. */
  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}
