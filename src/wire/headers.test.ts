import { describe, expect, it } from 'vitest';
import { appendProviderErrorHeaders, appendProviderHeaders, type UpstreamHeaders } from './headers.ts';

const PAIRS: readonly (readonly [string, string])[] = [
  ['Content-Type', 'application/json'],
  ['X-Request-Id', 'req-up'],
  ['x-ratelimit-limit-requests', '1000'],
  ['X-RateLimit-Remaining-Tokens', '999'],
  ['x-ratelimit-reset-tokens', '6m0s'],
  ['retry-after', '2'],
  ['x-Own', 'é'],
  ['x-empty', ''],
  ['Connection', 'keep-alive'],
  ['Transfer-Encoding', 'chunked'],
  ['Set-Cookie', 'session=secret'],
  ['Authorization', 'Bearer secret'],
  ['api-key', 'secret'],
];

const FORMS: readonly (readonly [string, UpstreamHeaders])[] = [
  ['buffers', PAIRS.flatMap(([name, value]) => [Buffer.from(name, 'latin1'), Buffer.from(value, 'latin1')])],
  ['strings', PAIRS.flat()],
  ['an object', Object.fromEntries(PAIRS.map(([name, value]) => [name.toLowerCase(), value]))],
];

const PREFIXED = [
  'llm_provider-content-type: application/json',
  'llm_provider-retry-after: 2',
  'llm_provider-x-own: é',
  'llm_provider-x-ratelimit-limit-requests: 1000',
  'llm_provider-x-ratelimit-remaining-tokens: 999',
  'llm_provider-x-ratelimit-reset-tokens: 6m0s',
  'llm_provider-x-request-id: req-up',
];

function lines(append: typeof appendProviderHeaders, headers: UpstreamHeaders): string[] {
  const out: string[] = [];
  append(out, headers);
  return out.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${out[at + 1]}`] : [])).toSorted();
}

describe.each(FORMS)('upstream headers as %s', (_, headers) => {
  it('pass on success prefixed, and the known few bare as well', () => {
    const bare = ['request-id: req-up', 'x-ratelimit-limit-requests: 1000', 'x-ratelimit-remaining-tokens: 999'];
    expect(lines(appendProviderHeaders, headers)).toEqual([...PREFIXED, ...bare].toSorted());
  });

  it('pass on failure prefixed only', () => {
    expect(lines(appendProviderErrorHeaders, headers)).toEqual(PREFIXED);
  });

  it('never carry a secret', () => {
    expect(lines(appendProviderHeaders, headers).join('\n')).not.toContain('secret');
  });
});

describe('appendProviderHeaders', () => {
  it('repeats what came more than once, and adds to what is there', () => {
    const out = ['x-litellm-call-id', '1'];
    appendProviderHeaders(out, { via: ['a', 'b'], absent: undefined });
    expect(out).toEqual(['x-litellm-call-id', '1', 'llm_provider-via', 'a', 'llm_provider-via', 'b']);
  });
});
