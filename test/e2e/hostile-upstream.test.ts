// A dying or malicious upstream, byte for byte: whatever it sends, the client gets an answer from elsewhere or one
// truthful error, memory stays bounded, no connection is left over, and the log says what happened.
import type { Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { startFakeProvider } from '../../src/fake-provider/fake-provider.ts';
import { openRaw, rawRequest } from '../support/raw-client.ts';
import { flood, startRawUpstream, type RawAnswer, type RawUpstream } from '../support/raw-upstream.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((part) => part.close()));
});

const KEY = 'a-provider-key-of-no-known-form-4711';
const CHAT = '/v1/chat/completions';

interface World {
  readonly bad: RawUpstream;
  readonly gateway: TestGateway;
}

/** Group `g` is the bad upstream alone, group `saved` has a good one to fall back to. */
async function start(answer: RawAnswer, speed = 1): Promise<World> {
  const [bad, good] = [await startRawUpstream(answer), await startFakeProvider({ name: 'good' })];
  const entry = (name: string, url: string): string =>
    `- {model_name: ${name}, litellm_params: {model: openai/m, api_base: "${url}/v1", api_key: ${KEY}}}`;
  const gateway = await startGateway(
    [
      'model_list:',
      entry('g', bad.url),
      entry('saved', bad.url),
      entry('spare', good.url),
      'router_settings: {num_retries: 0, disable_cooldowns: true, fallbacks: [{saved: [spare]}]}',
    ].join('\n'),
    { speed },
  );
  open.push({ close: () => gateway.drain() }, bad, good);
  return { bad, gateway };
}

function ask(gateway: TestGateway, fields: Record<string, unknown> = {}): Promise<Response> {
  return fetch(gateway.url + CHAT, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'g', messages: [{ role: 'user', content: 'hello' }], ...fields }),
  });
}

const ANSWER = JSON.stringify({
  id: 'x',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
});
const OPEN_END = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n';
const EVENTS = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n';
const DONE = 'data: [DONE]\n\n';

function whole(body: string, status = '200 OK', headers = ''): string {
  return `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\n${headers}content-length: ${body.length}\r\n\r\n${body}`;
}

function event(content: string, finish: string | null = null): string {
  const choices = [{ index: 0, delta: { content }, finish_reason: finish }];
  return `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 1, model: 'm', choices })}\n\n`;
}

const write =
  (text: string): RawAnswer =>
  (socket) =>
    void socket.write(text, 'latin1');
const writeAndEnd =
  (text: string): RawAnswer =>
  (socket) =>
    void socket.end(text, 'latin1');
const writeAndFlood =
  (text: string, more: string): RawAnswer =>
  (socket) => {
    socket.write(text, 'latin1');
    flood(socket, more);
  };

const LETTERS = 'x'.repeat(65_536);
const NO_CONTENT = 'event: response.in_progress\ndata: {"type":"response.in_progress","response":{}}\n\n'.repeat(1_000);

const BROKEN: readonly [what: string, answer: RawAnswer][] = [
  ['a control character in a header', write(whole(ANSWER, '200 OK', 'x-a: a\x01b\r\n'))],
  ['a NUL in a header', write(whole(ANSWER, '200 OK', 'x-a: a\0b\r\n'))],
  [
    'headers without end',
    writeAndFlood('HTTP/1.1 200 OK\r\n', 'x-a: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n'.repeat(100)),
  ],
  [
    'a protocol that was not asked for',
    write(`HTTP/1.1 101 Other\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n${ANSWER}`),
  ],
  ['204 with a body', write('HTTP/1.1 204 No\r\ncontent-length: 5\r\n\r\nhello')],
  [
    'less than the length it announced',
    writeAndEnd(`HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n${ANSWER.slice(0, -5)}`),
  ],
  ['more than the length it announced', write(`HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n${ANSWER}`)],
  ['two lengths', write(`HTTP/1.1 200 OK\r\ncontent-length: 10\r\ncontent-length: 11\r\n\r\n${ANSWER}`)],
  ['a compressed body that nobody asked for', write(whole('\x1f\x8b\x08\x00', '200 OK', 'content-encoding: gzip\r\n'))],
  ['no HTTP', write('\0\0\0\0hello')],
  ['a status below 100', write(whole('{}', '099 Low'))],
  ['a status of 999', write(whole('', '999 High'))],
  ['an error body without end', writeAndFlood('HTTP/1.1 500 E\r\n\r\n', LETTERS)],
  ['an error body that stalls', write('HTTP/1.1 500 E\r\ncontent-length: 50\r\n\r\n{"error":')],
  ['a reset', (socket) => void socket.resetAndDestroy()],
  ['nothing', writeAndEnd('')],
];

test.for(BROKEN)('an upstream that sends %s costs one attempt, plain or streamed', async ([, answer]) => {
  const { bad, gateway } = await start(answer, 50);
  for (const stream of [false, true]) {
    const saved = await ask(gateway, { model: 'saved', stream });
    expect([saved.status, saved.headers.get('x-litellm-attempted-fallbacks')]).toEqual([200, '1']);
    expect(await saved.text()).toContain(stream ? '[DONE]' : '"choices"');
    const alone = await ask(gateway, { stream });
    expect(alone.status).toBeGreaterThanOrEqual(500);
    expect(await alone.json()).toMatchObject({ error: { message: expect.stringContaining('litellm.') } });
  }
  const failed = gateway.lines().filter((line) => line['msg'] === 'attempt failed');
  expect(failed).toHaveLength(4);
  for (const line of failed)
    expect(line).toMatchObject({ cause: expect.any(String), message: expect.stringMatching(/\S/) });
  expect(bad.heads).toHaveLength(4);
});

const ENDLESS: readonly [what: string, fields: Record<string, unknown>, answer: RawAnswer][] = [
  ['a plain answer without end', {}, writeAndFlood(`${OPEN_END}{"a":"`, LETTERS)],
  [
    'a plain answer without end where a stream was asked for',
    { stream: true },
    writeAndFlood(`${OPEN_END}{"a":"`, LETTERS),
  ],
  ['a line without end', { stream: true }, writeAndFlood(`${EVENTS}data: {"a":"`, LETTERS)],
  ['a comment without end', { stream: true }, writeAndFlood(`${EVENTS}:`, LETTERS)],
];

test.for(ENDLESS)('%s is given up before it fills memory', async ([, fields, answer]) => {
  const { bad, gateway } = await start(answer);
  const before = process.memoryUsage().rss;
  expect((await ask(gateway, { model: 'saved', ...fields })).status).toBe(200);
  expect(process.memoryUsage().rss - before).toBeLessThan(1024 * 1024 * 1024);
  await expect.poll(() => bad.open.size).toBe(0);
});

test('a response stream that never comes to content is given up before it fills memory', async () => {
  const { bad, gateway } = await start(writeAndFlood(EVENTS, NO_CONTENT));
  const body = JSON.stringify({ model: 'g', input: 'hello', stream: true });
  const reply = await fetch(`${gateway.url}/v1/responses`, { method: 'POST', body });
  expect([reply.status, await reply.text()]).toEqual([500, expect.stringContaining('before its first content')]);
  await expect.poll(() => bad.open.size).toBe(0);
});

test('a line without end after content ends the stream with one error event', async () => {
  const { bad, gateway } = await start(writeAndFlood(`${EVENTS}${event('a')}data: {"a":"`, LETTERS));
  const text = await (await ask(gateway, { stream: true })).text();
  expect(text.match(/"error"/g)).toHaveLength(1);
  expect(text).not.toContain('[DONE]');
  await expect.poll(() => bad.open.size).toBe(0);
});

test('an event of five megabytes passes whole', async () => {
  const { gateway } = await start(writeAndEnd(EVENTS + event('é'.repeat(2_500_000)) + event('', 'stop') + DONE));
  expect((await (await ask(gateway, { stream: true })).arrayBuffer()).byteLength).toBeGreaterThan(5_000_000);
});

test('a stream that comes byte by byte is the same stream', async () => {
  const text = EVENTS + event('aé') + event('', 'stop') + DONE;
  const { gateway } = await start((socket) => {
    for (const byte of Buffer.from(text)) socket.write(Buffer.from([byte]));
    socket.end();
  });
  const got = await (await ask(gateway, { stream: true })).text();
  expect(got).toContain('"content":"aé"');
  expect(got.endsWith(DONE)).toBe(true);
});

test.for([
  ['keeps the connection open', ''],
  ['goes on talking', ': still here\n\n'],
])('an upstream that %s after [DONE] is hung up on, and the client has its answer', async ([, more]) => {
  const { bad, gateway } = await start((socket) => {
    socket.write(EVENTS + event('a') + event('', 'stop') + DONE);
    if (more !== undefined && more !== '') flood(socket, more.repeat(1_000));
  }, 20);
  expect(await (await ask(gateway, { stream: true })).text()).toContain(DONE);
  await expect.poll(() => bad.open.size).toBe(0);
  await expect.poll(() => gateway.lines().at(-1)).toMatchObject({ msg: 'request', status: 200 });
});

test('headers of any bytes reach the client and nothing is added by them', async () => {
  const headers = 'x-name: \xe6\x97\xa5\xff\r\n__proto__: a\r\n__proto__: b\r\nconstructor: c\r\nset-cookie: s=1\r\n';
  const { gateway } = await start(write(whole(ANSWER, '200 OK', headers)));
  const reply = await ask(gateway);
  expect(reply.status).toBe(200);
  expect(reply.headers.get('llm_provider-x-name')).toBe('\xe6\x97\xa5\xff');
  expect(reply.headers.get('set-cookie')).toBeNull();
});

test('an early hint, trailers and their secrets do not reach the client', async () => {
  const { gateway } = await start(
    write(
      `HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-type: application/json\r\n` +
        `transfer-encoding: chunked\r\ntrailer: x-t\r\n\r\n${ANSWER.length.toString(16)}\r\n${ANSWER}\r\n0\r\nx-t: secret\r\n\r\n`,
    ),
  );
  const reply = await ask(gateway);
  expect(reply.status).toBe(200);
  expect(JSON.stringify([...reply.headers])).not.toContain('secret');
});

test('a redirect is not followed: the key goes nowhere else', async () => {
  const elsewhere = await startRawUpstream(write(whole(ANSWER)));
  open.push(elsewhere);
  for (const status of ['301 M', '302 F', '303 S', '307 T', '308 P']) {
    const { gateway } = await start(write(whole('', status, `location: ${elsewhere.url}/v1/chat/completions\r\n`)));
    expect((await ask(gateway)).status).toBe(500);
  }
  expect(elsewhere.heads).toHaveLength(0);
});

test('no encoding is asked for that the gateway could not read', async () => {
  const { bad, gateway } = await start(write(whole(ANSWER)));
  expect((await ask(gateway)).status).toBe(200);
  expect(bad.heads[0]).not.toMatch(/^accept-encoding:(?! *identity)/im);
});

const QUOTING = JSON.stringify({
  error: { message: `Incorrect API key provided: ${KEY}. Bearer ${KEY}`, code: KEY, param: KEY, type: KEY },
});

test.for<[string, boolean, RawAnswer]>([
  ['an error', false, write(whole(QUOTING, '401 U', `x-echo: api-key=${KEY}\r\n`))],
  ['an error to a stream', true, write(whole(QUOTING, '401 U', `x-echo: api-key=${KEY}\r\n`))],
  ['an error with status 200', false, write(whole(QUOTING))],
  ['a text error', false, write(whole(`key ${KEY} refused`, '500 E'))],
  ['an error in a stream', true, writeAndEnd(`${EVENTS}data: ${QUOTING}\n\n`)],
  ['an error after content', true, writeAndEnd(`${EVENTS}${event('a')}data: ${QUOTING}\n\n`)],
])('a key that %s quotes is in no answer and no log', async ([, stream, answer]) => {
  const { gateway } = await start(answer);
  const reply = await ask(gateway, { stream });
  const told = JSON.stringify([...reply.headers]) + (await reply.text());
  expect(told).toContain('error');
  await expect.poll(() => gateway.lines().at(-1)).toMatchObject({ msg: 'request failed' });
  expect(told + JSON.stringify(gateway.lines())).not.toContain(KEY);
});

const WRONG: readonly [what: string, body: string][] = [
  ['nesting', `{"choices":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
  ['nesting without an end', '['.repeat(100_000)],
  ['choices of wrong types', '{"choices":[null,1,{"message":null},{"message":{"content":{}}}],"usage":"x","id":5}'],
  [
    'usage of wrong types',
    '{"choices":[{"message":{"content":"a"}}],"usage":{"prompt_tokens":"x","completion_tokens":-1e308}}',
  ],
  ['prototype keys', '{"__proto__":{"a":1},"constructor":1,"choices":[{"__proto__":{},"message":{"content":"a"}}]}'],
];

test.for(WRONG)('an answer with %s is an answer or a failure, never more', async ([, body]) => {
  const { gateway } = await start(write(whole(body)));
  expect([200, 500]).toContain((await ask(gateway)).status);
  const { gateway: streaming } = await start(writeAndEnd(`${EVENTS}data: ${body}\n\n${DONE}`));
  expect([200, 500]).toContain((await ask(streaming, { stream: true })).status);
});

test('a wait that the provider names beyond every date is no wait for others', async () => {
  const { gateway } = await start(write(whole('{}', '429 R', 'retry-after: 99999999999999999999\r\n')));
  expect((await ask(gateway)).status).toBe(429);
  expect((await ask(gateway, { model: 'saved' })).status).toBe(200);
});

test('a client that does not read slows the upstream down, and gets everything when it reads again', async () => {
  const size = 64 * 1024 * 1024;
  const piece = event('x'.repeat(8_000));
  let flow: ReturnType<typeof flood> | undefined;
  const { gateway } = await start((socket: Socket) => {
    socket.write(EVENTS);
    flow = flood(socket, piece, size);
  });
  const body = JSON.stringify({ model: 'g', stream: true, messages: [{ role: 'user', content: 'hello' }] });
  const client = openRaw(gateway.port);
  client.write(rawRequest(CHAT, body, ['connection: close']));
  client.pause();
  let last = -1;
  const stands = (): boolean => {
    const now = flow?.written() ?? 0;
    const isSame = now === last && now > 0;
    last = now;
    return isSame;
  };
  await expect.poll(stands, { interval: 200, timeout: 20_000 }).toBe(true);
  expect(last).toBeLessThan(size / 2);
  let received = 0;
  let tail = '';
  client.on('data', (chunk: Buffer) => {
    received += chunk.length;
    tail = (tail + chunk.toString('latin1')).slice(-2_000);
  });
  await new Promise((resolve) => void client.on('close', resolve).resume());
  expect(flow?.written()).toBeGreaterThanOrEqual(size);
  expect(received).toBeGreaterThanOrEqual(size);
  // The flood had no finish_reason: the end is told as what it is.
  expect(tail).toContain('"error"');
});
