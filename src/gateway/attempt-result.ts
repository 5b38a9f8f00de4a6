// What an attempt starts from and what it comes to: shared by plain calls and streams.
import type { Attempt, Failure, Outcome } from '../core/outcome.ts';
import type { Millis } from '../core/units.ts';
import type { AnswerHeaders } from '../upstream/upstream-call.ts';
import type { Answer } from '../wire/answer.ts';
import type { Exchange } from './exchange.ts';

export interface AttemptInput {
  readonly exchange: Exchange;
  readonly planned: Attempt;
  readonly resolve: (result: AttemptResult) => void;
}

/** Longest error body that is read: enough for any message, too little to fill memory. */
export const MAX_ERROR_BYTES = 1024 * 1024;

/** A complete plain answer, ready to be sent. */
export interface ReadyAnswer {
  readonly status: number;
  readonly headers: AnswerHeaders;
  readonly contentType: string;
  readonly body: Answer['body'];
}

export interface AttemptResult {
  readonly outcome: Outcome;
  /** Present for a plain success; a stream has already been relayed. */
  readonly answer: ReadyAnswer | undefined;
  readonly firstContentMs: Millis | undefined;
  readonly remainingRequests: number | undefined;
  readonly remainingTokens: number | undefined;
}

/** An attempt that ended before anything was sent upstream. */
export function unsentResult(failure: Failure): AttemptResult {
  return {
    outcome: { kind: 'failure', failure, committed: false, unsent: true },
    answer: undefined,
    firstContentMs: undefined,
    remainingRequests: undefined,
    remainingTokens: undefined,
  };
}

export const ABANDONED: AttemptResult = {
  outcome: { kind: 'abandoned' },
  answer: undefined,
  firstContentMs: undefined,
  remainingRequests: undefined,
  remainingTokens: undefined,
};

/** What classification needs to know about where a failure happened. */
export function brokenContext(exchange: Exchange, planned: Attempt) {
  const deployment = exchange.input.runtime.config.table.deployments[planned.deployment];
  return {
    provider: deployment?.provider ?? 'openai',
    callerCredentials: exchange.input.intent.callerCredentials,
    setByCaller: planned.timeouts.setByCaller,
    stream: exchange.input.intent.stream,
    endpoint: exchange.input.endpoint,
    timeoutMs: planned.timeouts.totalMs ?? planned.timeouts.firstContentMs,
  };
}
