// Limits that several real processes share over a real Redis, all hammered, while Redis loses its memory in every way:
// never more than the limit in any 60 s, and hardly ever less.
import { startFakeProvider, type FakeProvider } from '../../src/fake-provider/fake-provider.ts';
import { startRedis, type RedisServer } from '../support/redis-server.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { startGatewayChild, type GatewayChild } from './gateway-child.ts';
import { leastWithin, mostWithin } from './limit-windows.ts';
import type { SoakResult } from './result.ts';

export interface SharedLimitsPlan {
  /** How long nothing happens before each loss of memory, and after the last. */
  readonly calmSeconds: number;
  /** Processes that share; one fleet for each number. */
  readonly fleets: readonly number[];
  readonly losses: readonly Loss[];
}

/** What Redis goes through. */
export type Loss = 'flush' | 'restart' | 'failover';

const LIMITS = [60, 6] as const;
/** Between two requests of one client for one model. */
const HAMMER_MS = 100;
const WINDOW_MS = 60_000;
/** Who is refused while an answer is late is told when the instance may go on alone, and the ledger may say otherwise. */
const UNTRUE_SHARE = 0.05;
/** Between the dispatch and the upstream's clock. */
const TOLERANCE_MS = 100;
const FULL_WINDOW_MS = 62_000;

interface Refusal {
  readonly atMs: number;
  readonly retryAfterMs: number;
}

/** One limit of one fleet. */
interface Meter {
  readonly instances: number;
  readonly limit: number;
  readonly model: string;
  readonly dispatchedMs: number[];
  readonly refusals: Refusal[];
  readonly problems: Map<string, number>;
}

export async function soakSharedLimits(plan: SharedLimitsPlan): Promise<SoakResult> {
  const provider = await startFakeProvider({ keepRequests: 1_000_000 });
  const redis = await startRedis();
  const proxy = await startTcpProxy(redis.port);
  const meters = plan.fleets.flatMap((instances) => LIMITS.map((limit) => meterOf(instances, limit)));
  const gateways = await startFleets(meters, { provider, proxy });
  const span = { fromMs: Date.now(), untilMs: 0 };
  const stop = hammer(gateways, meters);
  const spare = await loseMemory(plan, { redis, proxy });
  span.untilMs = Date.now();
  await stop();
  const exits = await Promise.all(gateways.map(({ child }) => child.stop()));
  await Promise.all([proxy.close(), redis.close(), spare?.close()]);
  const upstream = new Map(meters.map(({ model }) => [model, arrivals(provider, model)]));
  await provider.close();
  return judge({ plan, meters, upstream, span, exits });
}

function meterOf(instances: number, limit: number): Meter {
  const model = `fleet-${instances}-rpm-${limit}`;
  return { instances, limit, model, dispatchedMs: [], refusals: [], problems: new Map() };
}

function arrivals(provider: FakeProvider, model: string): number[] {
  return provider.requests.filter((request) => request.model === model).map(({ atMs }) => atMs);
}

interface FleetGateway {
  readonly instances: number;
  readonly child: GatewayChild;
}

interface Surroundings {
  readonly provider: FakeProvider;
  readonly proxy: TcpProxy;
}

async function startFleets(meters: readonly Meter[], { provider, proxy }: Surroundings): Promise<FleetGateway[]> {
  const fleets = new Set(meters.map(({ instances }) => instances));
  const all: Promise<FleetGateway>[] = [];
  for (const instances of fleets) {
    const own = meters.filter((meter) => meter.instances === instances);
    const text = configOf(own, { url: provider.url, redisPort: proxy.port });
    const read = (line: string): void => noteDispatch(own, line);
    for (let nth = 0; nth < instances; nth++) {
      all.push(startGatewayChild(text, read).then((child) => ({ instances, child })));
    }
  }
  return Promise.all(all);
}

function configOf(meters: readonly Meter[], at: { readonly url: string; readonly redisPort: number }): string {
  const [first] = meters;
  return [
    'model_list:',
    ...meters.map(
      ({ model, limit }) =>
        `- {model_name: ${model}, litellm_params: {model: openai/${model}, api_base: "${at.url}/v1", api_key: k, rpm: ${limit}}, model_info: {id: ${model}}}`,
    ),
    'litellm_settings: {set_verbose: true}',
    `router_settings: {num_retries: 0, redis_host: 127.0.0.1, redis_port: ${at.redisPort}, redis_namespace: fleet-${first?.instances}}`,
    '',
  ].join('\n');
}

/** The line of an attempt is written when it ends, and says how long it took. */
function noteDispatch(meters: readonly Meter[], line: string): void {
  if (!line.includes('"msg":"attempt"')) return;
  const { time, ms, deployment } = JSON.parse(line) as { time: string; ms: number; deployment: string };
  meters.find(({ model }) => model === deployment)?.dispatchedMs.push(Date.parse(time) - ms);
}

/** Every client asks every gateway for every model of its fleet, again and again; returns how to stop. */
function hammer(gateways: readonly FleetGateway[], meters: readonly Meter[]): () => Promise<void> {
  let isOver = false;
  const clients = gateways.flatMap(({ instances, child }) =>
    meters
      .filter((meter) => meter.instances === instances)
      .map(async (meter) => {
        while (!isOver) {
          await ask(child.url, meter);
          await pause(HAMMER_MS);
        }
      }),
  );
  return async () => {
    isOver = true;
    await Promise.all(clients);
  };
}

async function ask(url: string, meter: Meter): Promise<void> {
  const note = (problem: string): void => void meter.problems.set(problem, (meter.problems.get(problem) ?? 0) + 1);
  try {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: meter.model, messages: [{ role: 'user', content: 'x' }] }),
    });
    await response.text();
    if (response.status === 200) return;
    const retryAfter = Number(response.headers.get('retry-after'));
    if (response.status !== 429) note(`status ${response.status}`);
    else if (!(retryAfter >= 1)) note(`429 with Retry-After ${response.headers.get('retry-after')}`);
    else meter.refusals.push({ atMs: Date.now(), retryAfterMs: retryAfter * 1_000 });
  } catch (error) {
    note(error instanceof Error ? error.message : String(error));
  }
}

/** Returns the server that took over, if one did. */
async function loseMemory(
  plan: SharedLimitsPlan,
  { redis, proxy }: { readonly redis: RedisServer; readonly proxy: TcpProxy },
): Promise<RedisServer | undefined> {
  const calm = (): Promise<void> => pause(plan.calmSeconds * 1_000);
  let spare: RedisServer | undefined;
  for (const loss of plan.losses) {
    await calm();
    const primary = spare ?? redis;
    if (loss === 'flush') await primary.command('FLUSHALL');
    else if (loss === 'restart') {
      await primary.kill();
      await primary.start();
    } else {
      spare = await failOver(primary, { proxy, staleMs: 20_000 });
    }
  }
  await calm();
  return spare;
}

/** A replica that has heard nothing for a while becomes the primary. */
async function failOver(
  primary: RedisServer,
  { proxy, staleMs }: { readonly proxy: TcpProxy; readonly staleMs: number },
): Promise<RedisServer> {
  const replica = await startRedis();
  await replica.command('REPLICAOF', '127.0.0.1', String(primary.port));
  while (!String(await replica.command('INFO', 'replication')).includes('master_link_status:up')) await pause(50);
  await replica.command('REPLICAOF', 'NO', 'ONE');
  await pause(staleMs);
  await primary.kill();
  proxy.target = replica.port;
  proxy.cut();
  return replica;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}

interface Evidence {
  readonly plan: SharedLimitsPlan;
  readonly meters: readonly Meter[];
  readonly upstream: ReadonlyMap<string, readonly number[]>;
  readonly span: { readonly fromMs: number; readonly untilMs: number };
  readonly exits: readonly (number | null)[];
}

function judge({ plan, meters, upstream, span, exits }: Evidence): SoakResult {
  const seconds = Math.round((span.untilMs - span.fromMs) / 1_000);
  const judged = meters.map((meter) => judgeMeter(meter, upstream.get(meter.model) ?? [], span));
  return {
    name: `limits shared by ${plan.fleets.join(' and ')} processes for ${seconds} s, Redis: ${plan.losses.join(', ') || 'healthy'}`,
    figures: judged.flatMap(({ figures }) => figures),
    failures: [
      ...judged.flatMap(({ failures }) => failures),
      ...(exits.every((code) => code === 0) ? [] : [`gateways ended with ${exits.join(', ')}`]),
    ],
  };
}

function judgeMeter(meter: Meter, arrivedMs: readonly number[], span: Evidence['span']) {
  const { model, limit, instances, refusals } = meter;
  const dispatched = meter.dispatchedMs.toSorted((one, other) => one - other);
  const most = mostWithin(dispatched, WINDOW_MS);
  const mostUpstream = mostWithin(arrivedMs, WINDOW_MS - TOLERANCE_MS);
  const least = leastWithin(dispatched, FULL_WINDOW_MS, span);
  const untrue = refusals.filter((refusal) => !isTrue(refusal, dispatched, span.untilMs));
  const failures = [
    ...(most > limit ? [`${model}: ${most} dispatched in 60 s`] : []),
    ...(mostUpstream > limit ? [`${model}: ${mostUpstream} upstream in 60 s`] : []),
    ...(least !== undefined && least < limit - instances ? [`${model}: only ${least} dispatched in some 62 s`] : []),
    ...(untrue.length > UNTRUE_SHARE * refusals.length
      ? [`${model}: ${untrue.length} of ${refusals.length} Retry-After were not true`]
      : []),
    ...(refusals.length === 0 ? [`${model}: nobody was refused`] : []),
    ...[...meter.problems].map(([problem, count]) => `${model}: ${count} × ${problem}`),
  ];
  const figures = [
    `${model}: ${dispatched.length} dispatched, at most ${most} (upstream ${mostUpstream}) in any 60 s, at least ` +
      `${least ?? 'unknown'} in any 62 s; ${refusals.length} refused, ` +
      `${untrue.length} of them with a Retry-After that was too short${momentsOf(untrue, span.fromMs)}`,
  ];
  return { figures, failures };
}

const MOMENTS_SHOWN = 5;

function momentsOf(refusals: readonly Refusal[], fromMs: number): string {
  const shown = refusals.slice(0, MOMENTS_SHOWN);
  const moment = ({ atMs, retryAfterMs }: Refusal): string =>
    `${retryAfterMs / 1_000} s after ${((atMs - fromMs) / 1_000).toFixed(1)} s`;
  return shown.length === 0 ? '' : ` (${shown.map(moment).join(', ')})`;
}

/** Whoever comes back when it was told to finds that somebody was served since: a unit had come free. */
function isTrue({ atMs, retryAfterMs }: Refusal, dispatched: readonly number[], untilMs: number): boolean {
  const backMs = atMs + retryAfterMs + 1_000;
  return backMs > untilMs || dispatched.some((at) => at > atMs && at <= backMs);
}
