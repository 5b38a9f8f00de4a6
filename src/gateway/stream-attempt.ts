// One streamed upstream call. Nothing reaches the client before the first content (the commit point); from then on
// bytes are relayed with backpressure, and whatever goes wrong is told in-band.
import { classifyAnswer, classifyBroken, classifyInBand, classifyStreamFault } from '../core/classify.ts';
import type { Failure, Outcome } from '../core/outcome.ts';
import type { Millis } from '../core/units.ts';
import { UpstreamCall, type AnswerHeaders, type BrokenCall } from '../upstream/upstream-call.ts';
import type { StreamProgress } from '../wire/stream-progress.ts';
import type { StreamBytes, StreamReader } from '../wire/stream-reader.ts';
import {
  ABANDONED,
  brokenContext,
  ERROR_BODY_TIMEOUT_MS,
  MAX_ERROR_BYTES,
  type AttemptInput,
  type AttemptResult,
  withoutKey,
} from './attempt-result.ts';
import { header, remainingOf } from './answer-headers.ts';
import { publishBreaker } from './breaker-event.ts';
import { mirrorLimits } from './mirror-limits.ts';
import { openStreamReader } from './open-stream-reader.ts';
import { writeStreamHead } from './reply.ts';
import { progressOf, resumableOf } from './resume-stream.ts';

/** An upstream that has said its last word gets this long to end the answer too, so that its connection can be reused. */
const LINGER_MS = 1_000;

/** A client that has taken nothing for this long has left without saying so. */
const CLIENT_STALL_MS = 300_000;

/** Relays one stream; resolves its input when the stream has ended, one way or the other. */
export class StreamAttempt extends UpstreamCall {
  readonly #input: AttemptInput;
  readonly #startedAtMs: Millis;
  #reader: StreamReader | undefined;
  #progress: StreamProgress | undefined;
  #status = 0;
  #headers: AnswerHeaders = {};
  #errorChunks: Buffer[] = [];
  #errorBytes = 0;
  #isCommitted = false;
  #hasLost = false;
  /** The client has its last byte. The upstream may still send its own end, which frees the connection for reuse. */
  #isEnded = false;
  #lastByteAtMs: Millis = 0;
  #firstContentMs: Millis | undefined;

  constructor(input: AttemptInput) {
    super(input.exchange.input.services.clock);
    this.#input = input;
    this.#startedAtMs = this.clock.now();
  }

  begin(): void {
    const { timeouts, raceAfterMs } = this.#input.planned;
    if (raceAfterMs !== undefined) this.startTimer(raceAfterMs, silentForLong);
    else if (timeouts.firstContentMs !== undefined) this.startTimer(timeouts.firstContentMs, firstContentTimeOut);
  }

  /** No content so far: a rival may begin beside this call, which goes on until its own limit. */
  silentForLong(): void {
    const { planned, exchange } = this.#input;
    const { firstContentMs } = planned.timeouts;
    if (firstContentMs !== undefined) {
      this.startTimer(firstContentMs - (planned.raceAfterMs ?? 0), firstContentTimeOut);
    }
    exchange.onSilence?.();
  }

  /** Another attempt had content first, or was told why there will be none. */
  lose(): void {
    this.#hasLost = true;
    this.cancel('another attempt of the request counts');
  }

  protected onHead(status: number, headers: AnswerHeaders): void {
    this.#status = status;
    this.#headers = headers;
    const { exchange, planned } = this.#input;
    mirrorLimits(exchange, headers);
    if (status >= 300) return this.limitErrorBody(planned.timeouts.firstContentMs, ERROR_BODY_TIMEOUT_MS);
    this.#progress = progressOf(exchange, planned);
    this.#reader = openStreamReader(exchange, planned, this.#progress);
  }

  protected onBytes(chunk: Buffer): void {
    const reader = this.#reader;
    if (this.#isEnded) return;
    if (reader === undefined) return this.#holdError(chunk);
    this.#lastByteAtMs = this.clock.now();
    const bytes = reader.push(chunk);
    if (reader.hasContent && !this.#isCommitted) this.#commit();
    if (this.#isCommitted && bytes.length > 0) this.#write(bytes);
    if (reader.inBandError !== undefined || reader.fault !== undefined) return this.#breakOff(reader);
    if (reader.isTerminated) this.#end(reader, true);
  }

  protected onComplete(): void {
    if (this.#isEnded) return;
    if (this.#input.exchange.isGone) return this.#input.resolve(ABANDONED);
    if (this.#reader === undefined) return this.#fail(this.#classifyError());
    this.#end(this.#reader, true);
  }

  protected onBroken(broken: BrokenCall): void {
    const { exchange, planned } = this.#input;
    if (this.#isEnded) return;
    if (broken.kind === 'cancelled') {
      if (exchange.isGone || this.#hasLost) this.#input.resolve(ABANDONED);
      return;
    }
    const failure = classifyBroken(broken, brokenContext(exchange, planned));
    if (this.#reader === undefined) return this.#fail(failure);
    // Silence behind the finish_reason takes nothing from an answer that is whole.
    this.#end(this.#reader, false, broken.kind === 'timeout' ? failure : undefined);
  }

  #commit(): void {
    this.#isCommitted = true;
    this.#firstContentMs = this.clock.now() - this.#startedAtMs;
    const { exchange, planned } = this.#input;
    exchange.firstContentMs ??= this.clock.now() - exchange.input.startedAtMs;
    if (exchange.isRacing) this.#win();
    const change = this.#input.report.content(this.clock.now());
    if (change !== undefined) publishBreaker(exchange, planned, change);
    this.#armIdleTimer();
    if (exchange.headFor === undefined) writeStreamHead(exchange, planned, this.#headers);
    exchange.reader = this.#reader;
    exchange.progress = this.#progress;
    exchange.recovered = planned.resume;
  }

  #win(): void {
    const { exchange, planned } = this.#input;
    const { call, rivalCall } = exchange;
    exchange.winner = planned;
    exchange.raced = planned.isRival ? 'second' : 'first';
    exchange.adopt(planned);
    if (planned.isRival && call instanceof StreamAttempt) call.lose();
    else if (!planned.isRival) rivalCall?.lose();
  }

  #write(bytes: StreamBytes): void {
    const { response } = this.#input.exchange.input;
    const hasRoom = typeof bytes === 'string' ? response.write(bytes, 'latin1') : response.write(bytes);
    if (hasRoom || this.isPaused) return;
    this.pause();
    response.once('drain', () => {
      this.#lastByteAtMs = this.clock.now();
      this.resume();
    });
  }

  /** One timer per stream, not one per event: when it fires it looks at the last byte's time and goes on. */
  #armIdleTimer(): void {
    this.stopTimer();
    const { idleMs } = this.#input.planned.timeouts;
    if (idleMs !== undefined) this.startTimer(idleMs, idleTimeOut);
  }

  /** Silence so far; a client that holds us back stops the clock. */
  checkIdle(): void {
    const { idleMs } = this.#input.planned.timeouts;
    if (idleMs === undefined) return;
    const sinceLastByteMs = this.clock.now() - this.#lastByteAtMs;
    if (this.isPaused && sinceLastByteMs > CLIENT_STALL_MS) {
      this.#input.exchange.input.response.destroy();
      return;
    }
    const silentMs = this.isPaused ? 0 : sinceLastByteMs;
    if (silentMs < idleMs) return this.startTimer(idleMs - silentMs, idleTimeOut);
    this.breakWith({ kind: 'timeout', phase: 'body', code: 'STREAM_IDLE_TIMEOUT', message: 'the stream went silent' });
  }

  #breakOff(reader: StreamReader): void {
    const context = brokenContext(this.#input.exchange, this.#input.planned);
    this.cancel('the stream cannot be used further');
    this.#endBadly(
      reader.inBandError === undefined
        ? classifyStreamFault({ message: reader.fault?.message ?? 'malformed event' }, context)
        : classifyInBand(JSON.parse(withoutKey(JSON.stringify(reader.inBandError.payload), this.#input)), context),
    );
  }

  /** `failure`: what a stream without its end is told as; default: that it was cut. */
  #end(reader: StreamReader, isClean: boolean, failure?: Failure): void {
    const end = reader.end(isClean);
    if (reader.inBandError !== undefined) return this.#breakOff(reader);
    if (end.kind === 'cut') {
      if (this.#isCommitted && end.bytes.length > 0) this.#write(end.bytes);
      const { exchange, planned } = this.#input;
      return this.#endBadly(failure ?? classifyStreamFault(end, brokenContext(exchange, planned)));
    }
    if (!this.#isCommitted) this.#commit();
    this.#close(end.bytes);
    const timing = { totalMs: this.clock.now() - this.#startedAtMs, firstContentMs: this.#firstContentMs };
    this.#resolve({ kind: 'success', usage: reader.usage, timing });
  }

  /** Before content: invisible, the plan may go on. After it: the plan may go on with the stream, or it ends in-band. */
  #endBadly(failure: Failure): void {
    const { exchange, planned } = this.#input;
    if (!this.#isCommitted || this.#reader === undefined) return this.#fail(failure);
    const differs = this.#reader.fault?.kind === 'replay-differs';
    exchange.brokenDeployment ??= planned.deployment;
    this.#resolve({
      kind: 'failure',
      // That two sampled answers differ is nobody's fault.
      failure: differs ? { ...failure, scope: 'request' } : failure,
      committed: true,
      resumable: resumableOf(exchange),
      unsent: false,
    });
  }

  #close(bytes: StreamBytes): void {
    const { response } = this.#input.exchange.input;
    if (bytes.length === 0) response.end();
    else if (typeof bytes === 'string') response.end(bytes, 'latin1');
    else response.end(bytes);
  }

  #fail(failure: Failure): void {
    const { exchange, planned } = this.#input;
    if (this.#reader !== undefined) exchange.opened = { planned, headers: this.#headers };
    this.#resolve({ kind: 'failure', failure, committed: false, unsent: this.isUnsent });
  }

  #resolve(outcome: Outcome): void {
    this.#isEnded = true;
    if (this.isOver) this.stopTimer();
    else this.startTimer(LINGER_MS, hangUp);
    const result: AttemptResult = {
      ...remainingOf(this.#headers),
      outcome,
      answer: undefined,
      firstContentMs: this.#firstContentMs,
    };
    this.#input.resolve(result);
  }

  #holdError(chunk: Buffer): void {
    this.#errorBytes += chunk.length;
    this.#errorChunks.push(chunk);
    if (this.#errorBytes > MAX_ERROR_BYTES) this.completeNow();
  }

  #classifyError(): Failure {
    const { exchange, planned } = this.#input;
    exchange.failedHeaders = this.#headers;
    return classifyAnswer({
      ...brokenContext(exchange, planned),
      status: this.#status,
      header: (name) => header(this.#headers, name),
      body: withoutKey(Buffer.concat(this.#errorChunks).toString('utf8'), this.#input),
      badAnswer: undefined,
    });
  }
}

function hangUp(call: StreamAttempt): void {
  call.cancel('the stream has ended');
}

function firstContentTimeOut(call: StreamAttempt): void {
  call.breakWith({
    kind: 'timeout',
    phase: call.phase,
    code: 'FIRST_CONTENT_TIMEOUT',
    message: 'no content in time',
  });
}

function silentForLong(call: StreamAttempt): void {
  call.silentForLong();
}

function idleTimeOut(call: StreamAttempt): void {
  call.checkIdle();
}
