// What one instance learns about the health of a deployment spares the others from learning it.
import { describe, expect, test } from 'vitest';
import { startFakeProvider, type FakeProvider } from '../../src/fake-provider/fake-provider.ts';
import { opened } from '../support/opened.ts';
import { isRedisMissing, startRedis } from '../support/redis-server.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

const isMissing = isRedisMissing();
const PATIENCE = { timeout: 15_000, interval: 20 };

function config(provider: FakeProvider, router: string): string {
  const entry = (id: string, order: number): string =>
    `- {model_name: m, litellm_params: {model: openai/${id}, api_base: "${provider.url}/v1", api_key: k, order: ${order}, rpm: 1000}, model_info: {id: ${id}}}`;
  return ['model_list:', entry('first', 1), entry('second', 2), `router_settings: {${router}}`, ''].join('\n');
}

async function ask(gateway: TestGateway): Promise<number> {
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"model": "m", "messages": [{"role": "user", "content": "x"}]}',
  });
  await response.text();
  return response.status;
}

/** 2 = gets no traffic. */
async function stateOf(gateway: TestGateway, id: string): Promise<number> {
  const text = await (await fetch(`${gateway.url}/metrics`)).text();
  return Number(new RegExp(`^litellm_deployment_state\\{[^}]*model_id="${id}"[^}]*\\} (\\d)$`, 'm').exec(text)?.[1]);
}

async function untilTwo(gateway: TestGateway): Promise<void> {
  const instances = async (): Promise<unknown> => (await fetch(`${gateway.url}/health/readiness/details`)).json();
  await expect.poll(instances, PATIENCE).toMatchObject({ redis_details: { instances: 2 } });
}

describe.skipIf(isMissing)('a hint', () => {
  test.for([
    ['a time that a provider named', { status: 429, retryAfter: 30 }, 1],
    ['an open breaker', { status: 500 }, 5],
  ] as const)('tells of %s', async ([, fault, requests]) => {
    const redis = opened(await startRedis());
    const provider = opened(await startFakeProvider({ faults: { first: fault } }));
    const text = config(provider, `redis_url: "${redis.url}", cooldown_time: 30`);
    const gateways = await Promise.all([startGateway(text), startGateway(text)]);
    for (const gateway of gateways) opened({ close: () => gateway.drain() });
    const [one, other] = gateways;
    await untilTwo(one);
    await untilTwo(other);
    for (let nth = 0; nth < requests; nth++) expect(await ask(one)).toBe(200);
    expect(await stateOf(one, 'first')).toBe(2);
    await expect.poll(() => stateOf(other, 'first'), PATIENCE).toBe(2);
    const asked = provider.requests.filter(({ model }) => model === 'first').length;
    for (let nth = 0; nth < 5; nth++) expect(await ask(other)).toBe(200);
    expect(provider.requests.filter(({ model }) => model === 'first').length).toBe(asked);
  });

  test('tells how little a provider says is left, because somebody else uses the same key', async () => {
    const redis = opened(await startRedis());
    const headers = { 'x-ratelimit-remaining-requests': '3', 'x-ratelimit-reset-requests': '40s' };
    const provider = opened(await startFakeProvider({ faults: { first: { headers, on: '1' } } }));
    const text = config(provider, `redis_url: "${redis.url}"`);
    const [one, other] = await Promise.all([startGateway(text), startGateway(text)]);
    for (const gateway of [one, other]) opened({ close: () => gateway.drain() });
    await untilTwo(one);
    await untilTwo(other);
    expect(await ask(one)).toBe(200);
    const toFirst = (): number => provider.requests.filter(({ model }) => model === 'first').length;
    expect(toFirst()).toBe(1);
    // What is unused in a hand comes back within a second.
    await new Promise((resolve) => void setTimeout(resolve, 2_500));
    for (let nth = 0; nth < 12; nth++) expect(await ask(other)).toBe(200);
    expect(toFirst()).toBeLessThanOrEqual(1 + 3);
    expect(toFirst()).toBeGreaterThan(1);
  });
});
