// What an attempt starts from and what it comes to: shared by plain calls and streams.
import type { Attempt, AttemptReport, Failure, Outcome } from '../core/outcome.ts';
import type { Millis } from '../core/units.ts';
import type { AnswerHeaders, BrokenCall } from '../upstream/upstream-call.ts';
import type { Answer } from '../wire/answer.ts';
import type { Exchange } from './exchange.ts';

export interface AttemptInput {
  readonly exchange: Exchange;
  readonly planned: Attempt;
  readonly report: AttemptReport;
  readonly resolve: (result: AttemptResult) => void;
}

/** Longest error body that is read: enough for any message, too little to fill memory. */
export const MAX_ERROR_BYTES = 1024 * 1024;

/** An error body that has not ended by then is judged by what came: its status is known, and others are waiting. */
export const ERROR_BODY_TIMEOUT_MS = 5_000;

/** Longest plain answer that is held: more than any model writes, less than would end the process. */
export const MAX_ANSWER_BYTES = 128 * 1024 * 1024;

export const ANSWER_TOO_LARGE: BrokenCall = {
  kind: 'transport',
  phase: 'body',
  code: 'ANSWER_TOO_LARGE',
  message: 'the answer is larger than 128 MiB',
};

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

/** Shorter ones are placeholders, and words that a text may well hold. */
const SHORTEST_KEY = 8;

/** What a provider said without the deployment's key, should it quote it: no pattern knows every form of key, we do. */
export function withoutKey(text: string, { exchange, planned }: Pick<AttemptInput, 'exchange' | 'planned'>): string {
  const key = exchange.input.runtime.config.deployments[planned.deployment]?.spec.params['api_key'];
  return typeof key === 'string' && key.length >= SHORTEST_KEY ? text.replaceAll(key, '[redacted]') : text;
}
