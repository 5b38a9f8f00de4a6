// When a provider lets us come back: every form that vendors use, read from headers and, failing those, from the body.
// Absolute times are taken relative to the answer's own `date` header: no clock is needed, and no clock can be wrong.
import { httpDateSeconds, rfc3339Seconds } from './civil-time.ts';
import type { Millis } from './units.ts';

/** The parts of an error answer that may hold a time. Header names are lower case. */
export interface RetryHints {
  header(name: string): string | undefined;
  /** The body as text; only its first 16 kB are read. */
  readonly body: string;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** Longer waits mean "not today" and are all the same to a router. */
const LONGEST_MS = 24 * HOUR;
const BODY_CHARS = 16_384;

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: SECOND, m: MINUTE, h: HOUR, d: 24 * HOUR };

/**
 * Milliseconds until the provider wants to hear from us again, 0 up to 24 h; `undefined` = it did not say. Negative and
 * unreadable values count as not said. Forms: providers.md 5.6.
 */
export function readRetryAfter(hints: RetryHints): Millis | undefined {
  return (
    bounded(readNumber(hints.header('retry-after-ms'), 1)) ??
    bounded(readRetryAfterHeader(hints)) ??
    bounded(readResetHeaders(hints)) ??
    bounded(readBody(hints))
  );
}

/** Only what the headers `retry-after-ms` and `retry-after` say. */
export function readRetryAfterHeaders(hints: RetryHints): Millis | undefined {
  return bounded(readNumber(hints.header('retry-after-ms'), 1)) ?? bounded(readRetryAfterHeader(hints));
}

function bounded(ms: Millis | undefined): Millis | undefined {
  if (ms === undefined || !Number.isFinite(ms) || ms < 0) return undefined;
  return Math.min(ms, LONGEST_MS);
}

function readRetryAfterHeader(hints: RetryHints): Millis | undefined {
  const value = hints.header('retry-after')?.trim();
  if (value === undefined) return undefined;
  return readNumber(value, SECOND) ?? durationMs(value) ?? untilAbsolute(value, hints);
}

/** Limits of which nothing is left come first; without a `remaining` header every reset counts. The longest wins. */
const RESET_HEADERS: readonly (readonly [reset: string, remaining: string])[] = [
  ['x-ratelimit-reset-requests', 'x-ratelimit-remaining-requests'],
  ['x-ratelimit-reset-tokens', 'x-ratelimit-remaining-tokens'],
  ['anthropic-ratelimit-requests-reset', 'anthropic-ratelimit-requests-remaining'],
  ['anthropic-ratelimit-tokens-reset', 'anthropic-ratelimit-tokens-remaining'],
  ['anthropic-ratelimit-input-tokens-reset', 'anthropic-ratelimit-input-tokens-remaining'],
  ['anthropic-ratelimit-output-tokens-reset', 'anthropic-ratelimit-output-tokens-remaining'],
  ['x-ratelimit-reset', 'x-ratelimit-remaining'],
  ['ratelimit-reset', 'ratelimit-remaining'],
];

function readResetHeaders(hints: RetryHints): Millis | undefined {
  let longest: Millis | undefined;
  for (const [reset, remaining] of RESET_HEADERS) {
    const value = hints.header(reset)?.trim();
    if (value === undefined || value === '') continue;
    if (Number(hints.header(remaining)) > 0) continue;
    const ms = readReset(value, hints);
    if (ms !== undefined && ms >= 0) longest = Math.max(longest ?? 0, ms);
  }
  return longest;
}

/** The value of one reset header, relative; negative when it has passed. Epochs are told from durations by size: no limit
 * resets in a billion seconds. */
export function readReset(value: string, hints: RetryHints): Millis | undefined {
  const number = Number(value);
  if (!Number.isFinite(number)) return durationMs(value) ?? untilAbsolute(value, hints);
  if (number < 1e9) return number * SECOND;
  const epochMs = number < 1e11 ? number * SECOND : number;
  const nowSeconds = answerSeconds(hints);
  return nowSeconds === undefined ? undefined : epochMs - nowSeconds * SECOND;
}

function untilAbsolute(value: string, hints: RetryHints): Millis | undefined {
  const at = httpDateSeconds(value) ?? rfc3339Seconds(value);
  const nowSeconds = answerSeconds(hints);
  return at === undefined || nowSeconds === undefined ? undefined : (at - nowSeconds) * SECOND;
}

function answerSeconds(hints: RetryHints): number | undefined {
  const date = hints.header('date');
  return date === undefined ? undefined : httpDateSeconds(date);
}

function readNumber(value: string | undefined, unitMs: number): Millis | undefined {
  if (value === undefined || !/^\s*-?\d+(?:\.\d+)?\s*$/.test(value)) return undefined;
  return Number(value) * unitMs;
}

const DURATION = /^(?:\d+(?:\.\d+)?(?:ms|[dhms]))+$/;
const DURATION_PART = /(\d+(?:\.\d+)?)(ms|[dhms])/g;

/** `6m0s`, `120ms`, `2m59.56s`, `37s`; `undefined` for anything else. */
export function durationMs(text: string): Millis | undefined {
  if (!DURATION.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(DURATION_PART)) total += Number(amount) * Number(UNIT_MS[String(unit)]);
  return total;
}

/** Protobuf `RetryInfo` (Gemini), a loading model's estimate (Hugging Face), OpenRouter's quoted header. */
const RETRY_DELAY = /"retryDelay"\s*:\s*"(\d+(?:\.\d+)?)s"/;
const ESTIMATED_TIME = /"estimated_time"\s*:\s*(\d+(?:\.\d+)?)/;
const QUOTED_RESET = /"x-ratelimit-reset"\s*:\s*"?(\d{10,13})/i;
const IN_WORDS =
  /\b(?:try again in|retry after|retry in|available in|wait)\s+(?:about\s+)?((?:\d+(?:\.\d+)?(?:ms|[dhms]))+\b|\d+(?:\.\d+)?)\s*(milli|min|hour|day)?/i;
/** By the beginning of the word; anything else is seconds. */
const WORD_MS: Readonly<Record<string, number>> = { milli: 1, min: MINUTE, hour: HOUR, day: 24 * HOUR };

function readBody(hints: RetryHints): Millis | undefined {
  const body = hints.body.slice(0, BODY_CHARS);
  const seconds = RETRY_DELAY.exec(body)?.[1] ?? ESTIMATED_TIME.exec(body)?.[1];
  if (seconds !== undefined) return Number(seconds) * SECOND;
  const reset = QUOTED_RESET.exec(body)?.[1];
  if (reset !== undefined) return readReset(reset, hints);
  const words = IN_WORDS.exec(body);
  return words === null ? undefined : wordsMs(words);
}

function wordsMs([, amount, unit]: RegExpExecArray): Millis {
  return durationMs(String(amount)) ?? Number(amount) * (WORD_MS[String(unit).toLowerCase()] ?? SECOND);
}
