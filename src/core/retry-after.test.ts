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
    ['seconds and hundredths', { 'retry-after': '0.25' }, 250],
    ['none at all', { 'retry-after': '0' }, 0],
    ['spaces around it', { 'retry-after': ' 1m30s ', 'retry-after-ms': ' ' }, 90_000],
    ['a header that is empty', { 'retry-after': '', 'x-ratelimit-reset': ' ' }, undefined],
    ['RFC 3339', { 'retry-after': '2026-11-21T10:00:09Z', date: DATE }, 9_000],
    ['a reset now', { 'x-ratelimit-reset': '0' }, 0],
    ['spaces around a reset', { 'x-ratelimit-reset': ' 6m0s ' }, 360_000],
    [
      'the longest of several',
      { 'x-ratelimit-reset': '3', 'ratelimit-reset': '5', 'x-ratelimit-reset-tokens': '4' },
      5_000,
    ],
    ['an epoch that is over', { 'x-ratelimit-reset': String(EPOCH_S - 9), date: DATE }, undefined],
    ['an epoch without a date to compare', { 'x-ratelimit-reset': String(EPOCH_S + 9) }, undefined],
    [
      'a reset that is over beside one that is not',
      { 'ratelimit-reset': '2', 'x-ratelimit-reset': String(EPOCH_S - 9), date: DATE },
      2_000,
    ],
    ['the smallest epoch in seconds', { 'x-ratelimit-reset': '1000000000', date: DATE }, undefined],
    ['the smallest epoch in milliseconds', { 'x-ratelimit-reset': '100000000000', date: DATE }, undefined],
    ['a reset that is no time', { 'x-ratelimit-reset': 'soon', date: DATE }, undefined],
    ['words around a number', { 'retry-after': 'in 5' }, undefined],
    ['a number and a word', { 'retry-after': '5 or so' }, undefined],
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
    ['Gemini with spaces and fractions', '"retryDelay" : "1.25s"', 1_250],
    ['Hugging Face with spaces, whole and with fractions', '"estimated_time" : 20', 20_000],
    ['Hugging Face, hundredths', '"estimated_time":20.25', 20_250],
    ['OpenRouter without a date to compare', `"X-RateLimit-Reset":"${EPOCH_S + 9}000"`, undefined],
    ['two spaces', 'try again in  about  2.25 seconds', 2_250],
    ['a second', 'wait 1 second', 1_000],
    ['no unit', 'available in 7', 7_000],
    ['a unit without a space', 'retry in 500milliseconds', 500],
    ['a millisecond', 'wait 1 millisecond', 1],
    ['a minute', 'wait 1 minute', 60_000],
    ['minutes, short', 'wait 2 mins', 120_000],
    ['hours, in capitals', 'Wait 2 Hours', 7_200_000],
    ['a day', 'wait 0.5 days', 43_200_000],
    ['a duration with fractions', 'wait 1m2.25s or more', 62_250],
    ['another word that ends alike', 'await 5 seconds', undefined],
    ['no time', 'Rate limit reached', undefined],
    ['far down in the body', `${' '.repeat(16_384)}try again in 20s`, undefined],
    ['just not too far down', `${' '.repeat(16_384 - 16)}try again in 20s`, 20_000],
    ['a number that is no time', 'retry with 3 messages', undefined],
  ];
  it.each(bodyRows)('is read from the body: %s', (_name, body, expected) => {
    expect(read({}, body)).toBe(expected);
  });

  it('in a header beats one in the body, and only headers count where asked', () => {
    expect(read({ 'retry-after': '1' }, 'try again in 20s')).toBe(1_000);
    expect(readRetryAfterHeaders({ header: () => undefined, body: 'try again in 20s' })).toBeUndefined();
  });

  it('is read from the reset of OpenRouter that stands in the body', () => {
    const body = (value: string) => `{"error":{"metadata":{"headers":{"X-RateLimit-Reset" : ${value}}}}}`;
    const date = { date: DATE };
    expect(read(date, body(`"${EPOCH_S + 9}000"`))).toBe(9_000);
    expect(read(date, body(`${EPOCH_S + 9}`))).toBe(9_000);
    expect(read(date, body('12345'))).toBeUndefined();
    expect(read(date, `"x-ratelimit-reset":"${EPOCH_S + 9}"`)).toBe(9_000);
  });

  it.each([
    'x-ratelimit-#-requests',
    'x-ratelimit-#-tokens',
    'anthropic-ratelimit-requests-#',
    'anthropic-ratelimit-tokens-#',
    'anthropic-ratelimit-input-tokens-#',
    'anthropic-ratelimit-output-tokens-#',
    'x-ratelimit-#',
    'ratelimit-#',
  ])('is read from %s where nothing remains', (name) => {
    const reset = name.replace('#', 'reset');
    const remaining = name.replace('#', 'remaining');
    expect(read({ [reset]: '7' })).toBe(7_000);
    expect(read({ [reset]: '7', [remaining]: '0' })).toBe(7_000);
    expect(read({ [reset]: '7', [remaining]: '1' })).toBeUndefined();
  });

  it('is read from two headers alone for other failures', () => {
    const only = (headers: Record<string, string>) =>
      readRetryAfterHeaders({ header: (name) => headers[name], body: 'try again in 20s' });
    expect(only({ 'retry-after': '1' })).toBe(1_000);
    expect(only({ 'retry-after': '1', 'retry-after-ms': '20' })).toBe(20);
    expect(only({ 'retry-after': '1', 'retry-after-ms': '-20' })).toBe(1_000);
    expect(only({ 'x-ratelimit-reset': '1' })).toBeUndefined();
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

  it.each([
    ['1.5d', 129_600_000],
    ['1.25h', 4_500_000],
    ['1d2h3m4s5ms', 93_784_005],
    ['in 5s', undefined],
    ['5s later', undefined],
    ['5', undefined],
    ['', undefined],
  ])('as a duration: %j', (text, ms) => {
    expect(durationMs(text)).toBe(ms);
  });

  it('as a duration is the sum of its parts', () => {
    fc.assert(
      fc.property(fc.nat(99), fc.nat(59), fc.nat(59), (hours, minutes, seconds) => {
        expect(durationMs(`${hours}h${minutes}m${seconds}s`)).toBe(((hours * 60 + minutes) * 60 + seconds) * 1_000);
      }),
    );
  });
});
