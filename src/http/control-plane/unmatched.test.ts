import { describe, expect, test } from 'vitest';
import type { RouteDescription } from './control-route.ts';
import { answerUnmatched, PathIndex } from './unmatched.ts';

const route = (method: RouteDescription['method'], path: string): RouteDescription => ({
  method,
  path,
  summary: '',
  tag: 'gateway',
});
const INDEX = new PathIndex([
  route('GET', '/v1/models'),
  route('GET', '/v1/models/{id}'),
  route('GET', '/health/liveliness'),
  route('GET', '/openapi.json'),
  { ...route('GET', '/'), withHead: true },
]);

function ask(method: string, url: string) {
  return answerUnmatched(INDEX, { method, url, requestedHeaders: undefined, isPreflight: false });
}

describe('a path that is there', () => {
  test.each([
    ['DELETE', '/v1/models', 'GET'],
    ['POST', '/v1/models/x?y=1', 'GET'],
    ['POST', '/', 'GET, HEAD'],
    ['OPTIONS', '/v1/chat/completions', 'POST'],
    ['PUT', '/v1/responses/r1', 'GET, DELETE'],
    ['GET', '/v1/responses/r1/cancel', 'POST'],
  ])('%s %s is told the methods it has', (method, url, allow) => {
    const { status, body, headers } = ask(method, url);
    expect({ status, body, headers }).toEqual({
      status: 405,
      body: '{"detail":"Method Not Allowed"}',
      headers: { allow },
    });
  });

  test('HEAD gets no body', () => {
    expect(ask('HEAD', '/health/liveliness')).toMatchObject({ status: 405, body: '', headers: { allow: 'GET' } });
  });

  test('OPTIONS of a probe is answered', () => {
    expect(ask('OPTIONS', '/health/liveliness')).toMatchObject({ status: 200, headers: { allow: 'GET, OPTIONS' } });
  });
});

test.each([
  ['/v1/models/', '/v1/models'],
  ['/v1/models/?a=b/', '/v1/models?a=b/'],
  ['/v1/models/x/', '/v1/models/x'],
  ['/v1/chat/completions/', '/v1/chat/completions'],
])('%s is redirected to %s with method and body kept', (url, location) => {
  expect(ask('POST', url)).toMatchObject({ status: 307, headers: { location } });
});

test.each(['/nope', '/nope/', '//v1/models', '//evil.example/', '/v1/models/a/b', '/openapixjson', '/v1/models//'])(
  '%s names nothing',
  (url) => {
    expect(ask('GET', url)).toMatchObject({ status: 404, body: '{"detail":"Not Found"}' });
  },
);

test('a preflight is allowed wherever it goes', () => {
  const request = { method: 'OPTIONS', url: '/anything', requestedHeaders: 'authorization, x-a', isPreflight: true };
  expect(answerUnmatched(INDEX, request)).toMatchObject({
    status: 200,
    body: 'OK',
    headers: { 'access-control-allow-headers': 'authorization, x-a', 'access-control-max-age': '600' },
  });
});
