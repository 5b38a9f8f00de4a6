import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { durationMs, readRetryAfter, readRetryAfterHeaders } from './retry-after.ts';

const DATE = 'Sat, 21 Nov 2026 10:00:00 GMT';
const EPOCH_S = 1_795_255_200;

function read(headers: Record<string, string>, body = ''): number | undefined {
  return readRetryAfter({ header: (name) => headers[name], body });
}

describe('a time to stay away', () => {
  const headerRows: [string, Record<string, string>, number | undefined][] = [
    ['seconds', { 'retry-after': '3' }, 3_000],
    ['fractions of a second', { 'retry-after': '0.5' }, 500],
    ['milliseconds', { 'retry-after-ms': '120' }, 120],
    ['milliseconds beside seconds', { 'retry-after-ms': '120', 'retry-after': '1' }, 120],
    ['a duration', { 'retry-after': '1m30s' }, 90_000],
    ['an HTTP date beside the answer’s own', { 'retry-after': 'Sat, 21 Nov 2026 10:00:07 GMT', date: DATE }, 7_000],
    [
      'an HTTP date in another year',
      { 'retry-after': 'Fri, 01 Jan 2027 00:00:00 GMT', date: 'Thu, 31 Dec 2026 23:59:00 GMT' },
      60_000,
    ],
    ['an HTTP date without a date to compare', { 'retry-after': 'Sat, 21 Nov 2026 10:00:07 GMT' }, undefined],
    ['a date in the past', { 'retry-after': 'Sat, 21 Nov 2026 09:00:00 GMT', date: DATE }, undefined],
    ['a negative number', { 'retry-after': '-5' }, undefined],
    ['nonsense', { 'retry-after': 'soon' }, undefined],
    ['nothing', {}, undefined],
    ['more than a day', { 'retry-after': '999999' }, 86_400_000],
    [
      'OpenAI: the limit of which nothing is left',
      {
        'x-ratelimit-remaining-requests': '0',
        'x-ratelimit-reset-requests': '6m0s',
        'x-ratelimit-remaining-tokens': '9',
        'x-ratelimit-reset-tokens': '1h',
      },
      360_000,
    ],
    ['Groq: fractions', { 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '7.66s' }, 7_660],
    ['Azure: plain seconds', { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '12' }, 12_000],
    [
      'Anthropic: RFC 3339',
      {
        'anthropic-ratelimit-tokens-remaining': '0',
        'anthropic-ratelimit-tokens-reset': '2026-11-21T10:00:30Z',
        date: DATE,
      },
      30_000,
    ],
    [
      'Anthropic: RFC 3339 with an offset',
      { 'anthropic-ratelimit-requests-reset': '2026-11-21T11:00:30+01:00', date: DATE },
      30_000,
    ],
    ['OpenRouter: epoch in milliseconds', { 'x-ratelimit-reset': String((EPOCH_S + 9) * 1_000), date: DATE }, 9_000],
    ['epoch in seconds', { 'x-ratelimit-reset': String(EPOCH_S + 9), date: DATE }, 9_000],
  ];
  it.each(headerRows)('is read from headers: %s', (_name, headers, expected) => {
    expect(read(headers)).toBe(expected);
  });

  const bodyRows: [string, string, number | undefined][] = [
    [
      'Gemini RetryInfo',
      '{"error":{"details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"37s"}]}}',
      37_000,
    ],
    ['OpenAI', 'Rate limit reached. Please try again in 20s. Visit', 20_000],
    ['OpenAI milliseconds', 'Please try again in 120ms.', 120],
    ['OpenAI fractions', 'Please try again in 2m59.56s.', 179_560],
    ['Azure', 'Please retry after 14 seconds. Please go here', 14_000],
    ['Gemini words', 'Please retry in 10h17m5.7s.', 37_025_700],
    ['minutes in words', 'try again in 5 minutes', 300_000],
    ['Hugging Face', '{"error":"Model x is currently loading","estimated_time":20.5}', 20_500],
    ['no time', 'Rate limit reached', undefined],
    ['a number that is no time', 'retry with 3 messages', undefined],
  ];
  it.each(bodyRows)('is read from the body: %s', (_name, body, expected) => {
    expect(read({}, body)).toBe(expected);
  });

  it('in a header beats one in the body, and only headers count where asked', () => {
    expect(read({ 'retry-after': '1' }, 'try again in 20s')).toBe(1_000);
    expect(readRetryAfterHeaders({ header: () => undefined, body: 'try again in 20s' })).toBeUndefined();
  });

  it('is never negative, never beyond a day and never not a number', () => {
    const value = fc.oneof(fc.string(), fc.integer().map(String), fc.double().map(String), fc.date().map(String));
    const name = fc.constantFrom(
      'retry-after',
      'retry-after-ms',
      'x-ratelimit-reset',
      'x-ratelimit-reset-tokens',
      'date',
    );
    fc.assert(
      fc.property(fc.dictionary(name, value), fc.string(), (headers, body) => {
        const ms = read(headers, body) ?? 0;
        expect(ms >= 0 && ms <= 86_400_000).toBe(true);
      }),
    );
  });

  it('as a duration is the sum of its parts', () => {
    fc.assert(
      fc.property(fc.nat(99), fc.nat(59), fc.nat(59), (hours, minutes, seconds) => {
        expect(durationMs(`${hours}h${minutes}m${seconds}s`)).toBe(((hours * 60 + minutes) * 60 + seconds) * 1_000);
      }),
    );
  });
});
