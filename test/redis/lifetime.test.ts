// Sharing from its beginning to its end: instances that come and go, configs that name another Redis or none.
import { describe, expect, test } from 'vitest';
import { startFakeProvider, type FakeProvider } from '../../src/fake-provider/fake-provider.ts';
import { opened } from '../support/opened.ts';
import { isRedisMissing, startRedis } from '../support/redis-server.ts';
import { saidInTime, SHARED } from '../support/sharing-lines.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

const isMissing = isRedisMissing();
const LIMIT = 12;
const PATIENCE = { timeout: 15_000, interval: 20 };

function config(provider: FakeProvider, router: string): string {
  return `
model_list:
- {model_name: m, litellm_params: {model: openai/m, api_base: "${provider.url}/v1", api_key: k, rpm: ${LIMIT}}, model_info: {id: m}}
router_settings: {num_retries: 0, ${router}}
`;
}

async function open(text: string): Promise<TestGateway> {
  const gateway = await startGateway(text);
  opened({ close: () => gateway.drain() });
  return gateway;
}

async function readiness(gateway: TestGateway): Promise<Record<string, unknown>> {
  return (await (await fetch(`${gateway.url}/health/readiness/details`)).json()) as Record<string, unknown>;
}

async function untilShared(gateway: TestGateway, instances: number): Promise<void> {
  await expect.poll(() => readiness(gateway), PATIENCE).toMatchObject({ redis: 'up', redis_details: { instances } });
}

async function served(gateway: TestGateway, count: number): Promise<number> {
  let answered = 0;
  for (let nth = 0; nth < count; nth++) {
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"model": "m", "messages": [{"role": "user", "content": "x"}]}',
    });
    await response.text();
    expect([200, 429]).toContain(response.status);
    if (response.status === 200) answered += 1;
  }
  return answered;
}

/** Asks until the provider has got so many in all; more are never let through. */
async function untilUsed(provider: FakeProvider, gateway: TestGateway, total: number): Promise<void> {
  const ask = async (): Promise<number> => {
    await served(gateway, 3);
    return provider.requests.length;
  };
  await expect.poll(ask, PATIENCE).toBe(total);
  await served(gateway, 3);
  expect(provider.requests.length).toBe(total);
}

describe.skipIf(isMissing)('instances that share', () => {
  test('give back what they hold when they end, and are missed at once', async () => {
    const redis = opened(await startRedis());
    const provider = opened(await startFakeProvider());
    const text = config(provider, `redis_url: "${redis.url}"`);
    const first = await open(text);
    const second = await open(text);
    await untilShared(first, 2);
    expect(await served(second, 3)).toBe(3);
    await second.drain();
    await untilShared(first, 1);
    await untilUsed(provider, first, LIMIT);
  });

  test('leave nothing in Redis that does not expire, and touch nothing else there', async () => {
    const redis = opened(await startRedis());
    await redis.command('SET', 'deployment:m:cooldown', 'of LiteLLM');
    const provider = opened(await startFakeProvider());
    const gateway = await open(config(provider, `redis_url: "${redis.url}", redis_namespace: blue`));
    await untilShared(gateway, 1);
    await served(gateway, 2);
    const keys = ((await redis.command('KEYS', '*')) as string[]).filter((key) => key !== 'deployment:m:cooldown');
    expect(keys.length).toBeGreaterThan(2);
    for (const key of keys) {
      expect(key).toMatch(/^\{loadstone:blue\}:/);
      const ttl = Number(await redis.command('PTTL', key));
      expect([ttl > 0, ttl <= 122_000]).toEqual([true, true]);
    }
    expect(await redis.command('GET', 'deployment:m:cooldown')).toBe('of LiteLLM');
  });

  test('of two namespaces know nothing of each other', async () => {
    const redis = opened(await startRedis());
    const provider = opened(await startFakeProvider());
    const blue = await open(config(provider, `redis_url: "${redis.url}", redis_namespace: blue`));
    const green = await open(config(provider, `redis_url: "${redis.url}", redis_namespace: green`));
    await untilShared(blue, 1);
    await untilShared(green, 1);
    await untilUsed(provider, blue, LIMIT);
    await untilUsed(provider, green, 2 * LIMIT);
    expect(provider.requests.length).toBe(2 * LIMIT);
  });
});

describe.skipIf(isMissing)('a reload', () => {
  test('that keeps the Redis keeps the connection and what was used', async () => {
    const redis = opened(await startRedis());
    const provider = opened(await startFakeProvider());
    const text = config(provider, `redis_url: "${redis.url}"`);
    const gateway = await open(text);
    await untilShared(gateway, 1);
    expect(await served(gateway, 5)).toBe(5);
    gateway.rewrite(`${text}litellm_settings: {num_retries: 1}\n`);
    expect(await gateway.reload('admin')).toMatchObject({ kind: 'replaced' });
    await untilUsed(provider, gateway, LIMIT);
    await untilShared(gateway, 1);
    expect(saidInTime(gateway)).toEqual([SHARED]);
  });

  test('that names another Redis goes there, with what was used', async () => {
    const [one, other] = [opened(await startRedis()), opened(await startRedis())];
    const provider = opened(await startFakeProvider());
    const gateway = await open(config(provider, `redis_url: "${one.url}"`));
    await untilShared(gateway, 1);
    expect(await served(gateway, 5)).toBe(5);
    gateway.rewrite(config(provider, `redis_url: "${other.url}"`));
    await gateway.reload('admin');
    await expect.poll(() => saidInTime(gateway), PATIENCE).toEqual([SHARED, SHARED]);
    await untilShared(gateway, 1);
    const newcomer = await open(config(provider, `redis_url: "${other.url}"`));
    await untilShared(newcomer, 2);
    await untilUsed(provider, newcomer, LIMIT);
    const connected = String(await one.command('CLIENT', 'LIST', 'TYPE', 'normal'))
      .trim()
      .split('\n');
    expect(connected.length).toBe(1);
  });

  test('may end sharing, and begin it', async () => {
    const redis = opened(await startRedis());
    const provider = opened(await startFakeProvider());
    const gateway = await open(config(provider, `redis_url: "${redis.url}"`));
    await untilShared(gateway, 1);
    expect(await served(gateway, 5)).toBe(5);
    gateway.rewrite(config(provider, 'redis_host: null'));
    await gateway.reload('admin');
    expect(await readiness(gateway)).not.toHaveProperty('redis');
    expect(await served(gateway, 2)).toBe(2);
    gateway.rewrite(config(provider, `redis_url: "${redis.url}"`));
    await gateway.reload('admin');
    await untilShared(gateway, 1);
    // What was used before it ended may count twice for a minute: the ledger cannot know that it is the same instance.
    await served(gateway, LIMIT);
    expect(provider.requests.length).toBeLessThanOrEqual(LIMIT);
    expect(saidInTime(gateway)).toEqual([SHARED, SHARED]);
  });
});
