// Strategies, routing groups and per-request routing as a client meets them: through a real gateway, by the deployments
// that were asked and by what the answers say.
import { afterEach, describe, expect, test } from 'vitest';
import { startFakeProvider, type FakeProvider } from '../../src/fake-provider/fake-provider.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

let provider: FakeProvider | undefined;
let gateway: TestGateway | undefined;

afterEach(async () => {
  await gateway?.drain();
  await provider?.close();
});

/** Each model is a group of its own name with one deployment of the same id. */
async function start(models: Readonly<Record<string, string>>, settings: string): Promise<void> {
  provider = await startFakeProvider();
  const base = `api_base: ${provider.url}/v1, api_key: k`;
  const entries = Object.entries(models).map(
    ([name, params]) =>
      `  - {model_name: ${name}, litellm_params: {model: openai/up-${name}, ${base}${params}}, model_info: {id: id-${name}}}\n`,
  );
  gateway = await startGateway(`model_list:\n${entries.join('')}router_settings: {${settings}}\n`);
}

async function ask(model: string, more: object = {}) {
  const answer = await fetch(`${gateway?.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'hi' }], ...more }),
  });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

async function askedOf(requests: number, model: string, more: object = {}): Promise<(string | null)[]> {
  const ids = new Set<string | null>();
  for (let nth = 0; nth < requests; nth++) ids.add((await ask(model, more)).headers.get('x-litellm-model-id'));
  return [...ids];
}

const price = (dollars: number): string => `, input_cost_per_token: ${dollars}, output_cost_per_token: ${dollars}`;

describe('a routing group', () => {
  const SETTINGS = `num_retries: 0, routing_groups: [{group_name: cheap, models: [a, b], routing_strategy: cost-based-routing}]`;

  test('answers under its name with the cheapest member, and says so', async () => {
    await start({ a: price(2), b: price(1), c: '' }, SETTINGS);
    const { status, headers } = await ask('cheap');
    expect(status).toBe(200);
    expect(headers.get('x-litellm-model-group')).toBe('cheap');
    expect(await askedOf(10, 'cheap')).toEqual(['id-b']);
    expect(provider?.requests[0]?.model).toBe('up-b');
  });

  test('is listed like a group, and shown in the settings', async () => {
    await start({ a: price(2), b: price(1) }, SETTINGS);
    const get = async (path: string) =>
      (await (await fetch(`${gateway?.url}${path}`)).json()) as Record<string, unknown>;
    const { data } = (await get('/v1/models')) as { data: { id: string }[] };
    expect(data.map(({ id }) => id)).toEqual(['a', 'b', 'cheap']);
    expect(await get('/v1/models/cheap')).toMatchObject({ id: 'cheap', object: 'model' });
    expect(await get('/router/settings')).toMatchObject({
      current_values: {
        routing_strategy: 'simple-shuffle',
        routing_strategy_args: {
          ttl: 3_600,
          lowest_latency_buffer: 0,
          max_latency_list_size: 10,
          ttft_percentile: null,
        },
        routing_groups: [{ group_name: 'cheap', models: ['a', 'b'], routing_strategy: 'cost-based-routing' }],
      },
    });
  });

  test('with priorities goes on to the next on a failure, under the same name', async () => {
    const models = '{group_name: levels, models: [a, b], routing_strategy: priority, model_priorities: {a: 2, b: 1}}';
    await start({ a: '', b: '' }, `num_retries: 0, routing_groups: [${models}]`);
    expect(await askedOf(5, 'levels')).toEqual(['id-b']);
    provider?.setFaults({ 'up-b': { status: 400 } });
    const { headers } = await ask('levels');
    expect(headers.get('x-litellm-model-id')).toBe('id-a');
    expect(headers.get('x-litellm-model-group')).toBe('levels');
    expect(headers.get('x-litellm-attempted-fallbacks')).toBe('1');
  });
});

describe('router_settings_override', () => {
  test('chooses the strategy of one request, and never reaches the provider', async () => {
    await start({ a: price(2), b: price(1) }, 'routing_groups: [{group_name: both, models: [a, b]}]');
    const override = { router_settings_override: { routing_strategy: 'cost-based-routing' } };
    expect(await askedOf(10, 'both', override)).toEqual(['id-b']);
    expect(provider?.requests[0]?.body).not.toHaveProperty('router_settings_override');
    expect((await askedOf(40, 'both')).length).toBe(2);
  });

  test('weighs deployments for one request', async () => {
    await start({ a: '', b: '' }, 'routing_groups: [{group_name: both, models: [a, b]}]');
    const weights = { both: { 'id-a': 3 } };
    expect(await askedOf(20, 'both', { router_settings_override: { weights } })).toEqual(['id-a']);
  });

  test('gives fallbacks, retries and names to one request', async () => {
    await start({ a: '', b: '' }, 'num_retries: 2');
    provider?.setFaults({ 'up-a': { status: 503 } });
    const override = { fallbacks: [{ mine: ['b'] }], num_retries: 0, model_group_alias: { mine: 'a' } };
    const { status, headers } = await ask('mine', { router_settings_override: override });
    expect(status).toBe(200);
    expect(headers.get('x-litellm-model-group')).toBe('b');
    expect(provider?.requests.map(({ model }) => model)).toEqual(['up-a', 'up-b']);
  });

  test('with a strategy that nobody knows is a 400 that names those there are', async () => {
    await start({ a: '' }, '');
    const { status, text } = await ask('a', { router_settings_override: { routing_strategy: 'best' } });
    expect(status).toBe(400);
    expect(JSON.parse(text)).toMatchObject({
      error: {
        param: 'router_settings_override.routing_strategy',
        message: expect.stringContaining('least-busy, usage-based-routing') as string,
      },
    });
    expect(provider?.requests).toHaveLength(0);
  });
});

test('usage-based routing spreads equal requests one after the other', async () => {
  const usage = 'routing_groups: [{group_name: all, models: [a, b, c], routing_strategy: usage-based-routing-v2}]';
  await start({ a: '', b: '', c: '' }, usage);
  for (let nth = 0; nth < 12; nth++) await ask('all');
  const counts = ['up-a', 'up-b', 'up-c'].map(
    (model) => provider?.requests.filter((one) => one.model === model).length,
  );
  expect(counts).toEqual([4, 4, 4]);
});

test('latency-based routing leaves the slow one after one answer', async () => {
  const latency = 'routing_groups: [{group_name: all, models: [a, b], routing_strategy: latency-based-routing}]';
  await start({ a: '', b: '' }, latency);
  provider?.setFaults({ 'up-a': { latencyMs: 150 } });
  for (let nth = 0; nth < 8; nth++) await ask('all');
  expect(provider?.requests.filter(({ model }) => model === 'up-a')).toHaveLength(1);
});
