// Several threads and Redis: the thread that watches over the others asks for all of them, so that a gateway of threads is
// one instance among others, and what is promised of limits, trouble and the log holds as for one thread.
import { describe, expect, test } from 'vitest';
import { startFakeProvider, type FakeProvider } from '../../src/fake-provider/fake-provider.ts';
import { startHeldUpstream } from '../support/held-upstream.ts';
import { killThread } from '../support/kill-thread.ts';
import { opened } from '../support/opened.ts';
import { isRedisMissing, startRedis } from '../support/redis-server.ts';
import { DOWN, saidInTime, SHARED } from '../support/sharing-lines.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

const isMissing = isRedisMissing();
const PATIENCE = { timeout: 15_000, interval: 20 };

function config(url: string, router: string, limits = 'rpm: 12'): string {
  return `
model_list:
- {model_name: m, litellm_params: {model: openai/m, api_base: "${url}/v1", api_key: k, ${limits}}, model_info: {id: m}}
router_settings: {num_retries: 0, queue_timeout: 0.2, ${router}}
`;
}

async function open(text: string, threads: number): Promise<TestGateway> {
  const gateway = await startGateway(text, { threads });
  opened({ close: () => gateway.drain() });
  return gateway;
}

async function provider(): Promise<FakeProvider> {
  return opened(await startFakeProvider({ keepRequests: 1_000 }));
}

/** On a connection of its own, so that the system deals the requests out to all threads. */
async function ask({ url }: TestGateway): Promise<number> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: '{"model": "m", "messages": [{"role": "user", "content": "x"}]}',
  });
  await response.arrayBuffer();
  return response.status;
}

/** `count` requests to each at once; how many were served. Whoever was not, was told to wait. */
async function hammer(gateways: readonly TestGateway[], count: number): Promise<number> {
  const answers = gateways.flatMap((gateway) => Array.from({ length: count }, () => ask(gateway)));
  const statuses = await Promise.all(answers);
  expect(statuses.filter((status) => status !== 200 && status !== 429)).toEqual([]);
  return statuses.filter((status) => status === 200).length;
}

/** Every thread has heard of it: each of the next answers says so, whichever of them gives it. */
async function untilAllSay(gateways: readonly TestGateway[], said: Record<string, unknown>): Promise<void> {
  for (const { url } of gateways) {
    const details = async (): Promise<unknown> =>
      Promise.all(
        Array.from({ length: 8 }, async () => {
          const response = await fetch(`${url}/health/readiness/details`, { headers: { connection: 'close' } });
          return response.json();
        }),
      );
    await expect.poll(details, PATIENCE).toMatchObject(Array.from({ length: 8 }, () => said));
  }
}

function shared(instances: number): Record<string, unknown> {
  return { redis: 'up', redis_details: { instances } };
}

async function sampleOf({ url }: TestGateway, family: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`, { headers: { connection: 'close' } })).text();
  return Number(new RegExp(String.raw`^${family} (\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
}

describe.skipIf(isMissing)('a gateway of several threads', () => {
  test.each([6, 60])(
    'and one of a single thread let rpm: %d through together, to the last unit but one each',
    async (rpm) => {
      const redis = opened(await startRedis());
      const up = await provider();
      const text = config(up.url, `redis_url: "${redis.url}"`, `rpm: ${rpm}`);
      const gateways = [await open(text, 3), await open(text, 1)];
      await untilAllSay(gateways, shared(2));
      for (let round = 0; round < 4; round++) await hammer(gateways, rpm + 10);
      expect(up.requests.length).toBeLessThanOrEqual(rpm);
      expect(up.requests.length).toBeGreaterThanOrEqual(rpm - 2);
    },
  );

  test('is one instance: two of them share what both use, and one that ends gives back what it holds', async () => {
    const redis = opened(await startRedis());
    const up = await provider();
    const text = config(up.url, `redis_url: "${redis.url}"`);
    const [first, second] = [await open(text, 2), await open(text, 2)];
    await untilAllSay([first, second], shared(2));
    expect(await hammer([second], 3)).toBe(3);
    await second.drain();
    await untilAllSay([first], shared(1));
    await expect.poll(() => hammer([first], 4).then(() => up.requests.length), PATIENCE).toBe(12);
    await hammer([first], 4);
    expect(up.requests.length).toBe(12);
    expect(saidInTime(first)).toEqual([SHARED]);
  });

  test('counts its calls to Redis once, however many threads it has', async () => {
    const redis = opened(await startRedis());
    const up = await provider();
    const gateway = await open(config(up.url, `redis_url: "${redis.url}"`), 3);
    await untilAllSay([gateway], shared(1));
    await expect.poll(() => sampleOf(gateway, 'loadstone_redis_calls_total'), PATIENCE).toBeGreaterThanOrEqual(2);
    expect([await sampleOf(gateway, 'loadstone_redis_up'), await sampleOf(gateway, 'loadstone_instances')]).toEqual([
      1, 1,
    ]);
  });

  test('goes on when Redis dies, within its share, and says so once', async () => {
    const redis = opened(await startRedis());
    const up = await provider();
    const text = config(up.url, `redis_url: "${redis.url}"`);
    const gateways = [await open(text, 2), await open(text, 2)];
    await untilAllSay(gateways, shared(2));
    await redis.kill();
    await untilAllSay(gateways, { redis: 'down' });
    expect(await hammer(gateways, 20)).toBeLessThanOrEqual(12);
    await redis.start();
    await untilAllSay(gateways, shared(2));
    await hammer(gateways, 20);
    expect(up.requests.length).toBeLessThanOrEqual(12);
    for (const gateway of gateways) expect(saidInTime(gateway)).toEqual([SHARED, DOWN, SHARED]);
  });

  test('keeps the limit when Redis forgets everything', async () => {
    const redis = opened(await startRedis());
    const up = await provider();
    const text = config(up.url, `redis_url: "${redis.url}"`);
    const gateways = [await open(text, 2), await open(text, 2)];
    await untilAllSay(gateways, shared(2));
    await hammer(gateways, 4);
    await redis.command('FLUSHALL');
    for (let round = 0; round < 5; round++) await hammer(gateways, 6);
    await expect.poll(() => hammer(gateways, 6).then(() => up.requests.length), PATIENCE).toBeGreaterThanOrEqual(10);
    expect(up.requests.length).toBeLessThanOrEqual(12);
  });

  test('that loses a thread goes on sharing, and gives the parallel slots of the dead one back to all', async () => {
    const redis = opened(await startRedis());
    const held = opened(await startHeldUpstream());
    const text = config(held.url, `redis_url: "${redis.url}"`, 'max_parallel_requests: 4');
    const gateways = [await open(text, 2), await open(text, 1)];
    await untilAllSay(gateways, shared(2));
    const [threads, lone] = gateways as [TestGateway, TestGateway];
    const lost = Array.from({ length: 12 }, () => ask(threads).catch(() => 0));
    await expect.poll(() => held.held(), PATIENCE).toBe(4);
    expect(await hammer([lone], 3)).toBe(0);
    await killThread(1);
    await killThread(2);
    expect((await Promise.all(lost)).filter((status) => status === 200)).toEqual([]);
    await untilAllSay(gateways, shared(2));
    const others = Array.from({ length: 12 }, () => ask(lone));
    await expect.poll(() => held.held(), PATIENCE).toBeGreaterThanOrEqual(3);
    expect(held.held()).toBeLessThanOrEqual(4);
    held.release();
    expect((await Promise.all(others)).filter((status) => status === 200).length).toBeGreaterThanOrEqual(3);
  });

  test('begins to share by a reload, goes to another Redis by the next, and ends it by a third', async () => {
    const [one, other] = [opened(await startRedis()), opened(await startRedis())];
    const up = await provider();
    const gateway = await open(config(up.url, 'redis_host: null'), 2);
    expect(await hammer([gateway], 3)).toBe(3);
    for (const { url } of [one, other]) {
      gateway.rewrite(config(up.url, `redis_url: "${url}"`));
      expect(await gateway.reload('admin')).toMatchObject({ kind: 'replaced' });
      const newcomer = await open(config(up.url, `redis_url: "${url}"`), 1);
      await untilAllSay([gateway, newcomer], shared(2));
      await newcomer.drain();
    }
    await untilAllSay([gateway], shared(1));
    gateway.rewrite(config(up.url, 'redis_host: null'));
    await gateway.reload('admin');
    const details = await fetch(`${gateway.url}/health/readiness/details`);
    expect(await details.json()).not.toHaveProperty('redis');
    for (let round = 0; round < 4; round++) await hammer([gateway], 6);
    expect(up.requests.length).toBeLessThanOrEqual(12);
    expect(up.requests.length).toBeGreaterThanOrEqual(11);
  });
});
