// Budgets, regions, sticky requests and health checks as clients meet them, over real sockets. Time stands still until a
// test moves it.
import { afterEach, describe, expect, test } from 'vitest';
import { startFakeProvider, type FakeProvider } from '../../src/fake-provider/fake-provider.ts';
import { handClock, type HandClock } from '../support/hand-clock.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((part) => part.close()));
});

async function provider(): Promise<FakeProvider> {
  const started = await startFakeProvider();
  open.push(started);
  return started;
}

interface World extends TestGateway {
  readonly clock: HandClock;
}

async function gateway(config: string): Promise<World> {
  const clock = handClock(7);
  const started = await startGateway(config, { clock });
  open.push({ close: () => started.drain() });
  return { ...started, clock };
}

interface Entry {
  readonly id: string;
  readonly target: FakeProvider;
  readonly group?: string;
  readonly params?: string;
  readonly model?: string;
}

function entry({ id, target, group = 'm', params = '', model = 'openai/m' }: Entry): string {
  return [
    `- model_name: ${group}`,
    `  litellm_params: {model: ${model}, api_base: "${target.url}/v1", api_key: sk-up, ${params}}`,
    `  model_info: {id: ${id}}`,
    '',
  ].join('\n');
}

const PRICED = 'input_cost_per_token: 0.001, output_cost_per_token: 0.001';

function ask(url: string, body: Record<string, unknown> = {}, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hello' }], ...body }),
  });
}

async function servedBy(answer: Promise<Response>): Promise<string | null> {
  const response = await answer;
  await response.text();
  return response.status === 200 ? response.headers.get('x-litellm-model-id') : `status ${response.status}`;
}

describe('a budget', () => {
  test('of a provider lets the request through that crosses it, then none until its period is over', async () => {
    const there = await gateway(
      `model_list:\n${entry({ id: 'a', target: await provider(), params: PRICED })}` +
        'router_settings: {provider_budget_config: {openai: {budget_limit: 0.001, time_period: 1h}}}',
    );
    expect(await servedBy(ask(there.url))).toBe('a');
    there.clock.advance(600_000);
    const refused = await ask(there.url);
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('3000');
    const { error } = (await refused.json()) as { error: { message: string; type: string } };
    expect(error.message).toContain('No deployments available - crossed budget: Exceeded budget for provider openai: ');
    expect(error.type).toBe('rate_limit_error');
    there.clock.advance(3_000_000);
    expect(await servedBy(ask(there.url))).toBe('a');
  });

  test('is shown with what was spent and when it begins anew', async () => {
    const there = await gateway(
      `model_list:\n${entry({ id: 'a', target: await provider(), params: PRICED })}` +
        'router_settings: {provider_budget_config: {openai: {max_budget: 5, budget_duration: 1d}, azure: {budget_limit: 7, time_period: 30s}}}',
    );
    const answer = await ask(there.url);
    const { usage } = (await answer.json()) as { usage: { total_tokens: number } };
    const listed = await fetch(`${there.url}/provider/budgets`);
    expect(await listed.json()).toEqual({
      providers: {
        openai: {
          budget_limit: 5,
          time_period: '1d',
          spend: usage.total_tokens / 1000,
          budget_reset_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        },
        azure: { budget_limit: 7, time_period: '30s', spend: 0, budget_reset_at: null },
      },
    });
    const scrape = await (await fetch(`${there.url}/metrics`)).text();
    const left = 5 - usage.total_tokens / 1000;
    expect(scrape).toContain(`litellm_provider_remaining_budget_metric{api_provider="openai"} ${left}\n`);
    expect(scrape).toContain('litellm_provider_remaining_budget_metric{api_provider="azure"} 7\n');
  });

  test('of a deployment leaves the traffic to the others, and the group to its fallback', async () => {
    const target = await provider();
    const there = await gateway(
      `model_list:\n${entry({ id: 'a', target, params: `${PRICED}, max_budget: 0.001, budget_duration: 1d` })}` +
        entry({ id: 'b', target, params: `${PRICED}, max_budget: 0.001, budget_duration: 1d` }) +
        `${entry({ id: 'c', target, group: 'other' })}router_settings: {fallbacks: [{m: [other]}]}`,
    );
    const served = [await servedBy(ask(there.url)), await servedBy(ask(there.url)), await servedBy(ask(there.url))];
    expect(new Set(served.slice(0, 2))).toEqual(new Set(['a', 'b']));
    expect(served[2]).toBe('c');
  });

  test('of a tag counts the requests that carry it, and refuses only those', async () => {
    const there = await gateway(
      `model_list:\n${entry({ id: 'a', target: await provider(), params: PRICED })}` +
        'litellm_settings: {tag_budget_config: {team-x: {max_budget: 0.001, budget_duration: 1d}}}',
    );
    expect(await servedBy(ask(there.url, { metadata: { tags: ['team-x'] } }))).toBe('a');
    expect(await servedBy(ask(there.url, { metadata: { tags: ['team-x'] } }))).toBe('status 429');
    expect(await servedBy(ask(there.url, { metadata: { tags: ['team-y'] } }))).toBe('a');
    const listed = await fetch(`${there.url}/provider/budgets`);
    expect(listed.status).toBe(500);
    await listed.text();
  });

  test('counts streams by the usage at their end', async () => {
    const there = await gateway(
      `model_list:\n${entry({ id: 'a', target: await provider(), params: PRICED })}` +
        'router_settings: {provider_budget_config: {openai: {budget_limit: 0.001, time_period: 1h}}}',
    );
    expect(await servedBy(ask(there.url, { stream: true }))).toBe('a');
    expect(await servedBy(ask(there.url, { stream: true }))).toBe('status 429');
  });
});

describe('pre-call checks', () => {
  const checks = 'router_settings: {enable_pre_call_checks: true, num_retries: 0}';

  test('keep a request in the region it asks for, and the provider never hears of it', async () => {
    const target = await provider();
    const there = await gateway(
      `model_list:\n${entry({ id: 'eu', target, params: 'region_name: eu' })}` +
        `${entry({ id: 'us', target, params: 'region_name: us' })}${entry({ id: 'nowhere', target })}${checks}`,
    );
    for (let nth = 0; nth < 5; nth += 1)
      expect(await servedBy(ask(there.url, { allowed_model_region: 'eu' }))).toBe('eu');
    const refused = await ask(there.url, { allowed_model_region: 'mars' });
    expect(refused.status).toBe(429);
    expect(await refused.text()).toContain('3 outside the region asked for');
  });

  test('leave out a model that is known not to follow a schema, unless nobody is left', async () => {
    const target = await provider();
    const old = entry({ id: 'old', target, model: 'openai/gpt-3.5-turbo' });
    const there = await gateway(
      `model_list:\n${old}${entry({ id: 'new', target, model: 'openai/gpt-4o' })}` +
        `${entry({ id: 'alone', target, group: 'old-only', model: 'openai/gpt-3.5-turbo' })}${checks}`,
    );
    const schema = { response_format: { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'object' } } } };
    for (let nth = 0; nth < 5; nth += 1) expect(await servedBy(ask(there.url, schema))).toBe('new');
    expect(await servedBy(ask(there.url, { ...schema, model: 'old-only' }))).toBe('alone');
  });
});

describe('a request sticks', () => {
  async function sticky(settings: string): Promise<World> {
    const target = await provider();
    const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
    return gateway(`model_list:\n${ids.map((id) => entry({ id, target })).join('')}router_settings: {${settings}}`);
  }

  async function spread(send: () => Promise<Response>): Promise<number> {
    const served = new Set<string | null>();
    for (let nth = 0; nth < 12; nth += 1) served.add(await servedBy(send()));
    return served.size;
  }

  test('by its session, wherever the id stands, for as long as the session lives', async () => {
    const { url, clock } = await sticky(
      'optional_pre_call_checks: [session_affinity], deployment_affinity_ttl_seconds: 60',
    );
    const inBody = { metadata: { session_id: 's1' } };
    expect(await spread(() => ask(url, inBody))).toBe(1);
    const first = await servedBy(ask(url, inBody));
    expect(await servedBy(ask(url, { litellm_session_id: 's1' }))).toBe(first);
    expect(await servedBy(ask(url, {}, { 'x-litellm-session-id': 's1' }))).toBe(first);
    expect(await spread(() => ask(url))).toBeGreaterThan(1);
    expect(
      await spread(() => {
        clock.advance(60_000);
        return ask(url, inBody);
      }),
    ).toBeGreaterThan(1);
  });

  test('by the key of its caller', async () => {
    const { url } = await sticky('optional_pre_call_checks: [deployment_affinity]');
    expect(await spread(() => ask(url, {}, { authorization: 'Bearer sk-one' }))).toBe(1);
    expect(await spread(() => ask(url))).toBeGreaterThan(1);
  });

  test('by a prompt that goes on where an earlier one ended', async () => {
    const { url } = await sticky('optional_pre_call_checks: [prompt_caching]');
    const messages = [{ role: 'system', content: 'a rule. '.repeat(1_000) }];
    const first = await servedBy(ask(url, { messages: [...messages, { role: 'user', content: 'one' }] }));
    const grown = [...messages, { role: 'user', content: 'one' }, { role: 'assistant', content: 'x' }];
    for (let nth = 0; nth < 5; nth += 1) {
      grown.push({ role: 'user', content: `more ${nth}` });
      expect(await servedBy(ask(url, { messages: grown }))).toBe(first);
    }
    expect(await spread(() => ask(url))).toBeGreaterThan(1);
  });

  test('in the groups that are named, by what they are named for', async () => {
    const { url } = await sticky('model_group_affinity_config: {m: [session_affinity], n: [deployment_affinity]}');
    expect(await spread(() => ask(url, { litellm_session_id: 's' }, { authorization: 'Bearer k' }))).toBe(1);
    expect(await spread(() => ask(url, {}, { authorization: 'Bearer k' }))).toBeGreaterThan(1);
  });
});

test('a deployment whose health check fails gets no traffic while another is there', async () => {
  const [sick, well] = [await provider(), await provider()];
  sick.setFaults({ '*': { status: 500 } });
  const there = await gateway(
    `model_list:\n${entry({ id: 'sick', target: sick })}${entry({ id: 'well', target: well })}` +
      entry({ id: 'lone', target: sick, group: 'lone' }) +
      'general_settings: {background_health_checks: true, enable_health_check_routing: true}\n' +
      'router_settings: {num_retries: 0, disable_cooldowns: true}',
  );
  await (await fetch(`${there.url}/health`)).text();
  sick.reset();
  for (let nth = 0; nth < 8; nth += 1) expect(await servedBy(ask(there.url))).toBe('well');
  expect(await servedBy(ask(there.url, { model: 'lone' }))).toBe('lone');
  there.clock.advance(600_000);
  const later = new Set<string | null>();
  for (let nth = 0; nth < 12; nth += 1) later.add(await servedBy(ask(there.url)));
  expect(later).toEqual(new Set(['sick', 'well']));
});

test('a caller is known by its User-Agent where a deployment asks for it', async () => {
  const target = await provider();
  const there = await gateway(
    `model_list:\n${entry({ id: 'code', target, params: `tag_regex: ["^User-Agent: coder/"]` })}` +
      `${entry({ id: 'rest', target, params: 'tags: [default]' })}router_settings: {enable_tag_filtering: true}`,
  );
  expect(await servedBy(ask(there.url, {}, { 'user-agent': 'coder/1.2' }))).toBe('code');
  expect(await servedBy(ask(there.url, {}, { 'user-agent': 'curl/8' }))).toBe('rest');
});
