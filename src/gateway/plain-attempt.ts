// One upstream call whose answer is complete before the client sees a byte of it: collected, checked, classified.
import { classifyAnswer, classifyBroken, contentFilteredFailure } from '../core/classify.ts';
import type { Failure, Outcome, TokenUsage } from '../core/outcome.ts';
import type { Millis } from '../core/units.ts';
import { UpstreamCall, type AnswerHeaders, type BrokenCall } from '../upstream/upstream-call.ts';
import { readAnswer } from '../wire/answer.ts';
import { header, remainingOf } from './answer-headers.ts';
import {
  ANSWER_TOO_LARGE,
  ERROR_BODY_TIMEOUT_MS,
  MAX_ANSWER_BYTES,
  MAX_ERROR_BYTES,
  type AttemptInput,
  ABANDONED,
  brokenContext,
  type AttemptResult,
  type ReadyAnswer,
  withoutKey,
} from './attempt-result.ts';
import { mirrorLimits } from './mirror-limits.ts';
import { shownModel } from './reply.ts';
import { responseIdRewriter } from './response-ids.ts';

export class PlainAttempt extends UpstreamCall {
  readonly #input: AttemptInput;
  readonly #chunks: Buffer[] = [];
  #byteLength = 0;
  #startedAtMs: Millis = 0;
  #status = 0;
  #headers: AnswerHeaders = {};

  constructor(input: AttemptInput) {
    super(input.exchange.input.services.clock);
    this.#input = input;
  }

  begin(): void {
    const { totalMs } = this.#input.planned.timeouts;
    this.#startedAtMs = this.clock.now();
    if (totalMs !== undefined) this.startTimer(totalMs, timeOut);
  }

  protected onHead(status: number, headers: AnswerHeaders): void {
    this.#status = status;
    this.#headers = headers;
    mirrorLimits(this.#input.exchange, headers);
    if (status >= 300) this.limitErrorBody(this.#input.planned.timeouts.totalMs, ERROR_BODY_TIMEOUT_MS);
  }

  protected onBytes(chunk: Buffer): void {
    this.#byteLength += chunk.length;
    if (this.#byteLength > MAX_ANSWER_BYTES) return this.breakWith(ANSWER_TOO_LARGE);
    this.#chunks.push(chunk);
    if (this.#status >= 300 && this.#byteLength > MAX_ERROR_BYTES) this.completeNow();
  }

  protected onComplete(): void {
    const { exchange, planned } = this.#input;
    if (exchange.isGone) return this.#resolve(ABANDONED);
    if (this.#status >= 300) return this.#fail(this.#classify());
    const { endpoint } = exchange.input;
    const answer = readAnswer(this.#chunks, {
      endpoint,
      model: shownModel(exchange, planned),
      rewriteId: endpoint === 'responses' ? responseIdRewriter(exchange, planned) : undefined,
    });
    if (answer.kind === 'bad') return this.#fail(this.#classify(answer.reason));
    if (answer.isContentFiltered && exchange.input.plan.hasFallbackFor('content_policy')) {
      return this.#fail(contentFilteredFailure(brokenContext(exchange, planned)));
    }
    this.#succeed(answer.usage, {
      status: this.#status,
      headers: this.#headers,
      contentType: header(this.#headers, 'content-type') ?? 'application/json',
      body: answer.body,
    });
  }

  protected onBroken(broken: BrokenCall): void {
    const { exchange, planned } = this.#input;
    if (broken.kind === 'cancelled') return this.#resolve(ABANDONED);
    this.#fail(classifyBroken(broken, brokenContext(exchange, planned)));
  }

  #classify(badAnswer?: string): Failure {
    const { exchange, planned } = this.#input;
    exchange.failedHeaders = this.#headers;
    return classifyAnswer({
      ...brokenContext(exchange, planned),
      status: this.#status,
      header: (name) => header(this.#headers, name),
      body: withoutKey(Buffer.concat(this.#chunks).toString('utf8'), this.#input),
      badAnswer: badAnswer === undefined ? undefined : withoutKey(badAnswer, this.#input),
    });
  }

  #succeed(usage: TokenUsage | undefined, answer: ReadyAnswer): void {
    const timing = { totalMs: this.clock.now() - this.#startedAtMs, firstContentMs: undefined };
    this.#resolve({ ...this.#measured(), outcome: { kind: 'success', usage, timing }, answer });
  }

  #fail(failure: Failure): void {
    const outcome: Outcome = { kind: 'failure', failure, committed: false, unsent: this.isUnsent };
    this.#resolve({ ...this.#measured(), outcome, answer: undefined });
  }

  #measured(): Pick<AttemptResult, 'firstContentMs' | 'remainingRequests' | 'remainingTokens'> {
    return { ...remainingOf(this.#headers), firstContentMs: undefined };
  }

  #resolve(result: AttemptResult): void {
    this.#input.resolve(result);
  }
}

function timeOut(call: PlainAttempt): void {
  call.breakWith({ kind: 'timeout', phase: call.phase, code: 'ATTEMPT_TIMEOUT', message: 'no whole answer in time' });
}
