// 500 requests a second while the Redis over which limits are shared is killed, frozen and flushed: no request may fail,
// and none may notice by its latency.
import { Agent } from 'undici';
import { startFakeProvider } from '../../src/fake-provider/fake-provider.ts';
import { startRedis, type RedisServer } from '../support/redis-server.ts';
import { startGatewayChild } from './gateway-child.ts';
import type { SoakResult } from './result.ts';

export interface RedisOutagePlan {
  readonly perSecond: number;
  /** Of each phase. */
  readonly seconds: number;
  /** A phase of a few seconds is short for a 99th percentile: some 20 requests wait while everything is counted again. */
  readonly judgesLatency: boolean;
}

interface Phase {
  readonly name: string;
  /** As clients see it, a machine that is busy with other things included. */
  readonly durationsMs: number[];
  /** What the gateway says that it added, a wait for a unit of a limit included. */
  readonly addedMs: number[];
  failures: number;
  callsPerSecond: number;
}

const ADDED_HEADER = 'x-litellm-overhead-duration-ms';

const TICK_MS = 10;
const TOLERATED_MS = 2;
const MOST_CALLS_PER_SECOND = 20;
/** Five changes are made; a machine that is busy for a second makes some more. */
const MOST_LINES = 12;

/** What happens at the beginning of each phase; latencies are held against those of the first. */
const EVENTS: readonly (readonly [name: string, act: (redis: RedisServer) => unknown])[] = [
  ['healthy', () => undefined],
  ['killed', (redis) => redis.kill()],
  ['back, empty', (redis) => redis.start()],
  ['frozen', (redis) => redis.freeze()],
  ['thawed', (redis) => redis.thaw()],
  ['flushed', (redis) => redis.command('FLUSHALL')],
];

export async function soakRedisOutage(plan: RedisOutagePlan): Promise<SoakResult> {
  const provider = await startFakeProvider({ keepRequests: 0 });
  const redis = await startRedis();
  // The first command loads the client, which takes the requests' own thread for a while.
  await redis.command('PING');
  const changes: string[] = [];
  const gateway = await startGatewayChild(configOf(provider.url, redis.port), (line) => noteChange(changes, line));
  const agent = new Agent({ connections: 64, pipelining: 1 });
  const phases: Phase[] = [];
  await run(emptyPhase('warm-up'), { plan, url: gateway.url, agent });
  for (const [name, act] of EVENTS) {
    const phase = emptyPhase(name);
    phases.push(phase);
    const before = await scrape(gateway.url);
    const acting = act(redis);
    await run(phase, { plan, url: gateway.url, agent });
    await acting;
    const after = await scrape(gateway.url);
    phase.callsPerSecond = (redisCalls(after) - redisCalls(before)) / plan.seconds;
  }
  await agent.close();
  const exitCode = await gateway.stop();
  await Promise.all([redis.close(), provider.close()]);
  return judge(phases, { plan, changes, exitCode });
}

function configOf(url: string, redisPort: number): string {
  const entry = (id: string): string =>
    `- {model_name: m, litellm_params: {model: openai/${id}, api_base: "${url}/v1", api_key: k, rpm: 60000, tpm: 60000000}, model_info: {id: ${id}}}`;
  return [
    'model_list:',
    entry('a'),
    entry('b'),
    `router_settings: {redis_url: "redis://127.0.0.1:${redisPort}"}`,
    '',
  ].join('\n');
}

/** Lines about Redis: one for each change, however many requests there are. */
function noteChange(changes: string[], line: string): void {
  if (!line.includes('"redis":')) return;
  const { msg } = JSON.parse(line) as { msg: string };
  changes.push(msg);
}

interface Running {
  readonly plan: RedisOutagePlan;
  readonly url: string;
  readonly agent: Agent;
}

/** An open loop: requests come at their times, whether the ones before were answered or not. */
async function run(phase: Phase, { plan, url, agent }: Running): Promise<void> {
  const perTick = (plan.perSecond * TICK_MS) / 1_000;
  const underWay: Promise<void>[] = [];
  const beganAt = performance.now();
  for (let sent = 0; sent < plan.perSecond * plan.seconds;) {
    const due = Math.floor((performance.now() - beganAt) / TICK_MS + 1) * perTick;
    for (; sent < Math.min(due, plan.perSecond * plan.seconds); sent++) underWay.push(ask(phase, url, agent));
    await new Promise((resolve) => void setTimeout(resolve, TICK_MS));
  }
  await Promise.all(underWay);
}

async function ask(phase: Phase, url: string, agent: Agent): Promise<void> {
  const beganAt = performance.now();
  try {
    const { statusCode, headers, body } = await agent.request({
      origin: url,
      path: '/v1/chat/completions',
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"model": "m", "messages": [{"role": "user", "content": "x"}], "max_tokens": 16}',
    });
    await body.text();
    if (statusCode !== 200) phase.failures += 1;
    phase.addedMs.push(Number(headers[ADDED_HEADER]));
  } catch {
    phase.failures += 1;
  }
  phase.durationsMs.push(performance.now() - beganAt);
}

function emptyPhase(name: string): Phase {
  return { name, durationsMs: [], addedMs: [], failures: 0, callsPerSecond: Number.NaN };
}

async function scrape(url: string): Promise<string> {
  return (await fetch(`${url}/metrics`)).text();
}

function redisCalls(text: string): number {
  return Number(/^loadstone_redis_calls_total (\d+)/m.exec(text)?.[1] ?? Number.NaN);
}

interface Circumstances {
  readonly plan: RedisOutagePlan;
  readonly changes: readonly string[];
  readonly exitCode: number | null;
}

function judge(phases: readonly Phase[], { plan, changes, exitCode }: Circumstances): SoakResult {
  const requests = phases.reduce((sum, { durationsMs }) => sum + durationsMs.length, 0);
  const before = quantile(phases[0]?.addedMs ?? [], 0.99);
  const failures = phases.flatMap((phase) => [
    ...(phase.failures > 0 ? [`${phase.name}: ${phase.failures} requests failed`] : []),
    ...(!plan.judgesLatency || quantile(phase.addedMs, 0.99) <= before + TOLERATED_MS
      ? []
      : [`${phase.name}: p99 of what is added ${inMs(phase.addedMs, 0.99)}, ${before.toFixed(2)} ms before`]),
    ...(phase.callsPerSecond <= MOST_CALLS_PER_SECOND ? [] : [`${phase.name}: ${phase.callsPerSecond} calls a second`]),
  ]);
  return {
    name: `${requests} requests at ${plan.perSecond} a second while Redis is killed, frozen and flushed`,
    figures: [
      ...phases.map(
        (phase) =>
          `${phase.name}: ${phase.failures} failed; added p50 ${inMs(phase.addedMs, 0.5)}, p99 ${inMs(phase.addedMs, 0.99)}, ` +
          `p99.9 ${inMs(phase.addedMs, 0.999)}; ` +
          `clients saw p50 ${inMs(phase.durationsMs, 0.5)}, p99 ${inMs(phase.durationsMs, 0.99)}; ` +
          `${phase.callsPerSecond.toFixed(1)} calls to Redis a second`,
      ),
      `lines in the log about Redis: ${changes.length}`,
    ],
    failures: [
      ...failures,
      ...(changes.length <= MOST_LINES ? [] : [`${changes.length} lines in the log about Redis`]),
      ...(exitCode === 0 ? [] : [`the gateway ended with ${exitCode}`]),
    ],
  };
}

function inMs(values: readonly number[], share: number): string {
  return `${quantile(values, share).toFixed(2)} ms`;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
}
