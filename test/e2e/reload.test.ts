// A config that is replaced while requests run: nothing fails, nothing is forgotten, and a broken file changes nothing.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { startFakeProvider, type FakeProvider } from '../../src/fake-provider/fake-provider.ts';
import { startHeldUpstream } from '../support/held-upstream.ts';
import { startLoadstone } from '../support/loadstone-process.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

const open: { close(): Promise<unknown> }[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((part) => part.close()));
});

async function provider(): Promise<FakeProvider> {
  const started = await startFakeProvider({});
  open.push(started);
  return started;
}

async function gateway(config: string): Promise<TestGateway> {
  const started = await startGateway(config);
  open.push({ close: () => started.drain() });
  return started;
}

interface Entry {
  readonly id: string;
  readonly url: string;
  readonly group?: string;
  /** Further `litellm_params`. */
  readonly more?: string;
}

function configOf(entries: readonly Entry[], further = ''): string {
  const lines = entries.map(
    ({ id, url, group = 'g', more = '' }) =>
      `- {model_name: ${group}, litellm_params: {model: openai/m, api_base: "${url}/v1", api_key: sk-up${more}}, model_info: {id: ${id}}}`,
  );
  return `model_list:\n${lines.join('\n')}\n${further}`;
}

function ask(url: string, body: Record<string, unknown> = {}, key?: string): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) },
    body: JSON.stringify({ model: 'g', messages: [{ role: 'user', content: 'hello' }], ...body }),
  });
}

test('requests from before finish as they began, requests from after see the new config', async () => {
  const held = await startHeldUpstream();
  open.push(held);
  const next = await provider();
  const running = await gateway(configOf([{ id: 'old', url: held.url }]));
  const before = [ask(running.url), ask(running.url, { stream: true })];
  await expect.poll(() => held.held()).toBe(2);
  running.rewrite(configOf([{ id: 'new', url: next.url }]));
  const outcome = await running.reload('admin');
  expect(outcome).toMatchObject({ kind: 'replaced', change: { models: 1, deployments: 1, added: 1, removed: 1 } });
  expect((await ask(running.url)).headers.get('x-litellm-model-id')).toBe('new');
  held.release();
  for (const answer of await Promise.all(before)) {
    expect([answer.status, answer.headers.get('x-litellm-model-id')]).toEqual([200, 'old']);
    expect(await answer.text()).toContain('last');
  }
  expect(running.lines().map(({ msg }) => msg)).toContain('config reloaded');
});

test('a deployment that stays keeps its charges and its flights', async () => {
  const held = await startHeldUpstream();
  open.push(held);
  const limited = { id: 'a', url: held.url, more: ', rpm: 2' };
  const none = 'router_settings: {queue_timeout: 0, num_retries: 0}';
  const running = await gateway(configOf([limited], none));
  const first = ask(running.url);
  await expect.poll(() => held.held()).toBe(1);
  running.rewrite(configOf([limited, { id: 'b', url: held.url, group: 'other' }], none));
  await running.reload('admin');
  const second = ask(running.url);
  await expect.poll(() => held.held()).toBe(2);
  expect((await ask(running.url)).status).toBe(429);
  const metrics = await (await fetch(`${running.url}/metrics`)).text();
  expect(metrics).toMatch(/loadstone_deployment_in_flight\{[^}]*model_id="a"[^}]*\} 2/);
  held.release();
  expect((await Promise.all([first, second])).map(({ status }) => status)).toEqual([200, 200]);
  const after = await (await fetch(`${running.url}/metrics`)).text();
  expect(after).toMatch(/loadstone_deployment_in_flight\{[^}]*model_id="a"[^}]*\} 0/);
  expect(after).toMatch(/litellm_deployment_success_responses_total\{[^}]*model_id="a"[^}]*\} 2/);
});

test('a request that outlives two reloads gives its slot back where the others count', async () => {
  const held = await startHeldUpstream();
  open.push(held);
  const entry = { id: 'a', url: held.url, more: ', max_parallel_requests: 1' };
  const running = await gateway(configOf([entry], 'router_settings: {num_retries: 0}'));
  const long = ask(running.url);
  await expect.poll(() => held.held()).toBe(1);
  await running.reload('admin');
  await running.reload('admin');
  expect((await ask(running.url)).status).toBe(429);
  held.release();
  expect((await long).status).toBe(200);
  await expect.poll(async () => (await ask(running.url)).status).toBe(200);
});

test('an operator may ask for it over HTTP, and is told what came of it', async () => {
  const up = await provider();
  const running = await gateway(configOf([{ id: 'a', url: up.url }]));
  const post = () => fetch(`${running.url}/admin/reload`, { method: 'POST' });
  running.rewrite(configOf([{ id: 'b', url: up.url }]));
  const accepted = await post();
  expect([accepted.status, await accepted.json()]).toEqual([
    200,
    { status: 'reloaded', models: 1, deployments: 1, added: 1, removed: 1, problems: [] },
  ]);
  expect((await ask(running.url)).headers.get('x-litellm-model-id')).toBe('b');
  running.rewrite('model_list: [oops');
  const rejected = await post();
  expect([rejected.status, await rejected.json()]).toEqual([
    400,
    { status: 'rejected', problems: [expect.stringMatching(/^\S+:1:\d+: error: /)] },
  ]);
  expect((await ask(running.url)).headers.get('x-litellm-model-id')).toBe('b');
});

test('a broken file is rejected with its messages, and the old config serves on', async () => {
  const up = await provider();
  const running = await gateway(configOf([{ id: 'a', url: up.url }]));
  running.rewrite('model_list: [oops');
  const outcome = await running.reload('admin');
  expect(outcome.kind).toBe('rejected');
  expect(outcome.problems.length).toBeGreaterThan(0);
  expect((await ask(running.url)).headers.get('x-litellm-model-id')).toBe('a');
  expect(running.lines().map(({ msg }) => msg)).toContain('config rejected: the old one stays in force');
  running.rewrite(configOf([{ id: 'b', url: up.url, more: ', ssl_certificate: /nowhere/client.pem' }]));
  expect((await running.reload('admin')).kind).toBe('rejected');
  expect((await ask(running.url)).headers.get('x-litellm-model-id')).toBe('a');
});

test('a new master key holds from the next request on', async () => {
  const up = await provider();
  const entry = { id: 'a', url: up.url };
  const running = await gateway(configOf([entry]));
  expect((await ask(running.url)).status).toBe(200);
  running.rewrite(configOf([entry], 'general_settings: {master_key: sk-strong-enough-for-this}'));
  await running.reload('admin');
  expect((await ask(running.url)).status).toBe(401);
  expect((await ask(running.url, {}, 'sk-strong-enough-for-this')).status).toBe(200);
});

test('reloads without a pause cost no request its answer', async () => {
  const up = await provider();
  const entries: Entry[] = [
    { id: 'a', url: up.url },
    { id: 'b', url: up.url },
  ];
  const running = await gateway(configOf(entries));
  let isOver = false;
  const statuses: number[] = [];
  const clients = Array.from({ length: 8 }, async (_, nth) => {
    while (!isOver) {
      const answer = await ask(running.url, { stream: nth % 2 === 0 });
      expect(await answer.text()).toContain('stop');
      statuses.push(answer.status);
    }
  });
  for (let nth = 0; nth < 40; nth += 1) {
    const shown = nth % 2 === 0 ? entries.slice(0, 1) : [...entries, { id: `c${nth}`, url: up.url }];
    running.rewrite(configOf(shown));
    expect((await running.reload('watch')).kind).toBe('replaced');
    const answered = statuses.length;
    await expect.poll(() => statuses.length).toBeGreaterThan(answered + 4);
  }
  isOver = true;
  await Promise.all(clients);
  expect(new Set(statuses)).toEqual(new Set([200]));
});

test('SIGHUP reloads the file, and --watch does it by itself', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'loadstone-reload-'));
  const file = join(folder, 'config.yaml');
  const up = await provider();
  writeFileSync(file, configOf([{ id: 'one', url: up.url }]));
  const running = startLoadstone(['--config', file, '--port', '0', '--watch'], { cwd: folder });
  open.push({
    close: async () => {
      running.child.kill('SIGKILL');
      await running.ended;
      rmSync(folder, { recursive: true, force: true });
    },
  });
  const url = await running.url();
  const servedBy = async (): Promise<string | null> => (await ask(url)).headers.get('x-litellm-model-id');
  expect(await servedBy()).toBe('one');
  running.child.kill('SIGHUP');
  expect(await running.line('config reloaded')).toMatchObject({ trigger: 'SIGHUP', added: 0, removed: 0 });
  writeFileSync(file, configOf([{ id: 'two', url: up.url }]));
  await expect.poll(servedBy, { timeout: 20_000 }).toBe('two');
  expect(running.child.exitCode).toBeNull();
});
