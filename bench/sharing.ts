// What sharing limits costs: the same gateway under the same load, without Redis and with a healthy one, in turns. Prints
// the ratio of CPU per request. Needs the built bundle and redis-server.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load, smallBody, type LoadResult } from './load.ts';
import { median } from './median.ts';
import { cpuMicros, residentBytes, start, type Started } from './process.ts';

const KEY = 'sk-bench-0123456789abcdef';
const MODEL = 'gpt-3.5-turbo';
const CONNECTIONS = 32;
const DEPLOYMENTS = 100;
const PORTS = { mock: 9321, redis: 9322, alone: 9323, shared: 9324 };
const isQuick = process.argv.includes('--quick');
/** Two starts of one program differ, by up to a third, for as long as they run. */
const STARTS = isQuick ? 1 : 5;
/** Of each start, many and short: what one round measures differs by some percent on a machine that does other things. */
const ROUNDS = 3;
const SECONDS = 2;
/**
 * Load before each round, not measured. What is used of each limit is an average over two seconds: until that has come up
 * after a pause, units run short, and up to three times the calls are made.
 */
const LEAD_SECONDS = isQuick ? 2 : 4;
/** Each engine has to find and compile what is hot. */
const WARM_SECONDS = isQuick ? 5 : 8;
const here = import.meta.dirname;

interface Cost {
  readonly micros: number;
  readonly requests: number;
  readonly errors: number;
}

/** What one start of both gateways showed. */
interface Measured {
  readonly ratios: readonly number[];
  readonly callsPerSecond: number;
  readonly errors: number;
  readonly memoryMb: { readonly alone: number; readonly shared: number };
}

/** Needs the built bundle and redis-server; takes six minutes, or one with `--quick`. */
export async function benchSharing(): Promise<Record<string, unknown>> {
  const folder = mkdtempSync(join(tmpdir(), 'loadstone-bench-'));
  const started: Started[] = [];
  try {
    started.push(
      await start([process.execPath, join(here, 'plain-mock.mjs'), String(PORTS.mock)], { port: PORTS.mock }),
    );
    const redis = ['redis-server', '--port', String(PORTS.redis), '--bind', '127.0.0.1', '--save', '', '--dir', folder];
    started.push(await start(redis, { port: PORTS.redis }));
    const measured: Measured[] = [];
    for (let nth = 0; nth < STARTS; nth++) measured.push(await measureStart(folder));
    return { sharing: report(measured) };
  } finally {
    await Promise.all(started.map((process_) => process_.stop()));
  }
}

async function measureStart(folder: string): Promise<Measured> {
  const alone = await start(command(folder, PORTS.alone, []), { port: PORTS.alone });
  const shared = await start(command(folder, PORTS.shared, [`  redis_url: redis://127.0.0.1:${PORTS.redis}`]), {
    port: PORTS.shared,
  });
  try {
    return await compare(alone, shared);
  } finally {
    await Promise.all([alone.stop(), shared.stop()]);
  }
}

/** In turns, so that what else the machine does falls on both. */
async function compare(alone: Started, shared: Started): Promise<Measured> {
  for (const target of [alone, shared]) await send(target, WARM_SECONDS);
  const without: number[] = [];
  const sharing: number[] = [];
  const ratios: number[] = [];
  let errors = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const before = await measure(alone);
    const withRedis = await measure(shared);
    const after = await measure(alone);
    const base = (perRequest(before) + perRequest(after)) / 2;
    without.push(base);
    sharing.push(perRequest(withRedis));
    ratios.push(perRequest(withRedis) / base);
    errors += before.errors + withRedis.errors + after.errors;
  }
  console.log(
    `  without Redis ${median(without).toFixed(1)} us, with ${median(sharing).toFixed(1)} us per request = ` +
      `${median(ratios).toFixed(3)} x`,
  );
  return {
    ratios,
    callsPerSecond: await redisCalls(shared),
    errors,
    memoryMb: { alone: residentBytes(alone.pid) / 1e6, shared: residentBytes(shared.pid) / 1e6 },
  };
}

function report(measured: readonly Measured[]) {
  const ratio = median(measured.flatMap(({ ratios }) => ratios));
  const callsPerSecond = Math.max(...measured.map((start_) => start_.callsPerSecond));
  const errors = measured.reduce((sum, start_) => sum + start_.errors, 0);
  const alone = median(measured.map(({ memoryMb }) => memoryMb.alone));
  const shared = median(measured.map(({ memoryMb }) => memoryMb.shared));
  console.log(
    `CPU per request with a healthy Redis: ${ratio.toFixed(3)} x (median of ${measured.length} starts of ${ROUNDS} rounds), ` +
      `at most ${callsPerSecond.toFixed(1)} calls to Redis a second, ${errors} errors; ` +
      `resident ${alone.toFixed(0)} MB without, ${shared.toFixed(0)} MB with`,
  );
  return {
    ratio,
    starts: measured.map(({ ratios }) => median(ratios)),
    callsPerSecond,
    errors,
    memoryMb: { alone, shared },
  };
}

function perRequest({ micros, requests }: Cost): number {
  return micros / requests;
}

async function measure(target: Started): Promise<Cost> {
  await send(target, LEAD_SECONDS);
  const before = cpuMicros(target.pid);
  const result = await send(target, SECONDS);
  return { micros: cpuMicros(target.pid) - before, requests: result.requests, errors: result.errors };
}

function send({ port }: Started, seconds: number): Promise<LoadResult> {
  const url = `http://127.0.0.1:${port}/v1/chat/completions`;
  return load({ url, body: smallBody(MODEL), key: KEY, connections: CONNECTIONS, seconds });
}

/** By the gateway's own metric, under load. */
async function redisCalls(shared: Started): Promise<number> {
  const count = async (): Promise<number> => {
    const headers = { authorization: `Bearer ${KEY}` };
    const text = await (await fetch(`http://127.0.0.1:${PORTS.shared}/metrics`, { headers })).text();
    return Number(/^loadstone_redis_calls_total (\d+)/m.exec(text)?.[1] ?? Number.NaN);
  };
  const [before, beganAt] = [await count(), performance.now()];
  await send(shared, SECONDS);
  return ((await count()) - before) / ((performance.now() - beganAt) / 1_000);
}

function command(folder: string, port: number, settings: readonly string[]): string[] {
  const config = join(folder, `config-${port}.yaml`);
  const deployments = Array.from({ length: DEPLOYMENTS }, (_, i) =>
    [
      `  - model_name: ${MODEL}`,
      '    litellm_params:',
      `      model: azure/gpt-turbo-${i}`,
      `      api_base: http://127.0.0.1:${PORTS.mock}/`,
      `      api_key: key-${i}`,
      '      rpm: 100000000',
    ].join('\n'),
  );
  const text = ['model_list:', ...deployments, 'general_settings:', `  master_key: ${KEY}`, ''];
  const router = settings.length === 0 ? [] : ['router_settings:', ...settings, ''];
  writeFileSync(config, [...text, ...router].join('\n'));
  const main = join(here, '..', 'dist', 'main.js');
  return [process.execPath, main, '--config', config, '--port', String(port), '--host', '127.0.0.1'];
}
