// The process as an operator meets it: how it starts and refuses to start, what it says where, and how it ends.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get, request, type IncomingMessage } from 'node:http';
import { get as httpsGet } from 'node:https';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startFakeProvider, type FakeProvider } from '../../src/fake-provider/fake-provider.ts';
import { VERSION } from '../../src/version.ts';
import { makeCertificates } from '../support/certificates.ts';
import { freePort } from '../support/free-port.ts';
import { startHeldUpstream, type HeldUpstream } from '../support/held-upstream.ts';
import { startLoadstone, type LoadstoneProcess, type ProcessOptions } from '../support/loadstone-process.ts';

const STRONG_KEY = 'sk-strong-enough-for-a-network';
let folder = '';
const open: { close(): Promise<unknown> }[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loadstone-process-'));
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((part) => part.close()));
  rmSync(folder, { recursive: true, force: true });
});

function loadstone(args: readonly string[], options?: ProcessOptions): LoadstoneProcess {
  const started = startLoadstone(args, { cwd: folder, ...options });
  open.push({
    close: () => {
      started.child.kill('SIGKILL');
      return started.ended;
    },
  });
  return started;
}

async function fake(): Promise<FakeProvider> {
  const started = await startFakeProvider({});
  open.push(started);
  return started;
}

function config(base: string, ...further: readonly string[]): string {
  const file = join(folder, 'config.yaml');
  const entry = `- {model_name: g, litellm_params: {model: openai/m, api_base: "${base}/v1", api_key: sk-up}, model_info: {id: a}}`;
  writeFileSync(file, ['model_list:', entry, ...further, ''].join('\n'));
  return file;
}

function serve(file: string, ...flags: readonly string[]): LoadstoneProcess {
  return loadstone(['--config', file, '--port', '0', ...flags]);
}

function ask(url: string, body: Record<string, unknown> = {}, key = 'sk-any'): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ model: 'g', messages: [{ role: 'user', content: 'hello' }], ...body }),
  });
}

/** `open` or the error's code. */
function reach(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, host, () => {
      socket.destroy();
      resolve('open');
    });
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

interface Probe {
  readonly status: number;
  readonly isReused: boolean;
  readonly connection: string | undefined;
}

function probe(url: string, agent: Agent): Promise<Probe> {
  return new Promise((resolve, reject) => {
    const sent = get(`${url}/health/readiness`, { agent }, (response) => {
      const { statusCode = 0, headers } = response;
      response.resume().on('end', () => {
        resolve({ status: statusCode, isReused: sent.reusedSocket, connection: headers.connection });
      });
    });
    sent.on('error', reject);
  });
}

describe('SIGTERM', () => {
  let upstream: HeldUpstream;
  beforeEach(async () => {
    upstream = await startHeldUpstream();
    open.push(upstream);
  });

  test('lets running requests finish, tells probes on open connections, takes no new ones, and exits with 0', async () => {
    const gateway = serve(config(upstream.url));
    const url = await gateway.url();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    expect(await probe(url, agent)).toMatchObject({ status: 200 });
    const plain = ask(url);
    const stream = await ask(url, { stream: true });
    await expect.poll(() => upstream.held()).toBe(2);
    gateway.child.kill('SIGTERM');
    await expect.poll(() => reach('127.0.0.1', Number(new URL(url).port))).toBe('ECONNREFUSED');
    expect(await probe(url, agent)).toEqual({ status: 503, isReused: true, connection: 'close' });
    expect(gateway.child.exitCode).toBe(null);
    upstream.release();
    expect(await (await plain).json()).toMatchObject({ choices: [{ message: { content: 'first last' } }] });
    expect(await stream.text()).toContain('data: [DONE]');
    expect(await gateway.ended).toBe(0);
    expect(gateway.lines().filter(({ msg }) => msg === 'request')).toHaveLength(2);
    expect(gateway.stderr()).not.toContain('Error');
    agent.destroy();
  });

  test('serves a request that comes on an open connection while others finish', async () => {
    const gateway = serve(config(upstream.url));
    const url = await gateway.url();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    await probe(url, agent);
    const stream = await ask(url, { stream: true });
    gateway.child.kill('SIGTERM');
    await expect.poll(() => reach('127.0.0.1', Number(new URL(url).port))).toBe('ECONNREFUSED');
    const late = new Promise<IncomingMessage>((resolve, reject) => {
      const headers = { 'content-type': 'application/json' };
      const sent = request(`${url}/v1/chat/completions`, { method: 'POST', agent, headers }, resolve);
      sent.on('error', reject);
      sent.end('{"model": "g", "messages": []}');
    });
    await expect.poll(() => upstream.held()).toBe(2);
    upstream.release();
    const answer = await late;
    expect([answer.statusCode, answer.headers.connection]).toEqual([200, 'close']);
    answer.resume();
    expect(await stream.text()).toContain('data: [DONE]');
    expect(await gateway.ended).toBe(0);
    agent.destroy();
  });

  test('ends at once when nothing runs, idle connections or not', async () => {
    const gateway = serve(config(upstream.url));
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    await probe(await gateway.url(), agent);
    gateway.child.kill('SIGTERM');
    expect(await gateway.ended).toBe(0);
    agent.destroy();
  });

  test('an answer that a slow client is still reading arrives whole', async () => {
    const up = await fake();
    const size = 24 * 1024 * 1024;
    up.setFaults({ '*': { body: 'huge', bodyBytes: size } });
    const gateway = serve(config(up.url));
    const url = await gateway.url();
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const headers = { 'content-type': 'application/json' };
      const sent = request(`${url}/v1/chat/completions`, { method: 'POST', headers, agent: false }, resolve);
      sent.on('error', reject);
      sent.end('{"model": "g", "messages": []}');
    });
    await gateway.line('request');
    gateway.child.kill('SIGTERM');
    await gateway.line('draining: no new connections, running requests finish');
    await expect.poll(() => reach('127.0.0.1', Number(new URL(url).port))).toBe('ECONNREFUSED');
    let received = 0;
    for await (const chunk of answer as AsyncIterable<Buffer>) received += chunk.length;
    expect(received).toBe(Number(answer.headers['content-length']));
    expect(received).toBeGreaterThanOrEqual(size);
    expect(await gateway.ended).toBe(0);
  });

  test('the grace over, it cuts what still runs and exits with 0', async () => {
    const gateway = serve(config(upstream.url, 'general_settings: {shutdown_grace: 0.2}'));
    const stream = await ask(await gateway.url(), { stream: true });
    const text = stream.text();
    text.catch(() => undefined);
    await expect.poll(() => upstream.held()).toBe(1);
    gateway.child.kill('SIGTERM');
    expect(await gateway.ended).toBe(0);
    await expect(text).rejects.toThrow('terminated');
    await expect.poll(() => upstream.held()).toBe(0);
  });

  test('a hang-up while running requests finish ends nothing', async () => {
    const gateway = serve(config(upstream.url));
    const stream = await ask(await gateway.url(), { stream: true });
    gateway.child.kill('SIGTERM');
    await gateway.line('draining: no new connections, running requests finish');
    gateway.child.kill('SIGHUP');
    upstream.release();
    expect(await stream.text()).toContain('data: [DONE]');
    expect(await gateway.ended).toBe(0);
    expect(gateway.lines().map(({ msg }) => msg)).not.toContain('config reloaded');
  });

  test.for([['SIGTERM'], ['SIGINT']] as const)('a second signal (%s) ends it at once', async ([second]) => {
    const gateway = serve(config(upstream.url));
    const stream = await ask(await gateway.url(), { stream: true });
    stream.text().catch(() => undefined);
    gateway.child.kill('SIGTERM');
    await gateway.line('draining: no new connections, running requests finish');
    gateway.child.kill(second);
    expect(await gateway.ended).toBe(1);
    expect(upstream.held()).toBeLessThanOrEqual(1);
  });
});

describe('starting', () => {
  test('a port in use is one line on stderr, and exit 1', async () => {
    const up = await fake();
    const blocked = loadstone(['--config', config(up.url), '--host', '127.0.0.1', '--port', String(up.port)]);
    expect(await blocked.ended).toBe(1);
    expect(blocked.stderr()).toBe(
      `loadstone: 127.0.0.1:${up.port} is in use: stop what listens there, or choose another --port\n`,
    );
    expect(blocked.stdout()).toBe('');
  });

  test('a broken config names every problem with its place, and exits with 2', async () => {
    const file = join(folder, 'broken.yaml');
    writeFileSync(
      file,
      [
        'model_list:',
        '- model_name: g',
        '  litellm_params: {model: openai/m, api_key: sk-secret-word, rpm: many}',
        'router_settings:',
        '  routing_strategy: simple-shufle',
        '  fallbacks: [{"g": ["nowhere"]}]',
        '',
      ].join('\n'),
    );
    const gateway = loadstone(['--config', file, '--port', '0']);
    expect(await gateway.ended).toBe(2);
    const problems = gateway.stderr().trim().split('\n');
    for (const problem of problems) expect(problem).toMatch(/broken\.yaml:\d+:\d+: /);
    expect(gateway.stderr()).toMatch(/broken\.yaml:3:\d+: .*rpm/);
    expect(gateway.stderr()).toMatch(/broken\.yaml:5:\d+: .*did you mean "simple-shuffle"/);
    expect(gateway.stderr()).toMatch(/broken\.yaml:6:\d+: .*nowhere/);
    expect(gateway.stderr()).not.toContain('sk-secret-word');
  });

  test('a missing file exits with 2 and names it', async () => {
    const gateway = loadstone(['--config', 'nowhere.yaml']);
    expect(await gateway.ended).toBe(2);
    expect(gateway.stderr()).toContain('nowhere.yaml');
    expect(gateway.stderr().trim().split('\n')).toHaveLength(1);
  });

  test('warnings are told and do not stop it', async () => {
    const up = await fake();
    const gateway = serve(config(up.url, 'router_settings: {num_retrys: 3}'));
    expect((await ask(await gateway.url())).status).toBe(200);
    expect(gateway.stderr()).toMatch(/config\.yaml:3:\d+: .*num_retrys.*num_retries/);
  });

  test.for([
    ['an unknown flag', ['--prot', '1'], 'unknown flag --prot (did you mean --port?)'],
    ['an unknown command', ['chekc'], 'unknown command "chekc" (did you mean check?)'],
    ['a port that is none', ['--port', '99999'], '--port takes a port number from 0 to 65535, not "99999"'],
    ['a flag without its value', ['--config'], '--config needs a value'],
    [
      'half of a certificate',
      ['--ssl_keyfile_path', 'k'],
      '--ssl_keyfile_path and --ssl_certfile_path need each other',
    ],
  ] as const)('%s exits with 2 and says what was meant', async ([, args, message]) => {
    const gateway = loadstone(args);
    expect(await gateway.ended).toBe(2);
    expect(gateway.stderr()).toBe(`loadstone: ${message}\n`);
  });

  test('a CA file that is not there exits with 1 and names setting and path', async () => {
    const gateway = serve(config('https://127.0.0.1:1', 'litellm_settings: {ssl_verify: /no/such/ca.pem}'));
    expect(await gateway.ended).toBe(1);
    expect(gateway.stderr()).toContain('cannot start: ssl_verify names /no/such/ca.pem');
  });

  test('--version and --help print and exit with 0', async () => {
    const [version, help] = [loadstone(['--version']), loadstone(['--help'])];
    expect([await version.ended, await help.ended]).toEqual([0, 0]);
    expect(version.stdout()).toBe(`loadstone ${VERSION}\n`);
    expect(help.stdout()).toContain('--config');
    expect(version.stderr() + help.stderr()).toBe('');
  });
});

describe('the key decides who is let in', () => {
  const others = Object.values(networkInterfaces())
    .flat()
    .filter((one) => one?.family === 'IPv4' && !one.internal)
    .map((one) => one?.address ?? '');

  test.for([
    ['no master key', []],
    ['a key from the documentation', ['general_settings: {master_key: sk-1234}']],
  ] as const)('%s: the loopback only, and stderr says how to open up', async ([, further]) => {
    const gateway = serve(config('http://127.0.0.1:1', ...further));
    const url = await gateway.url();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(gateway.stderr()).toMatch(/listening on 127\.0\.0\.1 only, because .*--host 0\.0\.0\.0/);
    for (const address of others) expect(await reach(address, Number(new URL(url).port))).toBe('ECONNREFUSED');
  });

  test('a strong key: every interface, and requests without it are refused', async () => {
    const up = await fake();
    const gateway = serve(config(up.url, `general_settings: {master_key: ${STRONG_KEY}}`));
    const url = await gateway.url();
    expect(url).toMatch(/^http:\/\/0\.0\.0\.0:\d+$/);
    expect(gateway.stderr()).toBe('');
    const { port } = new URL(url);
    for (const address of others) expect(await reach(address, Number(port))).toBe('open');
    const local = `http://127.0.0.1:${port}`;
    expect((await ask(local)).status).toBe(400);
    expect((await ask(local, {}, STRONG_KEY)).status).toBe(200);
    expect(gateway.stdout() + gateway.stderr()).not.toContain(STRONG_KEY);
  });

  test('--host opens the port without a key, with a warning in the log', async () => {
    const gateway = serve(config('http://127.0.0.1:1'), '--host', '0.0.0.0');
    expect(await gateway.url()).toMatch(/^http:\/\/0\.0\.0\.0:\d+$/);
    expect(gateway.stderr()).toBe('');
    await gateway.line('no master_key is set: everyone who can reach this port can use it');
  });
});

describe('commands', () => {
  test('check prints the verdict of every key and the groups as a table', async () => {
    const file = config('http://127.0.0.1:1', 'router_settings: {num_retries: 1, num_retrys: 3}');
    const check = loadstone(['check', file]);
    expect(await check.ended).toBe(0);
    expect(check.stdout()).toMatch(/router_settings\.num_retries\s.*honoured/);
    expect(check.stdout()).toMatch(/num_retrys.*did you mean/);
    expect(check.stdout()).toMatch(/^ +g +a +openai +m .*in rotation$/m);
    expect(check.stdout()).not.toContain('sk-up');
  });

  test('check --json is JSON with verdicts, groups and problems, and exits with 2 for errors', async () => {
    const file = config('http://127.0.0.1:1', 'router_settings: {routing_strategy: nonsense}');
    const check = loadstone(['check', file, '--json']);
    expect(await check.ended).toBe(2);
    const report = JSON.parse(check.stdout()) as Record<string, unknown>;
    const text = JSON.stringify(report);
    expect(text).toContain('"verdict":"honoured"');
    expect(text).toContain('"severity":"error"');
    expect(report['deployments']).toMatchObject([{ group: 'g', id: 'a', provider: 'openai', model: 'm' }]);
    expect(text).not.toContain('sk-up');
  });

  test('--test asks a running gateway, plain and streamed', async () => {
    const up = await fake();
    const { port } = new URL(await serve(config(up.url)).url());
    const well = loadstone(['--test', '--port', port, '--model', 'g']);
    expect(await well.ended).toBe(0);
    expect(well.stdout()).toContain('chat.completion');
    expect(well.stdout()).toContain('[DONE]');
    expect(up.requests).toHaveLength(2);
    up.setFaults({ '*': { status: 400, error: 'bad-request' } });
    expect(await loadstone(['--test', '--port', port, '--model', 'g']).ended).toBe(1);
    expect(await loadstone(['--test', '--port', String(await freePort())]).ended).toBe(1);
  });

  test('--health shows the health of the deployments', async () => {
    const up = await fake();
    const key = { LITELLM_MASTER_KEY: STRONG_KEY };
    const gateway = loadstone(['--config', config(up.url), '--port', '0'], { env: key });
    const { port } = new URL(await gateway.url());
    const health = loadstone(['--health', '--port', port], { env: key });
    expect(await health.ended).toBe(0);
    expect(JSON.parse(health.stdout())).toMatchObject({ healthy_count: 1, unhealthy_count: 0 });
    expect(await loadstone(['--health', '--port', port]).ended).toBe(1);
  });

  test('--model serves one model without a config, whatever name a client asks for', async () => {
    const up = await fake();
    const args = ['--model', 'openai/m', '--api_base', `${up.url}/v1`, '--max_tokens', '7', '--port', '0'];
    const gateway = loadstone(args, { env: { OPENAI_API_KEY: 'sk-up' } });
    const answer = await ask(await gateway.url(), { model: 'anything' });
    expect(answer.status).toBe(200);
    expect(up.requests[0]?.body).toMatchObject({ model: 'm', max_tokens: 7 });
    expect(up.requests[0]?.headers['authorization']).toBe('Bearer sk-up');
  });

  test('what was given in the environment is the default of the flags', async () => {
    const up = await fake();
    const port = await freePort();
    const env = { CONFIG_FILE_PATH: config(up.url), PORT: String(port), HOST: '127.0.0.1' };
    expect(await loadstone([], { env }).url()).toBe(`http://127.0.0.1:${port}`);
    expect(await loadstone(['--port', '0'], { env }).url()).not.toContain(`:${port}`);
  });
});

const certificates = makeCertificates();
if (certificates === undefined)
  process.stdout.write('skipped: HTTPS needs the openssl command to make a certificate\n');

test.skipIf(certificates === undefined)('--ssl_keyfile_path and --ssl_certfile_path serve HTTPS', async () => {
  const { server = '', serverKey = '', authority = '' } = certificates ?? {};
  const flags = ['--ssl_keyfile_path', serverKey, '--ssl_certfile_path', server];
  const gateway = serve(config('http://127.0.0.1:1'), ...flags);
  const url = await gateway.url();
  expect(url).toMatch(/^https:\/\//);
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const sent = httpsGet(`${url}/health/readiness`, { ca: readFileSync(authority), agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on('error', reject);
  });
  expect(status).toBe(200);
  gateway.child.kill('SIGTERM');
  expect(await gateway.ended).toBe(0);
  certificates?.remove();
});

describe('the log on a pipe', () => {
  test('is JSON, says where it listens, and has one line per request', async () => {
    const up = await fake();
    up.setFaults({ flaky: [{ on: '1', status: 503 }] });
    const second = `- {model_name: flaky, litellm_params: {model: openai/flaky, api_base: "${up.url}/v1", api_key: sk-up}, model_info: {id: f}}`;
    const gateway = serve(config(up.url, second, 'router_settings: {retry_after: 0}'));
    const url = await gateway.url();
    const secret = 'a prompt that no log may hold';
    await (await ask(url, { messages: [{ role: 'user', content: secret }] })).text();
    await (await ask(url, { stream: true, stream_options: { include_usage: true } })).text();
    await (await ask(url, { model: 'flaky' })).text();
    await (await ask(url, { model: 'unknown' })).text();
    const requests = () => gateway.lines().filter(({ msg }) => msg === 'request' || msg === 'request failed');
    await expect.poll(() => requests().length).toBe(4);
    const [plain, stream, flaky, unknown] = requests();
    const number: unknown = expect.any(Number);
    expect(plain).toMatchObject({
      model: 'g',
      status: 200,
      deployment: 'a',
      attempts: 1,
      ms: number,
      upstream_ms: number,
    });
    expect(plain).toMatchObject({ prompt_tokens: number, completion_tokens: number });
    expect(plain).not.toHaveProperty('ttft_ms');
    expect(stream).toMatchObject({ deployment: 'a', ttft_ms: number, completion_tokens: number });
    expect(flaky).toMatchObject({ model: 'flaky', status: 200, deployment: 'f', attempts: 2 });
    expect(unknown).toMatchObject({ model: 'unknown', status: 400, msg: 'request failed' });
    expect(gateway.lines().filter(({ msg }) => msg === 'attempt failed')).toHaveLength(1);
    expect(gateway.stdout()).not.toContain(secret);
    expect(gateway.stdout()).not.toContain('sk-up');
    for (const line of gateway.stdout().trim().split('\n')) expect(() => JSON.parse(line) as unknown).not.toThrow();
  });

  test('lines of the last moments are written before the process ends', async () => {
    const up = await fake();
    const gateway = serve(config(up.url));
    const url = await gateway.url();
    await Promise.all(Array.from({ length: 20 }, async () => (await ask(url)).text()));
    gateway.child.kill('SIGTERM');
    expect(await gateway.ended).toBe(0);
    expect(gateway.lines().filter(({ msg }) => msg === 'request')).toHaveLength(20);
  });
});
