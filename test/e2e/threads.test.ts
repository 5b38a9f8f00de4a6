// Several threads on one port: what is promised of a gateway is promised of all of them together.
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

async function sampleOf(url: string, pattern: RegExp): Promise<number> {
  return Number(pattern.exec(await text(`${url}/metrics`))?.[1] ?? Number.NaN);
}

/** The value of a family's only sample for deployment `a`. */
function ofDeployment(family: string): RegExp {
  return new RegExp(String.raw`^${family}\{[^}]*model_id="a"[^}]*\} (\S+)$`, 'm');
}

describe.each([2, 3, 4])('%d threads', (threads) => {
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
    const { url } = await gateway(configOf([{ id: 'a', url: held.url, more: ', max_parallel_requests: 3' }]), { threads });
    const first = many(20, url);
    await vi.waitFor(() => expect(held.held()).toBe(3), { timeout: 20_000 });
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
