// Redis in every kind of trouble, with two gateways that share a limit over it: requests go on, the limit holds, each
// change is one line in the log, and recovery needs nobody.
import { describe, expect, test } from 'vitest';
import { startFakeProvider, type FakeProvider } from '../../src/fake-provider/fake-provider.ts';
import { opened } from '../support/opened.ts';
import { isRedisMissing, startRedis, type RedisServer } from '../support/redis-server.ts';
import { DOWN, said, saidInTime, SHARED, SLOW } from '../support/sharing-lines.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

const isMissing = isRedisMissing();
const PASSWORD = 'sesame-4711-open';
const LIMIT = 12;
/** Half of it each. */
const SHARE = LIMIT / 2;
const PATIENCE = { timeout: 15_000, interval: 20 };

interface Scene {
  readonly redis: RedisServer;
  readonly proxy: TcpProxy;
  readonly provider: FakeProvider;
  readonly gateways: readonly TestGateway[];
}

function configOf(provider: FakeProvider, redisPort: number): string {
  return `
model_list:
- {model_name: m, litellm_params: {model: openai/m, api_base: "${provider.url}/v1", api_key: k, rpm: ${LIMIT}}, model_info: {id: m}}
router_settings:
  {num_retries: 0, redis_host: 127.0.0.1, redis_port: ${redisPort}, redis_username: gateway, redis_password: ${PASSWORD}}
`;
}

async function allow(redis: RedisServer, password: string): Promise<void> {
  await redis.command('ACL', 'SETUSER', 'gateway', 'on', 'resetpass', `>${password}`, '~*', '+@all');
}

async function stage(): Promise<Scene> {
  const redis = opened(await startRedis());
  await allow(redis, PASSWORD);
  const proxy = opened(await startTcpProxy(redis.port));
  const provider = opened(await startFakeProvider());
  const gateways = await Promise.all(
    [0, 1].map(async () => {
      const gateway = await startGateway(configOf(provider, proxy.port));
      opened({ close: () => gateway.drain() });
      return gateway;
    }),
  );
  return { redis, proxy, provider, gateways };
}

async function readiness(gateway: TestGateway): Promise<Record<string, unknown>> {
  const response = await fetch(`${gateway.url}/health/readiness/details`);
  expect(response.status).toBe(200);
  return (await response.json()) as Record<string, unknown>;
}

async function untilShared(gateways: readonly TestGateway[]): Promise<void> {
  for (const gateway of gateways) {
    await expect
      .poll(() => readiness(gateway), PATIENCE)
      .toMatchObject({ redis: 'up', redis_details: { instances: gateways.length } });
  }
}

async function untilState(gateways: readonly TestGateway[], state: string): Promise<void> {
  for (const gateway of gateways) await expect.poll(() => readiness(gateway), PATIENCE).toMatchObject({ redis: state });
}

/** `count` requests to each gateway, one after the other; how many were served. */
async function hammer(gateways: readonly TestGateway[], count: number): Promise<number[]> {
  return Promise.all(
    gateways.map(async ({ url }) => {
      let served = 0;
      for (let nth = 0; nth < count; nth++) {
        const response = await fetch(`${url}/v1/chat/completions`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: '{"model": "m", "messages": [{"role": "user", "content": "x"}]}',
        });
        await response.text();
        if (response.status === 200) served += 1;
        else expect([response.status, Number(response.headers.get('retry-after')) >= 1]).toEqual([429, true]);
      }
      return served;
    }),
  );
}

interface Trouble {
  readonly name: string;
  readonly cause: (scene: Scene) => unknown;
  readonly cure: (scene: Scene) => unknown;
  /** What readiness says meanwhile, and the log once. */
  readonly state: 'down' | 'slow';
}

const TROUBLES: readonly Trouble[] = [
  { name: 'killed', cause: ({ redis }) => redis.kill(), cure: comesBack, state: 'down' },
  { name: 'frozen', cause: ({ redis }) => redis.freeze(), cure: ({ redis }) => redis.thaw(), state: 'down' },
  {
    name: 'slow',
    cause: ({ proxy }) => (proxy.delayMs = 200),
    cure: ({ proxy }) => (proxy.delayMs = 0),
    state: 'slow',
  },
  {
    name: 'a read-only replica after a failover',
    cause: ({ redis }) => redis.command('REPLICAOF', '127.0.0.1', '1'),
    cure: ({ redis }) => redis.command('REPLICAOF', 'NO', 'ONE'),
    state: 'down',
  },
  {
    name: 'out of memory',
    cause: ({ redis }) => redis.command('CONFIG', 'SET', 'maxmemory', '1'),
    cure: ({ redis }) => redis.command('CONFIG', 'SET', 'maxmemory', '0'),
    state: 'down',
  },
  {
    name: 'behind another password',
    cause: async ({ redis, proxy }) => {
      await allow(redis, 'other');
      proxy.cut();
    },
    cure: ({ redis }) => allow(redis, PASSWORD),
    state: 'down',
  },
];

async function comesBack({ redis }: Scene): Promise<void> {
  await redis.start();
  await allow(redis, PASSWORD);
}

describe.skipIf(isMissing)('a Redis that is', () => {
  test.for(TROUBLES)('$name', async ({ cause, cure, state }) => {
    const scene = await stage();
    const { gateways, provider } = scene;
    await untilShared(gateways);
    expect(await hammer(gateways, 2)).toEqual([2, 2]);
    await cause(scene);
    await untilState(gateways, state);
    const meanwhile = await hammer(gateways, LIMIT);
    for (const served of meanwhile) expect(served).toBeLessThanOrEqual(state === 'down' ? SHARE - 2 : LIMIT - 4);
    expect(meanwhile.reduce((sum, served) => sum + served)).toBeGreaterThan(0);
    await cure(scene);
    await untilShared(gateways);
    await hammer(gateways, LIMIT);
    expect(provider.requests.length).toBeLessThanOrEqual(LIMIT);
    expect(provider.requests.length).toBeGreaterThanOrEqual(LIMIT - gateways.length);
    for (const gateway of gateways) {
      expect(state === 'down' ? saidInTime(gateway) : said(gateway)).toEqual([
        SHARED,
        state === 'down' ? DOWN : SLOW,
        SHARED,
      ]);
      expect(JSON.stringify([gateway.lines(), await readiness(gateway)])).not.toContain(PASSWORD);
    }
  });
});

describe.skipIf(isMissing)('a Redis that has forgotten', () => {
  test.for([
    ['everything', (redis: RedisServer) => redis.command('FLUSHALL')],
    ['its scripts', (redis: RedisServer) => redis.command('SCRIPT', 'FLUSH')],
  ] as const)('%s', async ([, forget]) => {
    const { redis, gateways, provider } = await stage();
    await untilShared(gateways);
    await hammer(gateways, LIMIT);
    expect(provider.requests.length).toBeGreaterThanOrEqual(LIMIT - gateways.length);
    await forget(redis);
    await hammer(gateways, LIMIT);
    await untilShared(gateways);
    await hammer(gateways, LIMIT);
    expect(provider.requests.length).toBeLessThanOrEqual(LIMIT);
    expect(provider.requests.length).toBeGreaterThanOrEqual(LIMIT - gateways.length);
    for (const gateway of gateways) expect(saidInTime(gateway)).toEqual([SHARED]);
  });

  test('what happened since, because it was a replica that had not heard of it', async () => {
    const { redis, proxy, gateways, provider } = await stage();
    await untilShared(gateways);
    const replica = opened(await startRedis());
    await allow(replica, PASSWORD);
    await hammer(gateways, 1);
    await replica.command('REPLICAOF', '127.0.0.1', String(redis.port));
    await expect.poll(() => replica.command('INFO', 'replication'), PATIENCE).toContain('master_link_status:up');
    await replica.command('REPLICAOF', 'NO', 'ONE');
    await hammer(gateways, LIMIT);
    await redis.kill();
    proxy.target = replica.port;
    proxy.cut();
    await hammer(gateways, LIMIT);
    await untilShared(gateways);
    await hammer(gateways, LIMIT);
    expect(provider.requests.length).toBeLessThanOrEqual(LIMIT);
    expect(provider.requests.length).toBeGreaterThanOrEqual(LIMIT - gateways.length);
  });
});

test.skipIf(isMissing)('a Redis that is not there yet keeps nobody from starting', async () => {
  const redis = opened(await startRedis());
  await redis.kill();
  const provider = opened(await startFakeProvider());
  const gateway = await startGateway(configOf(provider, redis.port));
  opened({ close: () => gateway.drain() });
  expect(await hammer([gateway], 3)).toEqual([3]);
  await untilState([gateway], 'down');
  expect(await readiness(gateway)).toMatchObject({ status: 'healthy', redis_details: { instances: 1 } });
  expect(JSON.stringify(await readiness(gateway))).toContain('ECONNREFUSED');
  await comesBack({ redis, proxy: await startTcpProxy(redis.port).then(opened), provider, gateways: [gateway] });
  await untilShared([gateway]);
  await hammer([gateway], LIMIT);
  expect(provider.requests.length).toBeLessThanOrEqual(LIMIT);
  expect(saidInTime(gateway)).toEqual([DOWN, SHARED]);
});
