// Retry policies, the cap of a request, failover inside a group and timeouts by tier, from the config and the body to what
// reaches the providers.
import { afterEach, describe, expect, it } from 'vitest';
import { startFakeProvider, type FakeProvider } from '../../src/fake-provider/fake-provider.ts';
import type { FaultTableInput } from '../../src/fake-provider/fault-table.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

let provider: FakeProvider | undefined;
let gateway: TestGateway | undefined;

afterEach(async () => {
  await gateway?.drain();
  await provider?.close();
});

/** Three deployments of group `g` (models g0 to g2) and one of `spare`. */
async function start(faults: FaultTableInput, settings: string, params = ''): Promise<FakeProvider> {
  provider = await startFakeProvider({ faults });
  const base = `api_base: ${provider.url}/v1, api_key: k`;
  const members = [0, 1, 2].map(
    (nth) => `  - {model_name: g, litellm_params: {model: openai/g${nth}, ${base}${params}}}\n`,
  );
  const spare = `  - {model_name: spare, litellm_params: {model: openai/spare, ${base}}}\n`;
  gateway = await startGateway(`model_list:\n${members.join('')}${spare}${settings}\n`, { speed: 20 });
  return provider;
}

async function ask(
  body: Record<string, unknown> = {},
): Promise<{ status: number; group: string | null; text: string }> {
  const answer = await fetch(`${gateway?.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'g', messages: [{ role: 'user', content: 'hi' }], ...body }),
  });
  return { status: answer.status, group: answer.headers.get('x-litellm-model-group'), text: await answer.text() };
}

const calls = (): number => provider?.requests.length ?? 0;

describe('a retry policy', () => {
  const BAD = { '*': { status: 400 } };

  it('of the config retries a 400, unless the request wants none', async () => {
    await start(BAD, 'router_settings: {retry_policy: {BadRequestErrorRetries: 2}}');
    expect((await ask()).status).toBe(400);
    expect(calls()).toBe(3);
    expect((await ask({ num_retries: 0 })).status).toBe(400);
    expect(calls()).toBe(4);
  });

  it('of the body comes before the config’s, and does not reach the provider', async () => {
    const upstream = await start(BAD, 'router_settings: {model_group_retry_policy: {g: {BadRequestErrorRetries: 0}}}');
    await ask();
    expect(calls()).toBe(1);
    await ask({ router_settings_override: { model_group_retry_policy: { g: { BadRequestErrorRetries: 1 } } } });
    expect(calls()).toBe(3);
    expect(Object.keys(upstream.requests.at(-1)?.body ?? {})).not.toContain('router_settings_override');
  });
});

it('num_retries_per_request ends a request after so many further attempts, and says so', async () => {
  await start(
    { '*': { status: 503 } },
    'router_settings: {num_retries: 1, fallbacks: [{g: [spare]}]}\nlitellm_settings: {num_retries_per_request: 2}',
  );
  const answer = await ask();
  expect(answer.status).toBe(503);
  expect(answer.text).toContain('Max retries per request hit!');
  expect(provider?.requests.at(-1)?.model).toBe('spare');
  expect(calls()).toBe(3);
});

it('with enable_weighted_failover the whole group is asked before another one', async () => {
  await start(
    { g0: { status: 400 }, g1: { status: 400 }, g2: { status: 400 } },
    'router_settings: {num_retries: 0, enable_weighted_failover: true, fallbacks: [{g: [spare]}]}',
  );
  expect(await ask()).toMatchObject({ status: 200, group: 'spare' });
  const models = provider?.requests.map(({ model }) => model) ?? [];
  expect(new Set(models.slice(0, 3))).toEqual(new Set(['g0', 'g1', 'g2']));
  expect(models.slice(3)).toEqual(['spare']);
});

it.each([false, true])('a timeout by tier is that of the request’s service tier (stream: %s)', async (stream) => {
  const tiers = ', timeout: 60, timeout_by_service_tier: {priority: 1}, stream_timeout_by_service_tier: {priority: 1}';
  await start({ '*': { connection: 'silence' } }, 'router_settings: {num_retries: 0}', tiers);
  const answer = await ask({ service_tier: 'priority', stream });
  expect(answer.status).toBe(408);
  expect(answer.text).toContain('timeout value=1');
  expect(provider?.requests[0]?.body).toMatchObject({ service_tier: 'priority' });
});
