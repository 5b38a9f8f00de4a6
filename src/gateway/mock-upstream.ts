// Stands in for a provider: gives a made-up answer through the interface that undici's dispatchers have, so that timers,
// backpressure, classification and replies of a mocked attempt are those of a real one. Nothing goes over a network.
import type { Dispatcher } from 'undici';
import type { Clock, TimerHandle } from '../upstream/clock.ts';
import type { MockedHttp } from '../wire/mock-answer.ts';

type Handler = Dispatcher.DispatchHandler;

export class MockUpstream implements Pick<Dispatcher, 'dispatch'> {
  readonly #answer: MockedHttp | undefined;
  readonly #delayMs: number;
  readonly #clock: Clock;

  /** Without an answer the request is taken and nothing comes. `delayMs` is the clock's. */
  constructor(answer: MockedHttp | undefined, delayMs: number, clock: Clock) {
    this.#answer = answer;
    this.#delayMs = delayMs;
    this.#clock = clock;
  }

  dispatch(_options: unknown, handler: Handler): boolean {
    const call = new MockedExchange(this.#answer, handler);
    call.begin();
    if (this.#delayMs > 0) call.timer = { clock: this.#clock, handle: this.#clock.after(this.#delayMs, tell, call) };
    else queueMicrotask(() => tell(call));
    return true;
  }
}

function tell(call: MockedExchange): void {
  call.tell();
}

/** One exchange, and what its reader may do to it: pause, go on, end. */
class MockedExchange implements Dispatcher.DispatchController {
  aborted = false;
  paused = false;
  reason: Error | null = null;
  timer: { readonly clock: Clock; readonly handle: TimerHandle } | undefined;
  readonly #answer: MockedHttp | undefined;
  readonly #handler: Handler;
  readonly #pieces: Iterator<string> | undefined;
  #hasHead = false;
  #isOver = false;

  constructor(answer: MockedHttp | undefined, handler: Handler) {
    this.#answer = answer;
    this.#handler = handler;
    this.#pieces = answer?.pieces[Symbol.iterator]();
  }

  begin(): void {
    this.#handler.onRequestStart?.(this, {});
    this.#handler.onRequestSent?.();
  }

  /** The whole answer, or as much of it as is wanted now. What its reader throws is the reader's to hear, as in undici. */
  tell(): void {
    try {
      this.#tell();
    } catch (error) {
      this.#isOver = true;
      this.#handler.onResponseError?.(this, error instanceof Error ? error : new Error(String(error)));
    }
  }

  #tell(): void {
    if (this.#answer === undefined || this.#pieces === undefined || this.aborted) return;
    if (!this.#hasHead) {
      this.#hasHead = true;
      const { status, contentType } = this.#answer;
      this.#handler.onResponseStart?.(this, status, { 'content-type': contentType }, '');
    }
    while (!this.paused && !this.aborted && !this.#isOver) {
      const { value, done } = this.#pieces.next();
      if (done === true) {
        this.#isOver = true;
        this.#handler.onResponseEnd?.(this, {});
      } else this.#handler.onResponseData?.(this, Buffer.from(value, 'latin1'));
    }
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    this.tell();
  }

  abort(reason: Error): void {
    this.aborted = true;
    this.reason = reason;
    this.timer?.clock.cancel(this.timer.handle);
  }
}
