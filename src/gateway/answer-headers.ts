// The few upstream answer headers that the gateway itself reads.
import type { AnswerHeaders } from '../upstream/upstream-call.ts';

/** First value of a header, by lower-case name. */
export function header(headers: AnswerHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

export interface Remaining {
  readonly remainingRequests: number | undefined;
  readonly remainingTokens: number | undefined;
}

/** Units that the provider says are left; negative values mean that it does not know (Azure). */
export function remainingOf(headers: AnswerHeaders): Remaining {
  return {
    remainingRequests: count(
      header(headers, 'x-ratelimit-remaining-requests') ?? header(headers, 'anthropic-ratelimit-requests-remaining'),
    ),
    remainingTokens: count(
      header(headers, 'x-ratelimit-remaining-tokens') ?? header(headers, 'anthropic-ratelimit-tokens-remaining'),
    ),
  };
}

function count(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  return Number.isFinite(value) && value >= 0 ? value : undefined;
}
