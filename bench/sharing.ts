// What sharing limits costs: the same gateway under the same load, without Redis and with a healthy one, in turns. Prints
// the ratio of CPU per request. Needs the built bundle and redis-server.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load, smallBody } from './load.ts';
import { cpuMicros, residentBytes, start, type Started } from './process.ts';

const KEY = 'sk-bench-0123456789abcdef';
const MODEL = 'gpt-3.5-turbo';
const CONNECTIONS = 32;
const DEPLOYMENTS = 100;
const PORTS = { mock: 9321, redis: 9322, alone: 9323, shared: 9324 };
/** Turns of each, many and short: what one measures differs by some percent on a machine that does other things. */
const ROUNDS = process.argv.includes('--quick') ? 3 : 15;
const SECONDS = 2;
/** Each engine has to find and compile what is hot. */
const WARM_SECONDS = process.argv.includes('--quick') ? 5 : 10;
const here = import.meta.dirname;

interface Cost {
  readonly micros: number;
  readonly requests: number;
  readonly errors: number;
}

export async function benchSharing(): Promise<Record<string, unknown>> {
  const folder = mkdtempSync(join(tmpdir(), 'loadstone-bench-'));
  const started: Started[] = [];
  try {
    started.push(
      await start([process.execPath, join(here, 'plain-mock.mjs'), String(PORTS.mock)], { port: PORTS.mock }),
    );
    const redis = ['redis-server', '--port', String(PORTS.redis), '--bind', '127.0.0.1', '--save', '', '--dir', folder];
    started.push(await start(redis, { port: PORTS.redis }));
    const alone = await start(command(folder, PORTS.alone, []), { port: PORTS.alone });
    const shared = await start(command(folder, PORTS.shared, [`  redis_url: redis://127.0.0.1:${PORTS.redis}`]), {
      port: PORTS.shared,
    });
    started.push(alone, shared);
    return { sharing: await compare(alone, shared) };
  } finally {
    await Promise.all(started.map((process_) => process_.stop()));
  }
}

/** In turns, so that what else the machine does falls on both. */
async function compare(alone: Started, shared: Started) {
  for (const target of [alone, shared]) await measure(target, WARM_SECONDS);
  const ratios: number[] = [];
  const costs: Cost[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = await measure(alone);
    const withRedis = await measure(shared);
    const after = await measure(alone);
    const without = (perRequest(before) + perRequest(after)) / 2;
    costs.push(before, withRedis, after);
    ratios.push(perRequest(withRedis) / without);
    console.log(
      `  without Redis ${without.toFixed(1)} us, with ${perRequest(withRedis).toFixed(1)} us per request = ` +
        `${(ratios.at(-1) ?? 0).toFixed(3)} x`,
    );
  }
  const ratio = ratios.toSorted((one, other) => one - other)[ROUNDS >> 1] ?? Number.NaN;
  const calls = await redisCalls();
  const errors = costs.reduce((sum, cost) => sum + cost.errors, 0);
  const memoryMb = { alone: residentBytes(alone.pid) / 1e6, shared: residentBytes(shared.pid) / 1e6 };
  console.log(
    `CPU per request with a healthy Redis: ${ratio.toFixed(3)} x (median of ${ROUNDS}), ${calls.toFixed(1)} calls to ` +
      `Redis a second, ${errors} errors; resident ${memoryMb.alone.toFixed(0)} MB without, ${memoryMb.shared.toFixed(0)} MB with`,
  );
  return { ratio, ratios, callsPerSecond: calls, errors, memoryMb };
}

function perRequest({ micros, requests }: Cost): number {
  return micros / requests;
}

async function measure(target: Started, seconds = SECONDS): Promise<Cost> {
  const before = cpuMicros(target.pid);
  const url = `http://127.0.0.1:${target.port}/v1/chat/completions`;
  const result = await load({ url, body: smallBody(MODEL), key: KEY, connections: CONNECTIONS, seconds });
  return { micros: cpuMicros(target.pid) - before, requests: result.requests, errors: result.errors };
}

/** By the gateway's own metric, under load. */
async function redisCalls(): Promise<number> {
  const count = async (): Promise<number> => {
    const headers = { authorization: `Bearer ${KEY}` };
    const text = await (await fetch(`http://127.0.0.1:${PORTS.shared}/metrics`, { headers })).text();
    return Number(/^loadstone_redis_calls_total (\d+)/m.exec(text)?.[1] ?? Number.NaN);
  };
  const [before, beganAt] = [await count(), performance.now()];
  const url = `http://127.0.0.1:${PORTS.shared}/v1/chat/completions`;
  await load({ url, body: smallBody(MODEL), key: KEY, connections: CONNECTIONS, seconds: SECONDS });
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
