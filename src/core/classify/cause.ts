// The cause of an error answer: the tests of providers.md 5.2 in their order. Throttling comes before everything that
// only looks like it, structured words before texts, and the status last.
import type { FailureCause } from '../outcome.ts';
import {
  BAD_KEY_WORDINGS,
  CONTENT_POLICY_WORDINGS,
  CONTEXT_WINDOW_WORDINGS,
  isWorded,
  MISCONFIGURED_WORDINGS,
  NOT_CONTEXT_WINDOW,
  QUOTA_WORDINGS,
  THROTTLE_WORDINGS,
} from './error-words.ts';
import type { ProviderError } from './provider-error.ts';

/** Statuses beside 5xx under which an overflow has been seen. */
const OVERFLOW_STATUSES: ReadonlySet<number> = new Set([400, 403, 413, 422]);
/** 4xx that say "not now" rather than "not this". */
const SERVER_FAULT_4XX: ReadonlySet<number> = new Set([425, 498]);

/** Cause of an answer with `status` (400 or above) and what its body says. */
export function causeOf(status: number, error: ProviderError): FailureCause {
  const { words, message } = error;
  const isThrottled =
    status === 429 || (status !== 401 && status !== 403 && isWorded(THROTTLE_WORDINGS, words, message));
  if (status === 402 || isWorded(QUOTA_WORDINGS, words, message)) return 'quota_exhausted';
  if (isThrottled) return 'rate_limit';
  if (isOverflow(status, error)) return 'context_window';
  if (status !== 401 && isWorded(CONTENT_POLICY_WORDINGS, words, message)) return 'content_policy';
  if (status === 401 || isWorded(BAD_KEY_WORDINGS, words, message)) return 'authentication';
  return causeOfStatus(status, error);
}

function isOverflow(status: number, { words, message }: ProviderError): boolean {
  if (!OVERFLOW_STATUSES.has(status) && status < 500) return false;
  if (isWorded(NOT_CONTEXT_WINDOW, words, message)) return false;
  return isWorded(CONTEXT_WINDOW_WORDINGS, words, message);
}

function causeOfStatus(status: number, error: ProviderError): FailureCause {
  if (status === 408 || status === 504) return 'upstream_timeout';
  if (status === 409) return 'conflict';
  if (status >= 500 || SERVER_FAULT_4XX.has(status)) return 'server_error';
  if (status !== 403 && status !== 404) return 'bad_request';
  if (!error.isErrorFormat || isWorded(MISCONFIGURED_WORDINGS, error.words, error.message)) return 'misconfigured';
  return status === 403 ? 'permission' : 'not_found';
}
