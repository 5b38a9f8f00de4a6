// Several threads as an operator meets them: one process, one port, one log, one end.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get as httpsGet, type RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startFakeProvider } from '../../src/fake-provider/fake-provider.ts';
import { makeCertificates } from '../support/certificates.ts';
import { freePort } from '../support/free-port.ts';
import { startHeldUpstream } from '../support/held-upstream.ts';
import { startLoadstone, type LoadstoneProcess, type ProcessOptions } from '../support/loadstone-process.ts';

let folder = '';
const open: { close(): Promise<unknown> }[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loadstone-threads-'));
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

function config(base: string, id = 'a'): string {
  const file = join(folder, 'config.yaml');
  const entry = `- {model_name: g, litellm_params: {model: openai/m, api_base: "${base}/v1", api_key: sk-up}, model_info: {id: ${id}}}`;
  writeFileSync(file, `model_list:\n${entry}\n`);
  return file;
}

function ask(url: string): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify({ model: 'g', messages: [{ role: 'user', content: 'hello' }] }),
  });
}

test('the process drains all threads at SIGTERM, ends with 0, and its log is whole lines', async () => {
  const held = await startHeldUpstream();
  open.push(held);
  const running = loadstone(['--config', config(held.url), '--port', '0'], { env: { NUM_WORKERS: '3' } });
  const url = await running.url();
  const answers = Array.from({ length: 40 }, () => ask(url));
  await expect.poll(() => held.held(), { timeout: 20_000 }).toBe(40);
  running.child.kill('SIGTERM');
  await running.line('draining: no new connections, running requests finish');
  held.release();
  expect(new Set((await Promise.all(answers)).map((answer) => answer.status))).toEqual(new Set([200]));
  expect(await running.ended).toBe(0);
  const lines = running.stdout().trimEnd().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg).filter((msg) => msg === 'request').length).toBe(
    40,
  );
});

test('SIGHUP puts the new file in force in every thread', async () => {
  const up = await startFakeProvider({});
  open.push(up);
  const file = config(up.url, 'one');
  const running = loadstone(['--config', file, '--port', '0', '--num_workers', '3']);
  const url = await running.url();
  config(up.url, 'two');
  running.child.kill('SIGHUP');
  expect(await running.line('config reloaded')).toMatchObject({ trigger: 'SIGHUP', added: 1, removed: 1 });
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(url)));
  expect(new Set(answers.map(({ headers }) => headers.get('x-litellm-model-id')))).toEqual(new Set(['two']));
});

test.each([
  ['2', '2'],
  ['1', '2'],
  ['2', '1'],
])('a port that a gateway of %s threads has is in use for one of %s', async (first, second) => {
  const port = await freePort();
  const file = config('http://127.0.0.1:9');
  const running = loadstone(['--config', file, '--port', String(port), '--num_workers', first]);
  await running.url();
  const other = loadstone(['--config', file, '--port', String(port), '--num_workers', second]);
  expect(await other.ended).toBe(1);
  expect(other.stderr()).toContain(`127.0.0.1:${port} is in use`);
});

test('an address that cannot be had is told by the thread that tried, and nothing stays behind', async () => {
  const running = loadstone([
    '--config',
    config('http://127.0.0.1:9'),
    '--host',
    '203.0.113.1',
    '--port',
    '0',
    '--num_workers',
    '2',
  ]);
  expect(await running.ended).toBe(1);
  expect(running.stderr()).toContain('cannot listen on 203.0.113.1:0: listen EADDRNOTAVAIL');
});

const certificates = makeCertificates();
if (certificates === undefined)
  process.stdout.write('skipped: HTTPS needs the openssl command to make a certificate\n');

test.skipIf(certificates === undefined)('HTTPS is served by every thread', async () => {
  const { server = '', serverKey = '' } = certificates ?? {};
  open.push({ close: async () => certificates?.remove() });
  const flags = ['--ssl_keyfile_path', serverKey, '--ssl_certfile_path', server, '--port', '0', '--num_workers', '2'];
  const running = loadstone(['--config', config('http://127.0.0.1:9'), ...flags]);
  const { port, protocol } = new URL(await running.url());
  expect(protocol).toBe('https:');
  const look = (): Promise<number | undefined> => status({ port, path: '/health/liveness', rejectUnauthorized: false });
  expect(await Promise.all(Array.from({ length: 12 }, look))).toEqual(Array.from({ length: 12 }, () => 200));
});

function status(options: RequestOptions): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    httpsGet({ ...options, host: '127.0.0.1', agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).once('error', reject);
  });
}
