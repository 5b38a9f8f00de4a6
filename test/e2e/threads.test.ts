// Several threads on one port: what is promised of a gateway is promised of all of them together.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { startFakeProvider, type FakeProvider } from '../../src/fake-provider/fake-provider.ts';
import { startHeldUpstream, type HeldUpstream } from '../support/held-upstream.ts';
import { killThread } from '../support/kill-thread.ts';
import { startGateway, type TestGateway, type TestGatewayOptions } from '../support/start-gateway.ts';

const open: { close(): Promise<unknown> }[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((part) => part.close()));
});

interface Entry {
  readonly id: string;
  readonly url: string;
  /** Further `litellm_params`. */
  readonly more?: string;
}

function configOf(entries: readonly Entry[], settings = ''): string {
  const lines = entries.map(
    ({ id, url, more = '' }) =>
      `- {model_name: g, litellm_params: {model: openai/m, api_base: "${url}/v1", api_key: sk-up${more}}, model_info: {id: ${id}}}`,
  );
  return ['model_list:', ...lines, `router_settings: {num_retries: 0, queue_timeout: 0${settings}}`].join('\n');
}

async function gateway(config: string, options: TestGatewayOptions = {}): Promise<TestGateway> {
  const started = await startGateway(config, { threads: 2, ...options });
  open.push({ close: () => started.drain() });
  return started;
}

async function provider(): Promise<FakeProvider> {
  const started = await startFakeProvider({ keepRequests: 5_000 });
  open.push(started);
  return started;
}

async function heldUpstream(): Promise<HeldUpstream> {
  const started = await startHeldUpstream();
  open.push(started);
  return started;
}

/** On a connection of its own, so that the system deals the requests out to all threads. */
function ask(url: string, body: Record<string, unknown> = {}, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close', ...headers },
    body: JSON.stringify({ model: 'g', messages: [{ role: 'user', content: 'hello' }], ...body }),
  });
}

async function statuses(answers: readonly Promise<Response>[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const answer of answers) {
    const response = await answer;
    await response.arrayBuffer();
    counts[response.status] = (counts[response.status] ?? 0) + 1;
  }
  return counts;
}

function many(count: number, url: string): Promise<Response>[] {
  return Array.from({ length: count }, () => ask(url));
}

async function text(url: string): Promise<string> {
  return (await fetch(url, { headers: { connection: 'close' } })).text();
}

/** How many of them have been refused so far. */
function refusals(answers: readonly Promise<Response>[]): () => number {
  let count = 0;
  const add = ({ status }: Response): void => void (count += Number(status === 429));
  for (const answer of answers) answer.then(add, () => undefined);
  return () => count;
}

async function sampleOf(url: string, pattern: RegExp): Promise<number> {
  return Number(pattern.exec(await text(`${url}/metrics`))?.[1] ?? Number.NaN);
}

/** The value of a family's only sample for deployment `a`. */
function ofDeployment(family: string): RegExp {
  return new RegExp(String.raw`^${family}\{[^}]*model_id="a"[^}]*\} (\S+)$`, 'm');
}

describe.each([2, 4])('%d threads', (threads) => {
  test('rpm: 6 lets six requests through a minute, rpm: 60 sixty, whoever they meet', async () => {
    const up = await provider();
    for (const rpm of [6, 60]) {
      const { url } = await gateway(configOf([{ id: 'a', url: up.url, more: `, rpm: ${rpm}` }]), { threads });
      expect(await statuses(many(rpm * 3 + 40, url))).toEqual({ 200: rpm, 429: rpm * 2 + 40 });
    }
    expect(up.requests.length).toBe(66);
  });

  test('three parallel slots are three, and each is free again when its request ends', async () => {
    const held = await heldUpstream();
    const { url } = await gateway(configOf([{ id: 'a', url: held.url, more: ', max_parallel_requests: 3' }]), {
      threads,
    });
    const first = many(20, url);
    const refused = refusals(first);
    await vi.waitFor(() => expect([held.held(), refused()]).toEqual([3, 17]), { timeout: 20_000 });
    expect(await statuses(many(20, url))).toEqual({ 429: 20 });
    held.release();
    expect(await statuses(first)).toEqual({ 200: 3, 429: 17 });
    expect((await ask(url)).status).toBe(200);
    expect(await sampleOf(url, ofDeployment('loadstone_deployment_in_flight'))).toBe(0);
  });

  test('least-busy spreads what runs exactly evenly', async () => {
    const ups = [await heldUpstream(), await heldUpstream(), await heldUpstream()];
    const entries = ups.map(({ url }, nth) => ({ id: `d${nth}`, url }));
    const { url } = await gateway(configOf(entries, ', routing_strategy: least-busy'), { threads });
    const answers = many(60, url);
    await vi.waitFor(() => expect(ups.map((up) => up.held())).toEqual([20, 20, 20]), { timeout: 20_000 });
    for (const up of ups) up.release();
    expect(await statuses(answers)).toEqual({ 200: 60 });
  });
});

/** Refuses with 500, or holds what comes for ever. */
async function failingUpstream(): Promise<{ readonly url: string; failing: boolean; held(): number }> {
  const waiting = new Set<ServerResponse>();
  const state = { failing: true };
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      response.once('close', () => waiting.delete(response));
      if (!state.failing) return void waiting.add(response);
      response.writeHead(500, { 'content-type': 'application/json' });
      response.end('{"error":{"message":"broken"}}');
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  open.push({
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(state, { url, held: () => waiting.size });
}

test('a half-open breaker lets one probe through, over all threads', async () => {
  const broken = await failingUpstream();
  const up = await provider();
  const entries = [
    `- {model_name: g, litellm_params: {model: openai/m, api_base: "${broken.url}/v1", api_key: sk-up}, model_info: {id: a}}`,
    `- {model_name: other, litellm_params: {model: openai/m, api_base: "${up.url}/v1", api_key: sk-up}, model_info: {id: b}}`,
  ];
  const settings = 'router_settings: {num_retries: 0, allowed_fails: 0, cooldown_time: 2, fallbacks: [{g: [other]}]}';
  const running = await gateway(['model_list:', ...entries, settings].join('\n'), { threads: 3, speed: 4 });
  const { url } = running;
  expect((await ask(url)).headers.get('x-litellm-model-id')).toBe('b');
  broken.failing = false;
  const halfOpen = 1;
  const state = (): Promise<number> => sampleOf(url, ofDeployment('loadstone_breaker_state'));
  await vi.waitFor(async () => expect(await state()).toBe(halfOpen), { timeout: 20_000 });
  const answers = Promise.allSettled(many(30, url));
  await vi.waitFor(() => expect(up.requests.length).toBe(30), { timeout: 20_000 });
  expect(broken.held()).toBe(1);
  // Whichever thread has the probe: when it dies, the next request is the probe.
  for (const thread of [1, 2, 3]) await killThread(thread);
  await answers;
  await vi.waitFor(() => expect(running.lines().filter(isDeath).length).toBe(3), { timeout: 20_000 });
  await vi.waitFor(async () => expect(await text(`${url}/metrics`)).toContain('loadstone_threads 3'), {
    timeout: 20_000,
  });
  const next = Promise.allSettled(many(10, url));
  await vi.waitFor(() => expect(up.requests.length).toBe(39), { timeout: 20_000 });
  expect(broken.held()).toBe(1);
  for (const thread of [1, 2, 3]) await killThread(thread);
  await next;
});

function queueConfig(url: string, further = ''): string {
  const entries = configOf([{ id: 'a', url, more: ', tpm: 250' }]);
  return `${entries.replace('queue_timeout: 0', 'queue_timeout: 120')}\n${further}`;
}

async function queued(url: string): Promise<number> {
  const backlog = JSON.parse(await text(`${url}/health/backlog`)) as { queued_requests: number };
  return backlog.queued_requests;
}

/** Of 60 requests some fill a limit on tokens, as many wait for the minute after, and the rest are refused. */
async function fullQueue(threads: number) {
  const held = await heldUpstream();
  const running = await gateway(queueConfig(held.url), { threads });
  const answers = Array.from({ length: 60 }, () => ask(running.url, { max_tokens: 10 }));
  const refused = refusals(answers);
  const settled = async (): Promise<number> => held.held() + refused() + (await queued(running.url));
  await vi.waitFor(async () => expect(await settled()).toBe(60), { timeout: 20_000 });
  const waiting = held.held();
  expect([await queued(running.url), waiting > 5]).toEqual([waiting, true]);
  return { running, held, answers, waiting };
}

test('what one request gives back is used at once by one that waits in another thread', async () => {
  const { running, held, answers, waiting } = await fullQueue(4);
  held.release();
  expect(await statuses(answers)).toEqual({ 200: 2 * waiting, 429: 60 - 2 * waiting });
  expect(await sampleOf(running.url, ofDeployment('loadstone_deployment_in_flight'))).toBe(0);
});

describe('a thread that dies', () => {
  test('takes its own requests with it and nothing else, and gives its parallel slots back', async () => {
    const held = await heldUpstream();
    const running = await gateway(configOf([{ id: 'a', url: held.url, more: ', max_parallel_requests: 12' }]));
    const { url } = running;
    const first = Promise.allSettled(many(12, url));
    await vi.waitFor(() => expect(held.held()).toBe(12), { timeout: 20_000 });
    await killThread(1);
    await vi.waitFor(() => expect(held.held()).toBeLessThan(12), { timeout: 20_000 });
    const kept = held.held();
    await vi.waitFor(() => expect(running.lines().filter(isDeath).length).toBe(1), { timeout: 20_000 });
    const inFlight = (): Promise<number> => sampleOf(url, ofDeployment('loadstone_deployment_in_flight'));
    await vi.waitFor(async () => expect(await inFlight()).toBe(kept), { timeout: 20_000 });
    const second = many(20, url);
    const refused = refusals(second);
    await vi.waitFor(() => expect([held.held(), refused()]).toEqual([12, 8 + kept]), { timeout: 20_000 });
    held.release();
    const ends = await first;
    expect(ends.filter(({ status }) => status === 'fulfilled').length).toBe(kept);
    expect(kept).toBeGreaterThan(0);
    expect(await statuses(second)).toEqual({ 200: 12 - kept, 429: 8 + kept });
    expect(await inFlight()).toBe(0);
  });

  test('keeps what it had charged: the provider has counted it', async () => {
    const held = await heldUpstream();
    const running = await gateway(configOf([{ id: 'a', url: held.url, more: ', rpm: 6' }]));
    const first = Promise.allSettled(many(6, running.url));
    await vi.waitFor(() => expect(held.held()).toBe(6), { timeout: 20_000 });
    await killThread(1);
    await killThread(2);
    await first;
    await vi.waitFor(() => expect(running.lines().filter(isDeath).length).toBe(2), { timeout: 20_000 });
    await vi.waitFor(async () => expect((await ask(running.url)).status).toBe(429), { timeout: 20_000 });
    expect(await statuses(many(10, running.url))).toEqual({ 429: 10 });
  });

  test('leaves what it had reserved for waiting requests to others', async () => {
    const { running, waiting, answers } = await fullQueue(2);
    const ends = Promise.allSettled(answers);
    const killBoth = async (deaths: number): Promise<void> => {
      for (const thread of [1, 2]) await killThread(thread);
      await vi.waitFor(() => expect(running.lines().filter(isDeath).length).toBe(deaths), { timeout: 20_000 });
    };
    await killBoth(2);
    await ends;
    await vi.waitFor(async () => expect(await text(`${running.url}/metrics`)).toContain('loadstone_threads 2'), {
      timeout: 20_000,
    });
    // What ran is charged still; what waited has left as many places as there were.
    const next = Array.from({ length: 30 }, () => ask(running.url, { max_tokens: 10 }));
    const refused = refusals(next);
    const nextEnds = Promise.allSettled(next);
    await vi.waitFor(async () => expect([await queued(running.url), refused()]).toEqual([waiting, 30 - waiting]), {
      timeout: 20_000,
    });
    await killBoth(4);
    await nextEnds;
  });

  test('again and again, under load, leaves the count of what runs exact', async () => {
    const up = await provider();
    const running = await gateway(configOf([{ id: 'a', url: up.url, more: ', max_parallel_requests: 50' }]), {
      threads: 3,
    });
    const { url } = running;
    let isOver = false;
    let answered = 0;
    const clients = Array.from({ length: 12 }, async () => {
      while (!isOver)
        answered += await ask(url).then(
          async (answer) => Number((await answer.text()) !== ''),
          () => 0,
        );
    });
    for (let nth = 0; nth < 6; nth++) {
      const before = answered;
      await vi.waitFor(() => expect(answered).toBeGreaterThan(before + 20), { timeout: 20_000 });
      await killThread(1 + (nth % 3));
      await vi.waitFor(() => expect(running.lines().filter(isDeath).length).toBe(nth + 1), { timeout: 20_000 });
      await vi.waitFor(async () => expect(await text(`${url}/metrics`)).toContain('loadstone_threads 3'), {
        timeout: 20_000,
      });
    }
    isOver = true;
    await Promise.all(clients);
    expect(await sampleOf(url, ofDeployment('loadstone_deployment_in_flight'))).toBe(0);
  });
});

function isDeath({ msg }: Record<string, unknown>): boolean {
  return String(msg).startsWith('a thread has died');
}

describe('a new config', () => {
  test('is in force in every thread or in none, while requests run', async () => {
    const up = await provider();
    const running = await gateway(configOf([{ id: 'first', url: up.url }]), { threads: 3 });
    const { url } = running;
    let isOver = false;
    const seen = new Set<number>();
    const clients = Array.from({ length: 6 }, async () => {
      while (!isOver) {
        const answer = await ask(url, { stream: true });
        expect(await answer.text()).toContain('[DONE]');
        seen.add(answer.status);
      }
    });
    const servedBy = async (): Promise<unknown> => {
      const answers = await Promise.all(many(12, url));
      await Promise.all(answers.map((answer) => answer.arrayBuffer()));
      return [...new Set(answers.map(({ headers }) => headers.get('x-litellm-model-id')))];
    };
    for (let nth = 0; nth < 8; nth++) {
      running.rewrite(configOf([{ id: `d${nth}`, url: up.url }]));
      expect((await running.reload('watch')).kind).toBe('replaced');
      expect(await servedBy()).toEqual([`d${nth}`]);
    }
    running.rewrite(configOf([{ id: 'bad', url: up.url, more: ', ssl_certificate: /nowhere/client.pem' }]));
    expect((await running.reload('watch')).kind).toBe('rejected');
    expect(await servedBy()).toEqual(['d7']);
    isOver = true;
    await Promise.all(clients);
    expect(seen).toEqual(new Set([200]));
  });

  test('keeps charges and what runs, also for requests that outlive two of them', async () => {
    const held = await heldUpstream();
    const a = { id: 'a', url: held.url, more: ', rpm: 6, max_parallel_requests: 5' };
    const running = await gateway(configOf([a]));
    const { url } = running;
    const first = many(4, url);
    await vi.waitFor(() => expect(held.held()).toBe(4), { timeout: 20_000 });
    for (const id of ['b', 'c']) {
      running.rewrite(configOf([a]) + `\nmodel_list_of_${id}: 1`);
      expect((await running.reload('watch')).kind).toBe('replaced');
    }
    const second = many(20, url);
    const refused = refusals(second);
    await vi.waitFor(() => expect([held.held(), refused()]).toEqual([5, 19]), { timeout: 20_000 });
    held.release();
    expect(await statuses(first)).toEqual({ 200: 4 });
    expect(await statuses(second)).toEqual({ 200: 1, 429: 19 });
    expect(await sampleOf(url, ofDeployment('loadstone_deployment_in_flight'))).toBe(0);
    expect(await statuses(many(20, url))).toEqual({ 200: 1, 429: 19 });
  });

  test('finds requests in the queue, and they are served by it', async () => {
    const { running, held, answers, waiting } = await fullQueue(3);
    running.rewrite(queueConfig(held.url, 'another: 1'));
    expect((await running.reload('watch')).kind).toBe('replaced');
    expect(await queued(running.url)).toBe(waiting);
    held.release();
    expect(await statuses(answers)).toEqual({ 200: 2 * waiting, 429: 60 - 2 * waiting });
  });
});

test('an operator sees all threads, whichever of them he asks', async () => {
  const up = await provider();
  const running = await gateway(configOf([{ id: 'a', url: up.url }]), { threads: 3 });
  const { url } = running;
  const ids = Array.from({ length: 30 }, (_, nth) => `call-${nth}`);
  expect(await statuses(ids.map((id) => ask(url, {}, { 'x-litellm-call-id': id })))).toEqual({ 200: 30 });
  for (let nth = 0; nth < 3; nth++) {
    const metrics = await text(`${url}/metrics`);
    expect(metrics).toMatch(/^litellm_deployment_success_responses_total\{[^}]*model_id="a"[^}]*\} 30$/m);
    expect(metrics).toMatch(/^litellm_proxy_total_requests_metric_total\{[^}]*status_code="200"\} 30$/m);
    expect(metrics).toMatch(/^litellm_request_total_latency_metric_count\{[^}]*\} 30$/m);
    expect(metrics).toMatch(/^process_resident_memory_bytes [1-9]\d+$/m);
    expect(metrics.match(/^# TYPE nodejs_eventloop_lag_seconds /gm)).toHaveLength(1);
    expect(JSON.parse(await text(`${url}/health/backlog`))).toMatchObject({ admitted_requests: 30 });
    const { requests } = JSON.parse(await text(`${url}/admin/requests?limit=100`)) as {
      requests: { call_id: string }[];
    };
    expect(requests.map(({ call_id: id }) => id).toSorted()).toEqual(ids.toSorted());
    const one = JSON.parse(await text(`${url}/admin/requests/call-${nth}`)) as Record<string, unknown>;
    expect(one).toMatchObject({ call_id: `call-${nth}`, outcome: 'success' });
  }
  await vi.waitFor(() => expect(running.lines().filter(({ msg }) => msg === 'request').length).toBe(30));
});

test('who served a session serves it in every thread, as soon as they have heard of it', async () => {
  const up = await provider();
  const entries = ['a', 'b', 'c', 'd'].map((id) => ({ id, url: up.url }));
  const { url } = await gateway(configOf(entries, ', optional_pre_call_checks: [session_affinity]'), { threads: 3 });
  const servedBy = async (): Promise<string | null> => {
    const answer = await ask(url, { litellm_session_id: 's' });
    await answer.arrayBuffer();
    return answer.headers.get('x-litellm-model-id');
  };
  const seen: (string | null)[] = [];
  // Four deployments by chance would hardly agree twenty times.
  await vi.waitFor(
    async () => {
      seen.push(await servedBy());
      expect(new Set([...seen.slice(-20), seen.length < 20])).toEqual(new Set([seen.at(-1), false]));
    },
    { timeout: 25_000, interval: 1 },
  );
});

test('background health checks are made by one thread, and whoever is asked shows them', async () => {
  const up = await provider();
  const checked = 'general_settings: {background_health_checks: true, health_check_interval: 3600}';
  const { url } = await gateway(`${configOf([{ id: 'a', url: up.url }])}\n${checked}`, { threads: 3 });
  for (let nth = 0; nth < 12; nth++) {
    expect(JSON.parse(await text(`${url}/health`))).toMatchObject({ healthy_count: 1, unhealthy_count: 0 });
  }
  expect(up.requests.length).toBe(1);
});

test('counters never go back, whoever dies', async () => {
  const up = await provider();
  const running = await gateway(configOf([{ id: 'a', url: up.url }]));
  const { url } = running;
  expect(await statuses(many(20, url))).toEqual({ 200: 20 });
  const succeeded = (): Promise<number> => sampleOf(url, ofDeployment('litellm_deployment_success_responses_total'));
  expect(await succeeded()).toBe(20);
  await killThread(2);
  await vi.waitFor(() => expect(running.lines().filter(isDeath).length).toBe(1), { timeout: 20_000 });
  expect(await succeeded()).toBe(20);
  await vi.waitFor(async () => expect(await text(`${url}/metrics`)).toContain('loadstone_threads 2'), {
    timeout: 20_000,
  });
  expect(await statuses(many(10, url))).toEqual({ 200: 10 });
  expect(await succeeded()).toBe(30);
});

test('draining lets every thread finish what it has, and nothing new comes in', async () => {
  const held = await heldUpstream();
  const running = await startGateway(configOf([{ id: 'a', url: held.url }]), { threads: 3 });
  const answers = Array.from({ length: 12 }, (_, nth) => ask(running.url, { stream: nth % 2 === 0 }));
  await vi.waitFor(() => expect(held.held()).toBe(12), { timeout: 20_000 });
  const drained = running.drain();
  await vi.waitFor(() => expect(ask(running.url)).rejects.toThrow('fetch failed'), { timeout: 20_000 });
  held.release();
  for (const answer of answers) {
    const response = await answer;
    expect([response.status, (await response.text()).includes('last')]).toEqual([200, true]);
  }
  await drained;
  expect(running.lines().filter(({ msg }) => msg === 'request').length).toBe(12);
});

describe('where the system cannot share a port', () => {
  const dealt = { threads: 3, dealing: 'own' } as const;

  test('connections are dealt to the threads, and everything else is the same', async () => {
    const held = await heldUpstream();
    const running = await gateway(
      configOf([{ id: 'a', url: held.url, more: ', rpm: 9, max_parallel_requests: 6' }]),
      dealt,
    );
    const { url } = running;
    const first = Promise.allSettled(many(6, url));
    await vi.waitFor(() => expect(held.held()).toBe(6), { timeout: 20_000 });
    expect(await statuses(many(10, url))).toEqual({ 429: 10 });
    // Dealt out evenly, each thread has two.
    await killThread(2);
    await vi.waitFor(() => expect(held.held()).toBe(4), { timeout: 20_000 });
    await vi.waitFor(() => expect(running.lines().filter(isDeath).length).toBe(1), { timeout: 20_000 });
    held.release();
    expect((await first).filter(({ status }) => status === 'fulfilled').length).toBe(4);
    expect(await statuses(many(10, url))).toEqual({ 200: 3, 429: 7 });
  });

  test('large bodies and streams come whole, on connections that are kept', async () => {
    const up = await provider();
    const { url } = await gateway(configOf([{ id: 'a', url: up.url }]), dealt);
    const content = 'word '.repeat(400_000);
    for (let nth = 0; nth < 4; nth++) {
      const answer = await fetch(`${url}/v1/chat/completions`, {
        method: 'POST',
        body: JSON.stringify({ model: 'g', stream: nth % 2 === 0, messages: [{ role: 'user', content }] }),
      });
      expect([answer.status, (await answer.text()).includes('stop')]).toEqual([200, true]);
    }
    expect(up.requests.map(({ body }) => JSON.stringify(body).length > content.length)).toEqual([
      true,
      true,
      true,
      true,
    ]);
  });

  test('a client that leaves is noticed', async () => {
    const held = await heldUpstream();
    const { url } = await gateway(configOf([{ id: 'a', url: held.url }]), dealt);
    const leaving = new AbortController();
    const asked = fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: 'g', messages: [] }),
      signal: leaving.signal,
    });
    await vi.waitFor(() => expect(held.held()).toBe(1), { timeout: 20_000 });
    leaving.abort();
    await expect(asked).rejects.toThrow('aborted');
    await vi.waitFor(() => expect(held.held()).toBe(0), { timeout: 20_000 });
  });
});
