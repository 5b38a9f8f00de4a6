// Limits and the queue over real HTTP, with a clock that runs faster than the wall: what is counted is answers, never
// seconds.
import { afterEach, describe, expect, test, vi } from 'vitest';
import { startFakeProvider, type FakeProvider } from '../../src/fake-provider/fake-provider.ts';
import { createClock, type Clock } from '../../src/upstream/clock.ts';
import { handClock } from '../support/hand-clock.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((part) => part.close()));
});

interface World {
  readonly gateway: TestGateway;
  readonly up: FakeProvider;
}

async function world(limits: string, settings: readonly string[], clock: Clock): Promise<World> {
  const up = await startFakeProvider({ keepRequests: 5_000 });
  open.push(up);
  const gateway = await startGateway(
    [
      'model_list:',
      `- {model_name: g, litellm_params: {model: openai/m, api_base: "${up.url}/v1", api_key: sk-up, ${limits}}}`,
      'router_settings:',
      '  num_retries: 0',
      ...settings.map((line) => `  ${line}`),
      // Longer than any request waits: draining is not what ends it.
      'general_settings: {shutdown_grace: 300}',
    ].join('\n'),
    { clock },
  );
  open.push({ close: () => gateway.drain() });
  // The first call of the control plane loads it, which may take longer than what is to be seen.
  await queued(gateway.url);
  return { gateway, up };
}

interface Ask {
  readonly path?: string;
  readonly priority?: number;
  readonly signal?: AbortSignal;
}

function ask(url: string, { path = '/v1/chat/completions', priority, signal }: Ask = {}): Promise<Response> {
  return fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'g', max_tokens: 1, messages: [{ role: 'user', content: 'hi' }], priority }),
    ...(signal === undefined ? {} : { signal }),
  });
}

async function queued(url: string): Promise<unknown> {
  const backlog = (await (await fetch(`${url}/health/backlog`)).json()) as Record<string, unknown>;
  return backlog['queued_requests'];
}

async function untilQueued(url: string, count: number): Promise<void> {
  await vi.waitFor(async () => expect(await queued(url)).toBe(count), { timeout: 10_000, interval: 2 });
}

test('40 clients that hammer rpm: 6 get six answers a minute, and all others the time after which to come back', async () => {
  const clock = createClock(200);
  const { gateway, up } = await world('rpm: 6', ['queue_timeout: 20'], clock);
  const fromMs = clock.now();
  const untilMs = fromMs + 6 * 60_000;
  const statuses: number[] = [];
  const times: number[] = [];
  const client = async (): Promise<void> => {
    while (clock.now() < untilMs) {
      const response = await ask(gateway.url);
      await response.text();
      statuses.push(response.status);
      if (response.status === 429) times.push(Number(response.headers.get('retry-after')));
      if (response.status === 429) await new Promise<void>((resolve) => void clock.after(2_000, resolve, undefined));
    }
  };
  await Promise.all(Array.from({ length: 40 }, client));
  const minutes = (clock.now() - fromMs) / 60_000;
  const answered = statuses.filter((status) => status === 200).length;
  expect(up.requests.length).toBe(answered);
  expect(answered).toBeLessThanOrEqual(6 * Math.ceil(minutes));
  expect(answered).toBeGreaterThanOrEqual(6 * 5);
  expect(new Set(statuses)).toEqual(new Set([200, 429]));
  expect(times.every((seconds) => Number.isInteger(seconds) && seconds >= 1 && seconds <= 80)).toBe(true);
});

test('the time to come back is the true one', async () => {
  const clock = handClock(3);
  const { gateway } = await world('rpm: 6', [], clock);
  for (let nth = 0; nth < 6; nth++) await (await ask(gateway.url)).text();
  clock.advance(20_000);
  const refused = await ask(gateway.url);
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '40']);
  expect(((await refused.json()) as { error: { message: string } }).error.message).toContain('over rpm or tpm');
});

describe('a request that waits', () => {
  const PATIENT = ['queue_timeout: 60'];

  test('is counted, and answered when its unit is free', async () => {
    const { gateway } = await world('rpm: 1', PATIENT, createClock(40));
    expect((await ask(gateway.url)).status).toBe(200);
    const waiting = ask(gateway.url);
    await untilQueued(gateway.url, 1);
    expect((await waiting).status).toBe(200);
    expect(await queued(gateway.url)).toBe(0);
  });

  test('is overtaken by a better priority, and told at once', async () => {
    const { gateway } = await world('rpm: 1', PATIENT, createClock(40));
    expect((await ask(gateway.url)).headers.get('x-litellm-request-prioritization-used')).toBeNull();
    const waiting = ask(gateway.url);
    await untilQueued(gateway.url, 1);
    const better = ask(gateway.url, { priority: -1 });
    const told = await waiting;
    expect(told.status).toBe(429);
    expect(Number(told.headers.get('retry-after'))).toBeGreaterThan(60);
    expect(await queued(gateway.url)).toBe(1);
    const served = await better;
    expect([served.status, served.headers.get('x-litellm-request-prioritization-used')]).toEqual([200, 'True']);
  });

  test('leaves its place to the next one when its client goes away', async () => {
    const { gateway, up } = await world('rpm: 1', PATIENT, createClock(40));
    await (await ask(gateway.url)).text();
    const client = new AbortController();
    const waiting = ask(gateway.url, { priority: -1, signal: client.signal });
    await untilQueued(gateway.url, 1);
    client.abort();
    await expect(waiting).rejects.toThrow('aborted');
    await untilQueued(gateway.url, 0);
    expect((await ask(gateway.url)).status).toBe(200);
    expect(up.requests.length).toBe(2);
  });

  test('is still answered when the gateway drains, which then ends', async () => {
    const { gateway } = await world('rpm: 1', PATIENT, createClock(40));
    await (await ask(gateway.url)).text();
    const waiting = ask(gateway.url);
    await untilQueued(gateway.url, 1);
    await gateway.drain();
    expect((await waiting).status).toBe(200);
  });

  test('is not there with queue_timeout 0', async () => {
    const { gateway } = await world('rpm: 1', ['queue_timeout: 0'], createClock(100));
    await (await ask(gateway.url)).text();
    expect((await ask(gateway.url)).status).toBe(429);
  });
});

test('what a provider says is left lowers what is left here', async () => {
  const clock = handClock(4);
  const { gateway, up } = await world('rpm: 100', ['queue_timeout: 0'], clock);
  up.setFaults({ '*': { rpm: 2 } });
  expect((await ask(gateway.url)).status).toBe(200);
  expect((await ask(gateway.url)).status).toBe(200);
  expect((await ask(gateway.url)).status).toBe(429);
  expect(up.requests.length).toBe(2);
});

describe('/queue/chat/completions', () => {
  const path = '/queue/chat/completions';

  test('wants a priority', async () => {
    const { gateway } = await world('rpm: 9', [], createClock());
    const refused = await ask(gateway.url, { path });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ error: { type: 'auth_error', code: '400' } });
  });

  test('says which it was', async () => {
    const { gateway } = await world('rpm: 9', [], createClock());
    const { headers } = await ask(gateway.url, { path, priority: 3 });
    expect([headers.get('x-litellm-priority'), headers.get('x-litellm-request-prioritization-used')]).toEqual([
      '3',
      'True',
    ]);
  });
});
