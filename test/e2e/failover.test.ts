// What a client sees while deployments fail: nothing, as long as something can answer.
import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { startFakeProvider, type FakeProvider } from '../../src/fake-provider/fake-provider.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((part) => part.close()));
});

async function provider(name: string): Promise<FakeProvider> {
  const started = await startFakeProvider({ name });
  open.push(started);
  return started;
}

async function gateway(config: string, speed = 1): Promise<TestGateway> {
  const started = await startGateway(config, { speed });
  open.push({ close: () => started.drain() });
  return started;
}

function deployment(group: string, target: FakeProvider, model = 'openai/m'): string {
  return [
    `- model_name: ${group}`,
    `  litellm_params: {model: ${model}, api_base: "${target.url}/v1", api_key: sk-up}`,
    `  model_info: {id: "${group}-${target.port}"}`,
  ].join('\n');
}

function ask(url: string, body: Record<string, unknown>): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ messages: [{ role: 'user', content: 'hello' }], ...body }),
  });
}

const FAULTS = [
  ['answers 500', { status: 500 }],
  ['answers 429 with Retry-After', { status: 429, retryAfter: 30 }],
  ['answers 429 without a time', { status: 429 }],
  ['answers 401', { status: 401 }],
  ['resets the connection', { connection: 'reset' }],
  ['closes without an answer', { connection: 'close' }],
  ['answers an HTML page', { body: 'html' }],
  ['answers nothing', { body: 'empty' }],
] as const;

test.for(FAULTS)('a deployment that %s costs no client an error while another is up', async ([, fault]) => {
  const [bad, good] = [await provider('bad'), await provider('good')];
  bad.setFaults({ '*': fault });
  const { url } = await gateway(`model_list:\n${deployment('g', bad)}\n${deployment('g', good)}`);
  for (let i = 0; i < 20; i += 1) {
    const plain = await ask(url, { model: 'g' });
    expect(plain.status).toBe(200);
    expect(plain.headers.get('x-litellm-model-id')).toBe(`g-${good.port}`);
    await plain.text();
  }
  const stream = await ask(url, { model: 'g', stream: true });
  expect(await stream.text()).toContain('data: [DONE]');
});

test('a deployment where nothing listens costs no client an error', async () => {
  const [gone, good] = [await provider('gone'), await provider('good')];
  await gone.close();
  const { url } = await gateway(`model_list:\n${deployment('g', gone)}\n${deployment('g', good)}`);
  for (let i = 0; i < 10; i += 1) expect((await ask(url, { model: 'g' })).status).toBe(200);
});

test.for([false, true])('the fallback group answers when the whole group is down (stream: %s)', async (stream) => {
  const [one, two, rescue] = [await provider('one'), await provider('two'), await provider('rescue')];
  one.setFaults({ '*': { status: 503 } });
  two.setFaults({ '*': { connection: 'reset' } });
  const { url } = await gateway(
    [
      'model_list:',
      deployment('g', one),
      deployment('g', two),
      deployment('spare', rescue),
      'router_settings:',
      '  num_retries: 1',
      '  fallbacks: [{"g": ["spare"]}]',
    ].join('\n'),
  );
  for (let i = 0; i < 5; i += 1) {
    const response = await ask(url, { model: 'g', stream });
    expect(response.status).toBe(200);
    expect(response.headers.get('x-litellm-model-group')).toBe('spare');
    expect(response.headers.get('x-litellm-attempted-fallbacks')).toBe('1');
    expect(await response.text()).toContain(stream ? 'data: [DONE]' : '"choices"');
  }
  expect(rescue.requests).toHaveLength(5);
});

test('a stream that is cut before its first content is answered by another deployment', async () => {
  const [bad, good] = [await provider('bad'), await provider('good')];
  bad.setFaults({ '*': { cutAfterTokens: 0 } });
  const { url } = await gateway(`model_list:\n${deployment('g', bad)}\n${deployment('g', good)}`);
  for (let i = 0; i < 6; i += 1)
    expect(await (await ask(url, { model: 'g', stream: true })).text()).toContain('[DONE]');
});

test('a stream that is cut after content ends with an error event and no [DONE]', async () => {
  const only = await provider('only');
  only.setFaults({ '*': { cutAfterTokens: 5 } });
  const { url } = await gateway(`model_list:\n${deployment('g', only)}`);
  const response = await ask(url, { model: 'g', stream: true });
  const text = await response.text();
  expect(response.status).toBe(200);
  expect(text).toContain('data: {"error":');
  expect(text).not.toContain('[DONE]');
});

test('a client that leaves frees the upstream connection and counts against nobody', async () => {
  const slow = await provider('slow');
  slow.setFaults({ '*': { tokensPerSecond: 5, answerTokens: 500 } });
  const started = await gateway(`model_list:\n${deployment('g', slow)}`);
  const leaving = new AbortController();
  const response = await fetch(`${started.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'g', stream: true, messages: [{ role: 'user', content: 'hello' }] }),
    signal: leaving.signal,
  });
  await response.body?.getReader().read();
  leaving.abort();
  await expect.poll(() => slow.requests[0]?.clientHungUp).toBe(true);
  await expect.poll(() => started.lines().some((line) => line['msg'] === 'client left')).toBe(true);
});

test('a client that stops reading for good is taken for gone', async () => {
  const endless = await provider('endless');
  endless.setFaults({ '*': { answerTokens: 2_000_000 } });
  const started = await gateway(`model_list:\n${deployment('g', endless)}`, 1_000);
  const socket = connect(started.port, '127.0.0.1');
  const body = JSON.stringify({ model: 'g', stream: true, messages: [{ role: 'user', content: 'hello' }] });
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  socket.pause();
  await expect.poll(() => endless.requests[0]?.clientHungUp, { timeout: 10_000 }).toBe(true);
  socket.destroy();
});

test.for([false, true])('a page of another origin may read the answer (stream: %s)', async (stream) => {
  const good = await provider('good');
  const { url } = await gateway(`model_list:\n${deployment('g', good)}`);
  const answer = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: 'https://app.example' },
    body: JSON.stringify({ model: 'g', stream, messages: [{ role: 'user', content: 'hello' }] }),
  });
  expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  expect(answer.headers.get('x-litellm-model-group')).toBe('g');
  expect(await answer.text()).toContain(stream ? '[DONE]' : '"choices"');
});
