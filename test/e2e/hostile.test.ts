// A hostile or broken client, over real sockets: every input gets an answer or a closed connection, nothing that it
// sends ends the process or costs others anything, and whatever it held is free again when it leaves.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, expect, test } from 'vitest';
import { startFakeProvider, type FakeProvider } from '../../src/fake-provider/fake-provider.ts';
import { openRaw, rawRequest, sendRaw } from '../support/raw-client.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((part) => part.close()));
});

const PROVIDER_KEY = 'a-provider-key-of-no-known-form-4711';
const MASTER_KEY = 'sk-master-0123456789abcdef';

async function start(
  extra = '',
  env: Record<string, string> = {},
): Promise<{ provider: FakeProvider; gateway: TestGateway }> {
  const provider = await startFakeProvider({ name: 'up' });
  const params = `api_base: "${provider.url}/v1", api_key: ${PROVIDER_KEY}`;
  const gateway = await startGateway(
    [
      'model_list:',
      `- {model_name: g, litellm_params: {model: openai/m, ${params}, max_parallel_requests: 1}}`,
      `- {model_name: "wild/*", litellm_params: {model: "openai/*", ${params}}}`,
      `- {model_name: "azure/*", litellm_params: {model: "azure/*", api_base: "${provider.url}", api_key: k, api_version: "2024-10-21"}}`,
      `- {model_name: "日本 \\n x", litellm_params: {model: openai/m, ${params}}, model_info: {id: "ид\\r\\nx: y"}}`,
      'router_settings: {num_retries: 0, disable_cooldowns: true, queue_timeout: 0.1}',
      extra,
    ].join('\n'),
    { env },
  );
  open.push({ close: () => gateway.drain() }, provider);
  return { provider, gateway };
}

const CHAT = '/v1/chat/completions';
const CLOSE = 'connection: close';
const MESSAGES = [{ role: 'user', content: 'hello' }];

function chat(fields: Record<string, unknown> = {}): string {
  return JSON.stringify({ model: 'g', messages: MESSAGES, ...fields });
}

/** With `max_parallel_requests: 1` this is answered only when nothing is in flight any more. */
async function expectFree(gateway: TestGateway): Promise<void> {
  await expect.poll(async () => (await sendRaw(gateway.port, rawRequest(CHAT, chat(), [CLOSE]))).status).toBe(200);
  const backlog: unknown = await (await fetch(`${gateway.url}/health/backlog`)).json();
  expect(backlog).toMatchObject({ in_flight_requests: 0 });
}

const NESTED = '['.repeat(100_000) + ']'.repeat(100_000);
const MANY_KEYS = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`k${at}`, at]));

const BODIES: readonly [what: string, status: number, body: string | Buffer][] = [
  [
    'duplicate, escaped and prototype keys',
    200,
    `{"__proto__":{"a":1},"model":"x",${chat().slice(1, -1)},"\\u006dodel":"g"}`,
  ],
  ['10,000 top-level keys', 200, chat(MANY_KEYS)],
  ['a key of a megabyte', 200, chat({ ['k'.repeat(1_000_000)]: 1 })],
  ['100,000 levels of nesting', 400, `{"x":${NESTED},${chat().slice(1)}`],
  ['nesting where a number belongs', 400, `{"timeout":${NESTED},${chat().slice(1)}`],
  ['nesting where fallbacks belong', 400, `{"fallbacks":${NESTED},${chat().slice(1)}`],
  ['nesting without an end', 400, '{"a":'.repeat(100_000)],
  ['invalid UTF-8', 200, Buffer.from(chat().replace('hello', '\xff\xfe\xc0\x80'), 'latin1')],
  ['a NUL as an escape', 200, chat({ user: '\0' })],
  ['half a surrogate pair in the model', 200, '{"model":"wild/\\ud800","messages":[{"role":"user","content":"x"}]}'],
  [
    'half a surrogate pair in an Azure path',
    200,
    '{"model":"azure/\\ud800","messages":[{"role":"user","content":"x"}]}',
  ],
  ['a model that climbs', 200, chat({ model: 'azure/../../x?y#z' })],
  ['a model that is a parent folder', 200, chat({ model: 'azure/..' })],
  ['a model of a megabyte', 400, chat({ model: 'm'.repeat(1_000_000) })],
  ['a model of a megabyte behind a wildcard', 200, chat({ model: `wild/${'m'.repeat(1_000_000)}` })],
  ['a model in another script', 200, chat({ model: 'wild/日本' })],
  ['a model with line breaks', 200, chat({ model: 'wild/a\r\nset-cookie: a=b\r\n\r\nHTTP/1.1 200 OK' })],
  ['a model with line breaks, streamed', 200, chat({ model: 'wild/a\r\nset-cookie: a=b', stream: true })],
  ['a group and an id with line breaks in the config', 200, chat({ model: '日本 \n x' })],
  ['a group and an id with line breaks in the config, streamed', 200, chat({ model: '日本 \n x', stream: true })],
  ['a model that is a number', 400, chat({ model: 5 })],
  ['a model named like a built-in', 400, chat({ model: '__proto__' })],
  ['fallbacks that loop', 400, chat({ model: 'no', fallbacks: ['no', 'none', 'no'] })],
  ['fallbacks to itself', 500, chat({ mock_testing_fallbacks: true, fallbacks: [{ g: ['g', 'g'] }] })],
  ['20,000 fallbacks', 400, chat({ mock_testing_fallbacks: true, fallbacks: Object.keys(MANY_KEYS) })],
  ['20,000 rules', 400, chat({ fallbacks: Object.keys(MANY_KEYS).map((key) => ({ [key]: [] })) })],
  ['fallbacks of wrong types', 500, chat({ mock_testing_fallbacks: true, fallbacks: [null, 1, [], {}, { model: 3 }] })],
  [
    'fallbacks under __proto__',
    500,
    `{"mock_testing_fallbacks":true,"fallbacks":[{"__proto__":["g"]}],${chat().slice(1)}`,
  ],
  [
    'a fallback that names an address',
    200,
    chat({
      mock_testing_fallbacks: true,
      fallbacks: [{ model: 'wild/x', api_base: 'http://127.0.0.1:1', api_key: 'k' }],
    }),
  ],
  ['a negative timeout', 200, chat({ timeout: -5 })],
  ['a timeout beyond every timer', 200, chat({ timeout: 1e300 })],
  ['a timeout that is no number', 400, chat({ timeout: 'NaN' })],
  ['retries beyond every integer', 200, chat({ num_retries: 1e300 })],
  ['a negative number of retries', 200, chat({ num_retries: -1 })],
  ['tags of wrong types', 200, chat({ tags: [null, {}, 1], metadata: { tags: { a: 1 } }, litellm_metadata: 'x' })],
  ['max_tokens beyond every number of tokens', 200, chat({ max_tokens: 1e300 })],
];

test.for(BODIES)('a body with %s is answered %i and the gateway goes on', async ([, status, body]) => {
  const { gateway } = await start();
  const reply = await sendRaw(gateway.port, rawRequest(CHAT, body, [CLOSE]));
  expect(reply.status).toBe(status);
  expect(reply.head).not.toMatch(/^(set-cookie|x):/im);
  expect(reply.head.length).toBeLessThan(8_192);
  await expectFree(gateway);
  await expect.poll(() => gateway.lines().filter((line) => line['model'] === 'g').length).toBeGreaterThan(0);
  expect(Math.max(...gateway.lines().map((line) => JSON.stringify(line).length))).toBeLessThan(4_096);
});

const HEADS: readonly [what: string, status: number, request: string | Buffer][] = [
  [
    'a bad escape in the model of the path',
    404,
    rawRequest('/engines/%/chat/completions', chat({ model: undefined }), [CLOSE]),
  ],
  ['a NUL in the model of the path', 400, rawRequest('/engines/%00/chat/completions', chat(), [CLOSE])],
  ['a bad escape in a response id', 404, `GET /v1/responses/%E0%A4%A HTTP/1.1\r\nhost: x\r\n${CLOSE}\r\n\r\n`],
  ['a bad escape in a model id', 404, `GET /v1/models/%E0%A4%A HTTP/1.1\r\nhost: x\r\n${CLOSE}\r\n\r\n`],
  ['bad escapes in the query', 200, rawRequest(`${CHAT}?%=%&api-version=%zz`, chat(), [CLOSE])],
  ['doubled slashes', 404, rawRequest('//v1//chat/completions', chat(), [CLOSE])],
  ['an address as its path', 404, rawRequest('http://127.0.0.1:1/v1/chat/completions', chat(), [CLOSE])],
  ['a path of 20,000 characters', 431, rawRequest(`/engines/${'a'.repeat(20_000)}/completions`, chat(), [CLOSE])],
  ['a call id of strange bytes', 200, rawRequest(CHAT, chat(), [CLOSE, 'x-litellm-call-id: \xe9\xff"{}\t\\'])],
  ['a control character in a header', 400, rawRequest(CHAT, chat(), [CLOSE, 'x-litellm-call-id: a\x01b'])],
  ['headers that are no numbers', 400, rawRequest(CHAT, chat(), [CLOSE, 'x-litellm-timeout: soon'])],
  ['an expectation', 100, rawRequest(CHAT, chat(), [CLOSE, 'expect: 100-continue'])],
  ['an expectation nobody knows', 417, rawRequest(CHAT, chat(), [CLOSE, 'expect: miracles'])],
  ['HEAD', 405, `HEAD ${CHAT} HTTP/1.1\r\nhost: x\r\n${CLOSE}\r\n\r\n`],
  ['OPTIONS', 405, `OPTIONS ${CHAT} HTTP/1.1\r\nhost: x\r\n${CLOSE}\r\n\r\n`],
  ['CONNECT', 0, 'CONNECT 127.0.0.1:1 HTTP/1.1\r\nhost: x\r\n\r\n'],
  ['an upgrade', 200, rawRequest(CHAT, chat(), ['connection: close, upgrade', 'upgrade: h2c'])],
  ['two ways of telling its length', 400, rawRequest(CHAT, chat(), [CLOSE, 'transfer-encoding: chunked'])],
  ['a TLS greeting', 400, '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ['HTTP/2', 400, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  [
    'a form of 150,000 items',
    400,
    rawRequest(CHAT, 'a[]=1&'.repeat(150_000), [CLOSE, 'content-type: application/x-www-form-urlencoded']),
  ],
  [
    'a form of 90,000 parts',
    400,
    rawRequest(CHAT, '--b\r\n\r\n\r\n'.repeat(90_000), [CLOSE, 'content-type: multipart/form-data; boundary=b']),
  ],
  ['a multipart form without a boundary', 400, rawRequest(CHAT, 'x', [CLOSE, 'content-type: multipart/form-data'])],
];

test.for(HEADS)('a request with %s is answered %i and the gateway goes on', async ([, status, request]) => {
  const { gateway } = await start();
  expect((await sendRaw(gateway.port, request)).status).toBe(status);
  await expectFree(gateway);
});

test('a forged response id cannot reach another path of the provider', async () => {
  const { provider, gateway } = await start();
  const id = (upstreamId: string): string =>
    `resp_${Buffer.from(`litellm:custom_llm_provider:openai;model_id:ид\r\nx: y;response_id:${upstreamId}`).toString('base64url')}`;
  for (const upstreamId of ['..', '.', '../../files', 'a?b#c', 'a\r\nx: y']) {
    await sendRaw(gateway.port, `GET /v1/responses/${id(upstreamId)} HTTP/1.1\r\nhost: x\r\n${CLOSE}\r\n\r\n`);
  }
  const paths = provider.requests.map((request) => request.path);
  expect(paths.length).toBeGreaterThan(0);
  for (const path of paths) expect(path).toMatch(/^\/v1\/responses\/[^/?#]*$/);
});

const MEGABYTE = Buffer.alloc(1024 * 1024, 'a');
const TOO_LARGE: readonly [how: string, bytes: Buffer][] = [
  ['announced', Buffer.from(`POST ${CHAT} HTTP/1.1\r\nhost: x\r\ncontent-length: 999999999999\r\n\r\n`)],
  ['sent', rawRequest(CHAT, Buffer.alloc(8 * 1024 * 1024, 'a'))],
  ['sent in chunks', chunked(Array.from({ length: 8 }, () => MEGABYTE))],
];

function chunked(parts: readonly Buffer[]): Buffer {
  const head = Buffer.from(`POST ${CHAT} HTTP/1.1\r\nhost: x\r\n${CLOSE}\r\ntransfer-encoding: chunked\r\n\r\n`);
  const chunks = parts.flatMap((part) => [Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')]);
  return Buffer.concat([head, ...chunks, Buffer.from('0\r\n\r\n')]);
}

test.for(TOO_LARGE)(
  'a body over the limit that is %s is refused with 413 and the connection closed',
  async ([, bytes]) => {
    const { provider, gateway } = await start('general_settings: {max_request_size_mb: 1}');
    const reply = await sendRaw(gateway.port, bytes);
    expect([reply.status, reply.head.toLowerCase()]).toEqual([413, expect.stringContaining('connection: close')]);
    expect(provider.requests).toHaveLength(0);
    await expectFree(gateway);
  },
);

test('a body that comes byte by byte is forwarded whole', async () => {
  const { provider, gateway } = await start();
  const body = chat({ user: 'é'.repeat(20_000) });
  const reply = await sendRaw(gateway.port, chunked(Array.from(Buffer.from(body), (byte) => Buffer.from([byte]))));
  expect(reply.status).toBe(200);
  expect(provider.requests[0]?.body).toMatchObject({ user: 'é'.repeat(20_000) });
});

interface Leaving {
  readonly fault: Parameters<FakeProvider['setFaults']>[0][string];
  readonly bytes: Buffer;
  /** What must have happened before the client leaves. */
  readonly when: 'connected' | 'upstream' | 'answered';
}

const STREAM = chat({ stream: true });
const LEAVING: readonly [when: string, leaving: Leaving][] = [
  ['in the middle of the headers', { fault: {}, bytes: rawRequest(CHAT, chat()).subarray(0, 30), when: 'connected' }],
  ['in the middle of the body', { fault: {}, bytes: rawRequest(CHAT, chat()).subarray(0, -10), when: 'connected' }],
  ['before a plain answer', { fault: { latencyMs: 60_000 }, bytes: rawRequest(CHAT, chat()), when: 'upstream' }],
  ['before a stream', { fault: { latencyMs: 60_000 }, bytes: rawRequest(CHAT, STREAM), when: 'upstream' }],
  [
    'in the middle of a stream',
    { fault: { tokensPerSecond: 5, answerTokens: 500 }, bytes: rawRequest(CHAT, STREAM), when: 'answered' },
  ],
  [
    'with two more requests in the pipe',
    {
      fault: { latencyMs: 60_000 },
      bytes: Buffer.concat(Array.from({ length: 3 }, () => rawRequest(CHAT, chat({ model: 'wild/x' })))),
      when: 'upstream',
    },
  ],
];

test.for(LEAVING)('a client that leaves %s leaves nothing behind', async ([, { fault, bytes, when }]) => {
  const { provider, gateway } = await start();
  provider.setFaults({ '*': fault });
  const socket = openRaw(gateway.port);
  let isAnswered = false;
  socket.on('data', () => (isAnswered = true));
  await new Promise((resolve) => void socket.write(bytes, resolve));
  if (when === 'upstream') await expect.poll(() => provider.requests.length).toBeGreaterThan(0);
  if (when === 'answered') await expect.poll(() => isAnswered).toBe(true);
  const asked = [...provider.requests];
  socket.destroy();
  await expect.poll(() => asked.every((request) => request.clientHungUp)).toBe(true);
  provider.setFaults({ '*': [] });
  await expectFree(gateway);
  const left = (): unknown[] =>
    gateway.lines().filter((line) => line['msg'] === 'client left' && line['status'] === 499);
  await expect.poll(() => left().length).toBe(asked.length);
});

test('a client that leaves while it waits in the queue is gone at once and takes nobody’s turn', async () => {
  const provider = await startFakeProvider({ name: 'up' });
  const params = `{model: openai/m, api_base: "${provider.url}/v1", api_key: k, rpm: 1}`;
  const settings = 'router_settings: {queue_timeout: 70}';
  const gateway = await startGateway(`model_list: [{model_name: g, litellm_params: ${params}}]\n${settings}`, {
    speed: 200,
  });
  open.push({ close: () => gateway.drain() }, provider);
  const ask = rawRequest(CHAT, chat(), [CLOSE]);
  expect((await sendRaw(gateway.port, ask)).status).toBe(200);
  const waiting = openRaw(gateway.port);
  waiting.write(ask);
  const backlog = async (): Promise<unknown> => (await fetch(`${gateway.url}/health/backlog`)).json();
  await expect.poll(backlog).toMatchObject({ in_flight_requests: 1 });
  waiting.destroy();
  await expect.poll(backlog).toMatchObject({ in_flight_requests: 0 });
  expect(provider.requests).toHaveLength(1);
  expect((await sendRaw(gateway.port, ask)).status).toBe(200);
  expect(provider.requests).toHaveLength(2);
});

test('a client that closes its own half is let go, and nothing is left in flight', async () => {
  const { provider, gateway } = await start();
  provider.setFaults({ '*': { latencyMs: 60_000 } });
  const socket = openRaw(gateway.port);
  socket.end(rawRequest(CHAT, chat()));
  const got = await new Promise((resolve) => void socket.on('close', resolve).resume());
  expect(got, 'closed without an error').toBe(false);
  provider.setFaults({ '*': [] });
  await expectFree(gateway);
});

test('pipelined requests are answered in order', async () => {
  const { gateway } = await start();
  const ids = ['first', 'second', 'third'];
  const bytes = ids.map((id, at) =>
    rawRequest(CHAT, chat({ model: 'wild/x' }), [`x-litellm-call-id: ${id}`, ...(at === 2 ? [CLOSE] : [])]),
  );
  const { head, body } = await sendRaw(gateway.port, Buffer.concat(bytes));
  const order = [...`${head}${body}`.matchAll(/x-litellm-call-id: (\w+)/g)].map((match) => match[1]);
  expect(order).toEqual(ids);
});

const KEY_HEADERS = [
  'authorization',
  'x-litellm-api-key',
  'api-key',
  'x-api-key',
  'x-goog-api-key',
  'ocp-apim-subscription-key',
];
const BAD_KEYS = [
  '',
  ' ',
  'Bearer',
  'Bearer ',
  `Bearer ${MASTER_KEY}x`,
  'Bearer \xd0\xba\xff',
  'Basic ====',
  `sk-${'a'.repeat(5_000)}`,
];

test('no bad key in any header gets in, and a good one in each does', async () => {
  const { provider, gateway } = await start(`general_settings: {master_key: ${MASTER_KEY}}`);
  const ask = async (lines: string[]): Promise<number> =>
    (await sendRaw(gateway.port, rawRequest(CHAT, chat(), [CLOSE, ...lines]))).status;
  for (const name of KEY_HEADERS) {
    for (const key of BAD_KEYS) expect([400, 401], `${name}: ${key}`).toContain(await ask([`${name}: ${key}`]));
  }
  expect([400, 401]).toContain(await ask(KEY_HEADERS.map((name) => `${name}: wrong`)));
  expect(provider.requests).toHaveLength(0);
  for (const name of KEY_HEADERS)
    expect(await ask([`${name}: Bearer ${MASTER_KEY}`.replace(/^(?!auth|x-lit)(.*): Bearer /, '$1: ')])).toBe(200);
});

test('no secret of the config, the environment or a request is in any answer or in the log', async () => {
  const { provider, gateway } = await start(`general_settings: {master_key: os.environ/THE_MASTER_KEY}`, {
    THE_MASTER_KEY: MASTER_KEY,
    UNUSED_SECRET: 'hunter2-hunter2',
  });
  const authorization = `Bearer ${MASTER_KEY}`;
  provider.setFaults({ '*': { status: 401 } });
  await sendRaw(gateway.port, rawRequest(CHAT, chat(), [CLOSE, `authorization: ${authorization}`]));
  await sendRaw(gateway.port, rawRequest(CHAT, chat(), [CLOSE, 'authorization: Bearer sk-somebody-elses-key-1']));
  provider.setFaults({ '*': [] });
  await expect.poll(() => gateway.lines().some((line) => line['status'] === 401)).toBe(true);
  let text = '';
  const paths = [
    '/v1/models',
    '/model/info',
    '/v2/model/info',
    '/model_group/info',
    '/health',
    '/health/readiness/details',
    '/metrics',
    '/routes',
    '/openapi.json',
    '/',
  ];
  for (const path of paths) text += await (await fetch(gateway.url + path, { headers: { authorization } })).text();
  text += JSON.stringify(gateway.lines());
  expect(text).toContain('wild/');
  for (const secret of [MASTER_KEY, PROVIDER_KEY, 'hunter2', 'sk-somebody-elses-key-1'])
    expect(text).not.toContain(secret);
});

test('thousands of hostile requests leave no memory behind', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const { gateway } = await start();
  const requests = [
    ...BODIES.filter(([, , body]) => body.length < 10_000).map(([, , body]) => rawRequest(CHAT, body, [CLOSE])),
    ...HEADS.filter(([, , bytes]) => bytes.length < 10_000).map(([, , bytes]) => bytes),
  ];
  const round = async (count: number): Promise<number> => {
    for (let sent = 0; sent < count; sent += requests.length) {
      await Promise.all(requests.map((bytes) => sendRaw(gateway.port, bytes)));
    }
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = await round(500);
  const logged = gateway.lines().length;
  const grown = (await round(2_000)) - before;
  // The test itself keeps the log's text and the provider its last requests.
  expect(gateway.lines().length - logged).toBeGreaterThan(1_000);
  expect(grown).toBeLessThan(8 * 1024 * 1024);
  await expectFree(gateway);
});
