// One HTTP exchange with an upstream: an undici handler with our own timers. It knows nothing of models or retries;
// subclasses decide what an answer means. Exactly one of `onComplete` and `onBroken` is called, once.
import type { Dispatcher } from 'undici';
import type { ByteBody } from '../wire/json-body.ts';
import type { Clock, TimerHandle } from './clock.ts';

/** How far the exchange got when it broke: tells "not sent" from "no headers" from "cut". */
export type CallPhase = 'connect' | 'headers' | 'body';

/** Why no whole answer came. `code` is Node's or undici's (`ECONNRESET`, `UND_ERR_CONNECT_TIMEOUT`, ...). */
export interface BrokenCall {
  readonly kind: 'transport' | 'timeout' | 'cancelled';
  readonly phase: CallPhase;
  readonly code: string;
  readonly message: string;
}

/** What to send; the body may be sent again by a later call. */
export interface CallRequest {
  readonly path: string;
  readonly method: 'POST' | 'GET' | 'DELETE';
  readonly headers: string[];
  readonly body: ByteBody | undefined;
}

export type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>;

const CONNECT_TIMEOUT_CODE = 'UND_ERR_CONNECT_TIMEOUT';

export abstract class UpstreamCall {
  protected readonly clock: Clock;
  #controller: Dispatcher.DispatchController | undefined;
  #timer: TimerHandle | undefined;
  #phase: CallPhase = 'connect';
  #isOver = false;
  #cancelled: BrokenCall | undefined;
  #wroteBytes = false;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Status and headers (lower-case names) are in. */
  protected abstract onHead(status: number, headers: AnswerHeaders): void;
  protected abstract onBytes(chunk: Buffer): void;
  protected abstract onComplete(): void;
  protected abstract onBroken(broken: BrokenCall): void;

  /** No byte of the request has left: a charge may be given back, and sending again is always safe. */
  get isUnsent(): boolean {
    return !this.#wroteBytes;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  send(dispatcher: Pick<Dispatcher, 'dispatch'>, origin: string, request: CallRequest): void {
    const { path, method, headers, body } = request;
    try {
      dispatcher.dispatch(
        { origin, path, method, headers, body: undiciBody(body) } as Dispatcher.DispatchOptions,
        this,
      );
    } catch (error) {
      this.onResponseError(undefined, error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** Breaks the call off: the connection is closed and `onBroken` tells why, at once. */
  breakWith(broken: BrokenCall): void {
    if (this.#isOver) return;
    this.#cancelled = broken;
    // Over before the abort: undici reports it back at once.
    this.#isOver = true;
    this.#controller?.abort(new Error(broken.message));
    this.#finishBroken(broken);
  }

  /** Instead of the call's own limits: breaks it off as a timeout after `ms`, for the reason given. */
  timeOutAfter(ms: number, message: string): void {
    this.startTimer(ms, (call) =>
      call.breakWith({ kind: 'timeout', phase: call.phase, code: 'ATTEMPT_TIMEOUT', message }),
    );
  }

  /** Nobody wants the answer any more. */
  cancel(message: string): void {
    this.breakWith({ kind: 'cancelled', phase: this.#phase, code: 'CANCELLED', message });
  }

  /** What has come is enough: the connection is closed and the call completes as if the answer had ended here. */
  protected completeNow(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.stopTimer();
    this.#controller?.abort(new Error('enough has been read'));
    this.onComplete();
  }

  /** The answer is an error: its body gets `limitMs`, or the attempt's own limit where that is shorter. */
  protected limitErrorBody(attemptMs: number | undefined, limitMs: number): void {
    this.startTimer(Math.min(attemptMs ?? limitMs, limitMs), (call) => call.completeNow());
  }

  pause(): void {
    this.#controller?.pause();
  }

  resume(): void {
    this.#controller?.resume();
  }

  get isPaused(): boolean {
    return this.#controller?.paused ?? false;
  }

  /** Starts (or restarts) the one timer of this call; when it fires, `callback` decides. */
  protected startTimer(ms: number, callback: (call: this) => void): void {
    this.stopTimer();
    this.#timer = this.clock.after(ms, callback, this);
  }

  protected stopTimer(): void {
    if (this.#timer === undefined) return;
    this.clock.cancel(this.#timer);
    this.#timer = undefined;
  }

  /** How far it got. */
  get phase(): CallPhase {
    return this.#phase;
  }

  // undici's handler interface

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    this.#phase = 'headers';
    if (this.#cancelled !== undefined) controller.abort(new Error(this.#cancelled.message));
  }

  onBodySent(): void {
    this.#wroteBytes = true;
  }

  onRequestSent(): void {
    this.#wroteBytes = true;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: AnswerHeaders): void {
    if (this.#isOver || status < 200) return;
    this.#phase = 'body';
    this.onHead(status, headers);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#isOver) this.onBytes(chunk);
  }

  onResponseEnd(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.stopTimer();
    try {
      this.onComplete();
    } catch (error) {
      // undici would tell `onResponseError`, which no longer listens: whoever waits for the outcome would wait for ever.
      const message = error instanceof Error ? error.message : String(error);
      this.#finishBroken({ kind: 'transport', phase: 'body', code: 'UNREADABLE_ANSWER', message });
    }
  }

  onResponseError(_controller: unknown, error: Error): void {
    if (this.#isOver) return;
    const code = errorCode(error);
    const kind = code === CONNECT_TIMEOUT_CODE ? 'timeout' : 'transport';
    this.#finishBroken({ kind, phase: this.#phase, code, message: error.message });
  }

  #finishBroken(broken: BrokenCall): void {
    this.#isOver = true;
    this.stopTimer();
    this.onBroken(broken);
  }
}

/** The most telling code: undici wraps Node's error, and several addresses tried make an AggregateError. */
function errorCode(error: Error): string {
  const cause = error.cause instanceof Error ? error.cause : undefined;
  const first = error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0] : undefined;
  for (const candidate of [first, cause, error]) {
    if (candidate !== undefined && 'code' in candidate && typeof candidate.code === 'string') return candidate.code;
  }
  return error.name;
}

/** undici sends one buffer cheaper than an iterable, and an iterable cheaper than a copy of a large body. */
function undiciBody(body: ByteBody | undefined): Uint8Array | Iterable<Uint8Array> | null {
  if (body === undefined) return null;
  const [only] = body.chunks;
  return body.chunks.length === 1 && only !== undefined ? only : body.chunks;
}
