// The few upstream answer headers that the gateway itself reads.
import type { Remaining as RemainingUnits, RemainingHeaders } from '../core/limiter/header-mirror.ts';
import { readReset } from '../core/retry-after.ts';
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

/** What the provider says of its limits, with the times at which they start anew, for the limiter. */
export function limitHeaders(headers: AnswerHeaders): RemainingHeaders {
  const inputTokens = anthropicUnits(headers, 'input-tokens');
  const outputTokens = anthropicUnits(headers, 'output-tokens');
  // Anthropic's `tokens` is whichever of the two is the tighter: not our sum of both.
  const ofEither = inputTokens ?? outputTokens;
  return {
    requests: openAiUnits(headers, 'requests') ?? anthropicUnits(headers, 'requests'),
    tokens: openAiUnits(headers, 'tokens') ?? (ofEither === undefined ? anthropicUnits(headers, 'tokens') : undefined),
    inputTokens,
    outputTokens,
  };
}

function openAiUnits(headers: AnswerHeaders, kind: string): RemainingUnits | undefined {
  return remainingUnits(headers, `x-ratelimit-remaining-${kind}`, `x-ratelimit-reset-${kind}`);
}

function anthropicUnits(headers: AnswerHeaders, kind: string): RemainingUnits | undefined {
  return remainingUnits(headers, `anthropic-ratelimit-${kind}-remaining`, `anthropic-ratelimit-${kind}-reset`);
}

function remainingUnits(headers: AnswerHeaders, remaining: string, reset: string): RemainingUnits | undefined {
  const units = count(header(headers, remaining));
  if (units === undefined) return undefined;
  const text = header(headers, reset)?.trim();
  const hints = { header: (name: string) => header(headers, name), body: '' };
  const resetMs = text === undefined || text === '' ? undefined : readReset(text, hints);
  return { units, resetMs: resetMs === undefined ? undefined : Math.max(0, resetMs) };
}
