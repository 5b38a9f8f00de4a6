// The variables that decide about a proxy, as a table.
import { expect, test } from 'vitest';
import { proxyFor } from './proxy-for.ts';

const PROXY = 'http://proxy:3128';

test.for([
  ['nothing set', 'https://api.openai.com', {}, undefined],
  ['HTTPS_PROXY and an https origin', 'https://api.openai.com', { HTTPS_PROXY: PROXY }, PROXY],
  ['HTTPS_PROXY and an http origin', 'http://10.0.0.1:8000', { HTTPS_PROXY: PROXY }, undefined],
  ['HTTP_PROXY and an http origin', 'http://10.0.0.1:8000', { HTTP_PROXY: PROXY }, PROXY],
  ['HTTP_PROXY and an https origin', 'https://api.openai.com', { HTTP_PROXY: PROXY }, undefined],
  ['lower case wins', 'https://api.openai.com', { HTTPS_PROXY: 'http://other:1', https_proxy: PROXY }, PROXY],
  ['an empty variable is none', 'https://api.openai.com', { HTTPS_PROXY: ' ' }, undefined],
  ['a proxy without a scheme', 'https://api.openai.com', { HTTPS_PROXY: 'proxy:3128' }, PROXY],
] as const)('%s', ([, origin, env, expected]) => {
  expect(proxyFor(origin, env)).toBe(expected);
});

test.for([
  ['api.openai.com', 'https://api.openai.com', true],
  ['openai.com', 'https://api.openai.com', true],
  ['.openai.com', 'https://api.openai.com', true],
  ['*.openai.com', 'https://api.openai.com', true],
  ['openai.com', 'https://notopenai.com', false],
  ['OpenAI.com', 'https://api.openai.com', true],
  ['localhost, openai.com', 'https://api.openai.com', true],
  ['localhost openai.com', 'https://api.openai.com', true],
  ['*', 'https://api.openai.com', true],
  ['127.0.0.1', 'https://127.0.0.1:8443', true],
  ['127.0.0.1:8443', 'https://127.0.0.1:8443', true],
  ['127.0.0.1:9', 'https://127.0.0.1:8443', false],
  ['openai.com:443', 'https://openai.com', true],
  ['::1', 'https://[::1]:8443', true],
  ['[::1]:8443', 'https://[::1]:8443', true],
  ['', 'https://api.openai.com', false],
] as const)('NO_PROXY=%s for %s', ([list, origin, isDirect]) => {
  expect(proxyFor(origin, { HTTPS_PROXY: PROXY, NO_PROXY: list })).toBe(isDirect ? undefined : PROXY);
});

test('a value that is no URL is an error that does not repeat it', () => {
  expect(() => proxyFor('https://a', { HTTPS_PROXY: 'http://user:secret@' })).toThrow(/^HTTPS_PROXY is not the URL/);
});
