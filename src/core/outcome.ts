// What one attempt came to, and what the plan asks for next. These two types are the whole conversation between the
// pure core and the executor.
import type { BreakerChange } from './breaker/breaker.ts';
import type { DeploymentIndex, Millis, Rng } from './units.ts';

/** Why an attempt failed, in the terms that decide what happens next. One per row of the failure contract (DESIGN 5). */
export const FAILURE_CAUSES = [
  'rate_limit', // 429
  'quota_exhausted', // 429 insufficient_quota, 402
  'server_error', // 5xx, 529, 425
  'conflict', // 409
  'bad_answer', // 3xx, or a 2xx that is not what was asked: empty, HTML, unparsable
  'connection', // refused, reset, TLS, DNS, closed before the answer was whole
  'timeout', // our own phase timer fired
  'upstream_timeout', // the upstream answered 408 or 504
  'authentication', // 401
  'misconfigured', // 403 or 404 that names the deployment or model, or is not in the provider's error format
  'permission', // other 403
  'not_found', // other 404
  'context_window', // the prompt is too large for the model
  'content_policy', // the provider refuses the content
  'bad_request', // other 4xx, 422 and 413 included
] as const;
export type FailureCause = (typeof FAILURE_CAUSES)[number];

/** Tokens as the provider counted them. */
export interface TokenUsage {
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly totalTokens: number;
}

/** Which of our own timers ran out (DESIGN 5). */
export const TIMERS = [
  'connect', // no connection was made
  'headers', // nothing came back, not even a status
  'first_content', // the answer began, and then nothing of use came
  'idle', // silence in the middle of a stream
  'attempt', // a plain answer that was not whole in time
  'request', // the `deadline` of the whole request
] as const;
export type TimerName = (typeof TIMERS)[number];

/** A failure as `classify` sees it. `scope` says who is to blame: only `deployment` counts for health. */
export interface Failure {
  readonly cause: FailureCause;
  readonly scope: 'deployment' | 'request' | 'caller';
  /** Status that a client is shown if nothing better comes (LiteLLM's status map). */
  readonly status: number;
  /** OpenAI error fields for the client. `message` carries LiteLLM's class prefix and the provider's text. */
  readonly message: string;
  readonly type: string | null;
  readonly param: string | null;
  readonly code: string | null;
  /** Until when the provider asked us to stay away, relative; `undefined` = it did not say. */
  readonly retryAfterMs: Millis | undefined;
  /** Which timer ran out; absent: none. */
  readonly timer?: TimerName | undefined;
  /** LiteLLM's exception class without the module: `RateLimitError`, `ContextWindowExceededError`, ... */
  readonly exceptionClass: string;
}

/** How long an attempt took, from its dispatch. */
export interface Timing {
  readonly totalMs: Millis;
  /** Time to first content of a stream; `undefined` for a plain answer. */
  readonly firstContentMs: Millis | undefined;
}

/** A stream of plain text that broke: no tool call, structured output or second choice in flight (DESIGN 5). */
export interface Resumable {
  /** `temperature` is 0 or `seed` is set: a second answer is likely to be the same. */
  readonly isDeterministic: boolean;
  /** The request has a form in which the beginning of an answer can be given (a chat). */
  readonly mayPrefill: boolean;
}

export type Outcome =
  | { readonly kind: 'success'; readonly usage: TokenUsage | undefined; readonly timing: Timing }
  | {
      readonly kind: 'failure';
      readonly failure: Failure;
      /** The client already has part of this answer: nothing may be retried. */
      readonly committed: boolean;
      /** Whether another stream may go on where this one broke; only for committed ones. Absent = it may not. */
      readonly resumable?: Resumable | undefined;
      /** No byte of the request was written upstream: a charge may be refunded. */
      readonly unsent: boolean;
    }
  | { readonly kind: 'abandoned' }; // the client went away; nobody is to blame

export type FailedOutcome = Extract<Outcome, { kind: 'failure' }>;

/** Timers of one attempt, each with an error code of its own. `undefined` = unbounded. */
export interface PhaseTimeouts {
  readonly connectMs: Millis;
  /** Whole attempt, plain answers only. */
  readonly totalMs: Millis | undefined;
  /** Time to first content, streams only. */
  readonly firstContentMs: Millis | undefined;
  /** Silence between events, streams only. */
  readonly idleMs: Millis | undefined;
  /** The limit came from the caller and is below the configured one: a timeout is then nobody's fault but the caller's. */
  readonly setByCaller: boolean;
}

/** One upstream call that the plan wants made. */
export interface Attempt {
  readonly deployment: DeploymentIndex;
  /** Model name for the upstream body or path (wildcards substituted). */
  readonly upstreamModel: string;
  /** Name that was asked for at this hop: the requested model, or the fallback target. */
  readonly group: string;
  readonly timeouts: PhaseTimeouts;
  /** After so much silence of a stream the plan wants to be asked for a rival; `undefined` = never. */
  readonly raceAfterMs: Millis | undefined;
  /** It began beside another attempt of the request that was silent: the first content of either wins. */
  readonly isRival: boolean;
  /** Request fields that a fallback target replaces, or `undefined`. */
  readonly overrides: Readonly<Record<string, unknown>> | undefined;
  /** Retries inside this group so far (0 = first attempt of the hop). */
  readonly retries: number;
  /** The client has a part of the answer: this attempt goes on with it. */
  readonly resume: 'replay' | 'prefill' | undefined;
  /** Fallback hops so far, as `x-litellm-attempted-fallbacks` counts them. */
  readonly fallbacks: number;
}

export type Action =
  | { readonly kind: 'attempt'; readonly attempt: Attempt }
  /** Count the prompt with the tokenizer of this deployment's model, and tell `counted`. At most once per request. */
  | { readonly kind: 'count'; readonly deployment: DeploymentIndex }
  | { readonly kind: 'wait'; readonly untilMs: Millis; readonly reason: 'retry-after' | 'backoff' | 'capacity' }
  | { readonly kind: 'fail'; readonly failure: Failure };

/** Where the executor tells what becomes of one attempt. */
export interface AttemptReport {
  /** A stream gave its first content: what a probe needs to succeed (DESIGN 5). The end is recorded all the same. */
  content(now: Millis): BreakerChange;
  /** What came of it; once per attempt. Says whether the deployment's breaker opened or closed. */
  record(outcome: Outcome, now: Millis, rng: Rng): BreakerChange;
}
