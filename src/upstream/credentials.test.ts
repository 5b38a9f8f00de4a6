import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createClock } from './clock.ts';
import { CredentialCache, CredentialError } from './credentials.ts';
import { Transport } from './transport.ts';

const open: (() => void)[] = [];

afterEach(() => {
  for (const close of open.splice(0)) close();
});

/** `answers` are given in turn; `undefined` = silence. */
async function tokenEndpoint(answers: (string | undefined)[]) {
  let asked = 0;
  const server = createServer((_request, response) => {
    const answer = answers[asked];
    asked += 1;
    if (answer !== undefined) response.end(answer);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const tls = { verify: true, clientCertificate: undefined, clientKey: undefined };
  const transport = new Transport({ tls, connectTimeoutMs: 5_000, env: {} });
  open.push(
    () => server.closeAllConnections(),
    () => server.close(),
  );
  const request = {
    cacheKey: 'a',
    method: 'GET',
    url: `http://127.0.0.1:${port}/token`,
    headers: {},
    form: undefined,
  } as const;
  return { request, transport, asked: () => asked };
}

const TOKEN = '{"access_token":"t","expires_in":3600}';

test('a token endpoint that never answers is given up, and asked again by the next request', async () => {
  const { request, transport, asked } = await tokenEndpoint([undefined, TOKEN]);
  const cache = new CredentialCache(createClock(40));
  const waiting = [cache.token(request, transport), cache.token(request, transport)];
  for (const one of waiting) await expect(one).rejects.toThrow(CredentialError);
  expect(asked()).toBe(1);
  expect(await cache.token(request, transport)).toBe('t');
});

test('a token is fetched once and kept', async () => {
  const { request, transport, asked } = await tokenEndpoint([TOKEN]);
  const cache = new CredentialCache(createClock());
  expect(await Promise.all([cache.token(request, transport), cache.token(request, transport)])).toEqual(['t', 't']);
  expect(await cache.token(request, transport)).toBe('t');
  expect(asked()).toBe(1);
});

test.for(['', 'no', '{}', '{"access_token":5}', '[]', 'null'])(
  'an answer without a token (%s) is an error without its text',
  async (text) => {
    const { request, transport } = await tokenEndpoint([text]);
    await expect(new CredentialCache(createClock()).token(request, transport)).rejects.toThrow(
      /without an access_token/,
    );
  },
);
