// The gateway's part of the benchmark: the floor, nginx where it is installed, and Loadstone with 100 deployments,
// authentication, metrics and logging on, side by side in one run. Prints ratios to the floor.
import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { largeBody, load, smallBody, type LoadResult } from './load.ts';
import { nginxCommand } from './nginx.ts';
import { cpuMicros, residentBytes, start, type Started } from './process.ts';

const KEY = 'sk-bench-0123456789abcdef';
const MODEL = 'gpt-3.5-turbo';
const CONNECTIONS = 32;
const PORTS = { mock: 9301, streamMock: 9302, floor: 9310, floorStream: 9311, nginx: 9312, gateway: 9313 };
const here = import.meta.dirname;
const node = process.execPath;
const seconds = process.argv.includes('--quick') ? 2 : 5;

interface Figure {
  readonly cpuMicrosPerRequest: number;
  readonly perSecond: number;
  readonly errors: number;
}

const bodies: ReadonlyArray<readonly [string, string]> = [
  ['0.3 kB', smallBody(MODEL)],
  ['10 kB', largeBody(MODEL, 10, 'lines')],
  ['300 kB plain', largeBody(MODEL, 300, 'plain')],
  ['300 kB lines', largeBody(MODEL, 300, 'lines')],
  ['300 kB quotes', largeBody(MODEL, 300, 'quotes')],
];

/** Needs the built bundle; takes about four minutes, or one with `--quick`. */
export async function benchGateway(): Promise<Record<string, unknown>> {
  const folder = mkdtempSync(join(tmpdir(), 'loadstone-bench-'));
  const mock = await start([node, join(here, 'plain-mock.mjs'), String(PORTS.mock)], { port: PORTS.mock });
  const streamMock = await start([node, yardstick('stream-mock.mjs'), String(PORTS.streamMock)], {
    port: PORTS.streamMock,
  });
  const started: Started[] = [mock, streamMock];
  try {
    const results: Record<string, unknown> = {};
    results['start_ms'] = await timeToFirstAnswer(folder);
    const floor = await start([node, yardstick('floor.mjs'), String(PORTS.floor)], {
      port: PORTS.floor,
      env: { UPSTREAM: `http://127.0.0.1:${PORTS.mock}` },
    });
    const floorStream = await start([node, yardstick('floor-stream.mjs'), String(PORTS.floorStream)], {
      port: PORTS.floorStream,
      env: { UPSTREAM: `http://127.0.0.1:${PORTS.streamMock}` },
    });
    const gateway = await start(gatewayCommand(folder), { port: PORTS.gateway });
    started.push(floor, floorStream, gateway);
    const nginx = await startNginx(folder);
    if (nginx !== undefined) started.push(nginx);
    results['resident_mb'] = idleMemory({ floor, gateway });
    results['plain'] = await plainTable({ floor, gateway, nginx });
    results['latency'] = await latencyTable({ mock, gateway });
    results['stream'] = await streamTable({ floorStream, gateway });
    return results;
  } finally {
    await Promise.all(started.map((process_) => process_.stop()));
  }
}

async function plainTable(targets: { floor: Started; gateway: Started; nginx: Started | undefined }) {
  console.log(`\nCPU per request, ${CONNECTIONS} connections (ratio to the floor of the same size)`);
  const rows: Record<string, Record<string, Figure | number>> = {};
  for (const [size, body] of bodies) {
    const before = await measure(targets.floor, body);
    const gateway = await measure(targets.gateway, body);
    const nginx = targets.nginx === undefined ? undefined : await measure(targets.nginx, body);
    const after = await measure(targets.floor, body);
    const floor = (before.cpuMicrosPerRequest + after.cpuMicrosPerRequest) / 2;
    const ratio = gateway.cpuMicrosPerRequest / floor;
    rows[size] = { floorBefore: before, floorAfter: after, gateway, ratio, ...(nginx === undefined ? {} : { nginx }) };
    const nginxText = nginx === undefined ? '' : `  nginx ${(nginx.cpuMicrosPerRequest / floor).toFixed(2)} x`;
    console.log(
      `  ${size.padEnd(14)} floor ${floor.toFixed(1)} us (${before.cpuMicrosPerRequest.toFixed(1)}, ` +
        `${after.cpuMicrosPerRequest.toFixed(1)})  loadstone ${gateway.cpuMicrosPerRequest.toFixed(1)} us ` +
        `= ${ratio.toFixed(2)} x, ${gateway.perSecond.toFixed(0)}/s (floor ${before.perSecond.toFixed(0)}/s)` +
        `${nginxText}${gateway.errors > 0 ? `  ERRORS ${gateway.errors}` : ''}`,
    );
  }
  return rows;
}

async function latencyTable(targets: { mock: Started; gateway: Started }) {
  const direct = await latency(targets.mock.port);
  const through = await latency(targets.gateway.port);
  const added = { p50Ms: through.p50Ms - direct.p50Ms, p99Ms: through.p99Ms - direct.p99Ms };
  console.log(`\nadded latency at concurrency 1: p50 ${added.p50Ms.toFixed(3)} ms, p99 ${added.p99Ms.toFixed(3)} ms`);
  return { direct, through, added };
}

async function streamTable(targets: { floorStream: Started; gateway: Started }) {
  const before = await streamed(targets.floorStream, MODEL);
  const gateway = await streamed(targets.gateway, 'stream');
  const after = await streamed(targets.floorStream, MODEL);
  const ratio = gateway / ((before + after) / 2);
  console.log(
    `CPU per streamed chunk: floor ${before.toFixed(1)}, ${after.toFixed(1)} us  loadstone ${gateway.toFixed(1)} us ` +
      `= ${ratio.toFixed(2)} x`,
  );
  return { before, gateway, after, ratio };
}

/** Two rounds; the first only warms up. */
async function measure(target: Started, body: string): Promise<Figure> {
  const options = {
    url: `http://127.0.0.1:${target.port}/v1/chat/completions`,
    body,
    key: KEY,
    connections: CONNECTIONS,
  };
  await load({ ...options, seconds });
  const before = cpuMicros(target.pid);
  const result = await load({ ...options, seconds });
  const micros = cpuMicros(target.pid) - before;
  return { cpuMicrosPerRequest: micros / result.requests, perSecond: result.perSecond, errors: result.errors };
}

function latency(port: number): Promise<LoadResult> {
  const url = `http://127.0.0.1:${port}/v1/chat/completions`;
  return load({ url, body: smallBody(MODEL), key: KEY, connections: 1, seconds });
}

/** Microseconds of CPU per chunk, by the fixed yardstick. */
function streamed(target: Started, model: string): Promise<number> {
  const url = `http://127.0.0.1:${target.port}/v1/chat/completions`;
  return new Promise((resolve, reject) => {
    const child = spawn(node, [yardstick('stream-load.mjs'), url, model, KEY, String(target.pid)]);
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.once('exit', () => {
      const micros = Number(/^([\d.]+) us\/chunk/m.exec(output)?.[1]);
      const incomplete = Number(/incomplete=(\d+)/.exec(output)?.[1] ?? 0);
      if (Number.isFinite(micros) && incomplete === 0) resolve(micros);
      else reject(new Error(`stream load failed: ${output}`));
    });
  });
}

function idleMemory(targets: { floor: Started; gateway: Started }) {
  const floor = residentBytes(targets.floor.pid) / 1e6;
  const gateway = residentBytes(targets.gateway.pid) / 1e6;
  console.log(
    `idle memory: floor ${floor.toFixed(0)} MB, loadstone ${gateway.toFixed(0)} MB = ${(gateway / floor).toFixed(2)} x`,
  );
  return { floor, gateway, ratio: gateway / floor };
}

/** From the start of the bundle to the first 200. */
async function timeToFirstAnswer(folder: string): Promise<number> {
  const startedAt = performance.now();
  const gateway = await start(gatewayCommand(folder), { port: PORTS.gateway });
  const response = await fetch(`http://127.0.0.1:${PORTS.gateway}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    body: smallBody(MODEL),
  });
  await response.text();
  const ms = performance.now() - startedAt;
  await gateway.stop();
  if (!response.ok) throw new Error(`first answer was ${response.status}`);
  console.log(`start to first answer: ${ms.toFixed(0)} ms`);
  return ms;
}

function gatewayCommand(folder: string): string[] {
  const config = join(folder, 'config.yaml');
  writeFileSync(config, gatewayConfig());
  const main = join(here, '..', 'dist', 'main.js');
  return [node, main, '--config', config, '--port', String(PORTS.gateway), '--host', '127.0.0.1'];
}

/** 100 deployments of one model with limits that are never reached, and one streaming group. */
function gatewayConfig(): string {
  const deployment = (name: string, port: number, i: number): string =>
    [
      `  - model_name: ${name}`,
      '    litellm_params:',
      `      model: azure/gpt-turbo-${i}`,
      `      api_base: http://127.0.0.1:${port}/`,
      `      api_key: key-${i}`,
      '      rpm: 100000000',
    ].join('\n');
  const plain = Array.from({ length: 100 }, (_, i) => deployment(MODEL, PORTS.mock, i));
  return [
    'model_list:',
    ...plain,
    deployment('stream', PORTS.streamMock, 100),
    'litellm_settings:',
    '  callbacks: ["prometheus"]',
    'general_settings:',
    `  master_key: ${KEY}`,
    '',
  ].join('\n');
}

async function startNginx(folder: string): Promise<Started | undefined> {
  const command = nginxCommand({ folder, port: PORTS.nginx, upstreamPort: PORTS.mock });
  return command === undefined ? undefined : start(command, { port: PORTS.nginx });
}

function yardstick(name: string): string {
  return join(here, 'yardsticks', name);
}
