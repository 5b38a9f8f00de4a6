import { describe, expect, test } from 'vitest';
import { limitHeaders } from './answer-headers.ts';

describe('what an answer says of the limits', () => {
  test('in the words of OpenAI and Azure', () => {
    const headers = {
      'x-ratelimit-remaining-requests': '9',
      'x-ratelimit-reset-requests': '6m0s',
      'x-ratelimit-remaining-tokens': ['1200', '3'],
      'x-ratelimit-reset-tokens': '120ms',
    };
    expect(limitHeaders(headers)).toEqual({
      requests: { units: 9, resetMs: 360_000 },
      tokens: { units: 1_200, resetMs: 120 },
      inputTokens: undefined,
      outputTokens: undefined,
    });
  });

  test('in the words of Anthropic, times counted from the answer’s own date', () => {
    const headers = {
      date: 'Sat, 28 Nov 2026 18:00:00 GMT',
      'anthropic-ratelimit-requests-remaining': '4',
      'anthropic-ratelimit-requests-reset': '2026-11-28T18:00:30Z',
      'anthropic-ratelimit-tokens-remaining': '70',
      'anthropic-ratelimit-tokens-reset': '2026-11-28T18:00:10Z',
      'anthropic-ratelimit-input-tokens-remaining': '900',
      'anthropic-ratelimit-input-tokens-reset': '2026-11-28T17:59:00Z',
      'anthropic-ratelimit-output-tokens-remaining': '70',
    };
    expect(limitHeaders(headers)).toEqual({
      requests: { units: 4, resetMs: 30_000 },
      tokens: undefined,
      inputTokens: { units: 900, resetMs: 0 },
      outputTokens: { units: 70, resetMs: undefined },
    });
  });

  test('one number for all tokens, where Anthropic gives no others', () => {
    expect(limitHeaders({ 'anthropic-ratelimit-tokens-remaining': '70' }).tokens).toEqual({
      units: 70,
      resetMs: undefined,
    });
  });

  test.each([['-1'], ['many']])('is nothing when the value is %j', (value) => {
    expect(limitHeaders({ 'x-ratelimit-remaining-requests': value }).requests).toBeUndefined();
  });
});
