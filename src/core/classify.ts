// What a failed attempt means: cause, blame, and what the client would be shown. The one place where answers, broken
// connections, timers and stream faults become failures (DESIGN 5); how vendors word things is data in classify/.
import { causeOf } from './classify/cause.ts';
import {
  BAD_KEY_WORDINGS,
  BAD_REQUEST_WORDINGS,
  isWorded,
  MISCONFIGURED_WORDINGS,
  OVERLOAD_WORDINGS,
  THROTTLE_WORDINGS,
  TOO_LARGE_FOR_LIMIT,
} from './classify/error-words.ts';
import { clientFields } from './classify/client-fields.ts';
import { clientMessage, exceptionClassOf } from './classify/exception-class.ts';
import { readErrorValue, readProviderError, type ProviderError } from './classify/provider-error.ts';
import type { Failure, FailureCause, TimerName } from './outcome.ts';
import { readRetryAfter, readRetryAfterHeaders } from './retry-after.ts';
import type { Millis } from './units.ts';

export { unsupportedFailure } from './own-failures.ts';

/** Where a failure happened. */
export interface FailureContext {
  /** Provider name as LiteLLM spells it. */
  readonly provider: string;
  /** The caller brought key or address: the deployment is not to blame for anything. */
  readonly callerCredentials: boolean;
  /** The attempt's limit was the caller's and shorter than the configured one. */
  readonly setByCaller: boolean;
  /** The limit itself, for the message. */
  readonly timeoutMs: Millis | undefined;
  /** The call was a stream: an answer that breaks off while it is read is shown differently (golden h12). */
  readonly stream?: boolean | undefined;
  /** `completions` and `embeddings` show fewer fields than chat does. */
  readonly endpoint?: string | undefined;
}

/** An upstream HTTP answer that is not a success, or a success that is not what was asked (`badAnswer` says why). */
export interface UpstreamAnswer extends FailureContext {
  readonly status: number;
  /** By lower-case name. */
  header(name: string): string | undefined;
  readonly body: string;
  readonly badAnswer: string | undefined;
}

/** A call that ended without a whole answer. `code` is Node's or undici's, or names our own timer. */
export interface BrokenExchange {
  readonly kind: 'transport' | 'timeout' | 'cancelled';
  readonly phase: 'connect' | 'headers' | 'body';
  readonly code: string;
  readonly message: string;
}

const NO_HEADERS = (): undefined => undefined;

/** Any answer of the upstream that cannot be passed on as a success. */
export function classifyAnswer(answer: UpstreamAnswer): Failure {
  if (answer.status < 400) return classifyUnexpected(answer);
  const error = readProviderError(answer.body);
  const retryAfterMs = retryAfterOf(answer, error);
  return providerFailure(answer, { status: answer.status, error, retryAfterMs, body: answer.body });
}

/** An error event of a stream, before or after content: `payload` is its parsed JSON. */
export function classifyInBand(payload: unknown, context: FailureContext): Failure {
  const error = readErrorValue(payload);
  const status = inBandStatus(error);
  const body = JSON.stringify(payload) ?? '';
  const retryAfterMs = status === 429 ? readRetryAfter({ header: NO_HEADERS, body }) : undefined;
  const failure = providerFailure(context, { status, error, retryAfterMs, body: error.message });
  const type = failure.status === 429 ? failure.type : null;
  if (failure.status !== 500) return { ...failure, type };
  const exceptionClass = 'APIConnectionError';
  return {
    ...failure,
    type,
    exceptionClass,
    message: clientMessage(exceptionClass, context.provider, shownText(error, body, 500)),
  };
}

/** A stream whose bytes cannot be trusted any more: a malformed or oversized event, or an end without a terminal one. */
export function classifyStreamFault(fault: { readonly message: string }, context: FailureContext): Failure {
  return ownFailure(context, {
    cause: 'connection',
    status: 500,
    exceptionClass: 'APIConnectionError',
    type: null,
    text: fault.message,
  });
}

/** A 200 whose content was filtered, where another group is configured to answer instead (litellm-behaviour.md 6.4). */
export function contentFilteredFailure(context: FailureContext): Failure {
  return ownFailure(context, {
    cause: 'content_policy',
    status: 400,
    exceptionClass: 'ContentPolicyViolationError',
    type: 'invalid_request_error',
    text: 'Response output was blocked.',
  });
}

/** A broken connection, or one of our own timers. */
export function classifyBroken(broken: BrokenExchange, context: FailureContext): Failure {
  if (broken.kind === 'timeout') return timeoutFailure(broken, context);
  const isMidStream = broken.phase === 'body' && context.stream === true;
  const exceptionClass =
    isMidStream || context.provider.startsWith('azure') ? 'APIConnectionError' : 'InternalServerError';
  return ownFailure(context, {
    cause: 'connection',
    status: 500,
    exceptionClass,
    type: isMidStream ? null : 'internal_server_error',
    text: `Connection error. ${broken.code}${broken.code === 'CREDENTIAL' ? `: ${broken.message}` : ` (${PHASE_TEXT[broken.phase]})`}`,
  });
}

const PHASE_TEXT: Readonly<Record<BrokenExchange['phase'], string>> = {
  connect: 'no connection was made',
  headers: 'closed before an answer came',
  body: 'closed before the answer was whole',
};

function timeoutFailure(broken: BrokenExchange, context: FailureContext): Failure {
  const timer = timerOf(broken);
  if (timer === 'idle') {
    const text = 'Timeout on reading data: the stream went silent.';
    const cut = { cause: 'timeout', status: 500, exceptionClass: 'APIConnectionError', type: null, text } as const;
    return { ...ownFailure(context, cut), timer };
  }
  const value = context.timeoutMs === undefined ? '' : ` - timeout value=${context.timeoutMs / 1_000}`;
  const text = `Request timed out (${broken.message})${value}`;
  // How long connecting may take is no caller's to say.
  const blamed = broken.code === 'UND_ERR_CONNECT_TIMEOUT' ? { ...context, setByCaller: false } : context;
  const late = {
    cause: 'timeout',
    status: 408,
    exceptionClass: 'Timeout',
    type: 'invalid_request_error',
    text,
  } as const;
  return { ...ownFailure(blamed, late), timer };
}

/** A stream's one timer until its first content tells three things, by how far it had got. */
function timerOf({ code, phase }: BrokenExchange): TimerName {
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || phase === 'connect') return 'connect';
  if (code === 'STREAM_IDLE_TIMEOUT') return 'idle';
  if (code !== 'FIRST_CONTENT_TIMEOUT') return 'attempt';
  return phase === 'headers' ? 'headers' : 'first_content';
}

/** 3xx, and a 2xx that is empty, HTML, unparsable, or an error in disguise (trap g of providers.md 5.2). */
function classifyUnexpected(answer: UpstreamAnswer): Failure {
  const error = answer.status < 300 ? readProviderError(answer.body) : undefined;
  if (error !== undefined && error.words.length > 0 && /"error"/.test(answer.body.slice(0, 2_000))) {
    return providerFailure(answer, {
      status: inBandStatus(error),
      error,
      retryAfterMs: retryAfterOf(answer, error),
      body: answer.body,
    });
  }
  const text =
    answer.status >= 300
      ? `Connection error. The upstream redirects (${answer.status}), which is not followed.`
      : answer.badAnswer;
  return ownFailure(answer, {
    cause: 'bad_answer',
    status: 500,
    exceptionClass: 'InternalServerError',
    type: 'internal_server_error',
    text: text ?? 'the answer is not what was asked for',
  });
}

interface ReadError {
  readonly status: number;
  readonly error: ProviderError;
  readonly retryAfterMs: Millis | undefined;
  readonly body: string;
}

function providerFailure(context: FailureContext, read: ReadError): Failure {
  const { error, retryAfterMs } = read;
  const cause = refined(causeOf(read.status, error), read);
  const status = shownStatus(cause, read.status);
  const exceptionClass = classOf(cause, status, context.provider);
  const text = shownText(error, read.body, read.status);
  return {
    cause,
    scope: scopeOf(cause, context),
    status,
    message: clientMessage(exceptionClass, context.provider, cause === 'context_window' ? namingTheWindow(text) : text),
    ...clientFields({ error, cause, status, provider: context.provider, endpoint: context.endpoint }),
    code: String(status),
    retryAfterMs: cause === 'rate_limit' && isWorded(TOO_LARGE_FOR_LIMIT, [], error.message) ? 0 : retryAfterMs,
    exceptionClass,
  };
}

const HOUR_MS = 3_600_000;

/** Vendors call a full minute a quota too: one that ends within the hour is a rate limit, a longer one is not. */
function refined(cause: FailureCause, { status, error, retryAfterMs }: ReadError): FailureCause {
  if (retryAfterMs === undefined || status === 402) return cause;
  if (cause === 'rate_limit' && retryAfterMs >= HOUR_MS) return 'quota_exhausted';
  const isShort = retryAfterMs < HOUR_MS && !/PerDay\b/.test(error.message);
  return cause === 'quota_exhausted' && isShort ? 'rate_limit' : cause;
}

/** A client must see what it is dealing with, even where the status of the vendor is misleading. */
function shownStatus(cause: FailureCause, status: number): number {
  if (cause === 'rate_limit') return 429;
  if (cause === 'context_window' || cause === 'content_policy') return status === 413 || status === 422 ? status : 400;
  return status;
}

function classOf(cause: FailureCause, status: number, provider: string): string {
  if (cause === 'context_window') return 'ContextWindowExceededError';
  if (cause === 'content_policy') return 'ContentPolicyViolationError';
  const exceptionClass = exceptionClassOf(status);
  return provider === 'azure' && exceptionClass === 'InternalServerError' ? 'APIError' : exceptionClass;
}

/** LangChain and others know an overflow by these words only (providers.md 5.3). */
function namingTheWindow(text: string): string {
  return /maximum context length/i.test(text) ? text : `${text} (exceeds the model's maximum context length)`;
}

function shownText(error: ProviderError, body: string, status: number): string {
  if (error.message !== '') return error.message;
  return body.trim() === '' ? `Error code: ${status}` : body.trim().slice(0, 2_000);
}

/** Status of an error that came without one. */
function inBandStatus(error: ProviderError): number {
  const code = Number(error.code);
  if (Number.isInteger(code) && code >= 400 && code < 600) return code;
  if (isWorded(THROTTLE_WORDINGS, error.words, error.message)) return 429;
  if (isWorded(OVERLOAD_WORDINGS, error.words, error.message)) return 503;
  return isRequestsFault(error) ? 400 : 500;
}

/** OpenAI puts keys and models that it does not know under the same type: those are the deployment's. */
function isRequestsFault({ words, message }: ProviderError): boolean {
  if (isWorded(BAD_KEY_WORDINGS, words, message) || isWorded(MISCONFIGURED_WORDINGS, words, message)) return false;
  return isWorded(BAD_REQUEST_WORDINGS, words, message);
}

/** Headers count for every failure; resets and words in the body only where the provider throttles. */
function retryAfterOf(answer: UpstreamAnswer, error: ProviderError): Millis | undefined {
  const isThrottled =
    answer.status === 429 || answer.status === 503 || isWorded(THROTTLE_WORDINGS, error.words, error.message);
  return isThrottled ? readRetryAfter(answer) : readRetryAfterHeaders(answer);
}

/** The request's own fault, whoever answered. */
const REQUEST_CAUSES: ReadonlySet<FailureCause> = new Set<FailureCause>([
  'permission',
  'not_found',
  'context_window',
  'content_policy',
  'bad_request',
]);

function scopeOf(cause: FailureCause, context: FailureContext): Failure['scope'] {
  if (REQUEST_CAUSES.has(cause)) return 'request';
  return context.callerCredentials || (cause === 'timeout' && context.setByCaller) ? 'caller' : 'deployment';
}

function ownFailure(
  context: FailureContext,
  what: Pick<Failure, 'cause' | 'status' | 'exceptionClass' | 'type'> & { readonly text: string },
): Failure {
  const { cause, status, exceptionClass, type } = what;
  return {
    cause,
    scope: scopeOf(cause, context),
    status,
    message: clientMessage(exceptionClass, context.provider, what.text),
    type: context.endpoint === 'completions' ? null : type,
    param: null,
    code: String(status),
    retryAfterMs: undefined,
    exceptionClass,
  };
}
