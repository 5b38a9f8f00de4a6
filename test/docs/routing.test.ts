// The worked examples of docs/routing.md, done with a real gateway and fake providers: what the text says must happen.
import { afterEach, describe, expect, it } from 'vitest';
import { startFakeProvider, type FakeProvider } from '../../src/fake-provider/fake-provider.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

let provider: FakeProvider | undefined;
let gateway: TestGateway | undefined;

afterEach(async () => {
  await gateway?.drain();
  await provider?.close();
});

async function start(
  groups: readonly (readonly [group: string, params: string])[],
  settings: { readonly text: string; readonly speed?: number },
): Promise<void> {
  provider = await startFakeProvider();
  const base = `api_base: ${provider.url}/v1, api_key: k`;
  const entries = groups.map(
    ([group, params], at) =>
      `  - {model_name: ${group}, litellm_params: {model: openai/${group}${at}, ${base}${params}}}\n`,
  );
  gateway = await startGateway(`model_list:\n${entries.join('')}router_settings: {${settings.text}}\n`, {
    speed: settings.speed ?? 1,
  });
}

function ask(model: string): Promise<Response> {
  const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'hi' }] });
  return fetch(`${gateway?.url}/v1/chat/completions`, { method: 'POST', body, headers: JSON_TYPE });
}

const JSON_TYPE = { 'content-type': 'application/json' };

describe('the examples of the routing page', () => {
  it('when everything answers 503: two retries in the group, then the fallback with its own two', async () => {
    await start(
      [
        ['a', ''],
        ['a', ''],
        ['b', ''],
      ],
      { text: 'num_retries: 2, fallbacks: [{a: [b]}]', speed: 100 },
    );
    provider?.setFaults({ '*': { status: 503 } });
    const answer = await ask('a');
    const { error } = (await answer.json()) as { error: { message: string } };
    expect(answer.status).toBe(503);
    expect(error.message).toContain('Fallback to b also failed');
    const asked = provider?.requests.map(({ model }) => model) ?? [];
    expect(new Set(asked.slice(0, 2))).toEqual(new Set(['a0', 'a1']));
    expect(['a0', 'a1']).toContain(asked[2]);
    expect(asked.slice(3)).toEqual(['b2', 'b2', 'b2']);
  });

  it('when rpm: 2 is used up: a 429 at once, with the time after which there is room', async () => {
    await start([['a', ', rpm: 2']], { text: '' });
    expect([(await ask('a')).status, (await ask('a')).status]).toEqual([200, 200]);
    const refused = await ask('a');
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(10);
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(60);
    expect(provider?.requests).toHaveLength(2);
  });

  it('when a request costs more than the budget: it is answered, and the next is a 429', async () => {
    await start([['a', ', input_cost_per_token: 0.001, output_cost_per_token: 0.001']], {
      text: 'provider_budget_config: {openai: {budget_limit: 0.001, time_period: 1h}}',
    });
    const first = await ask('a');
    await first.text();
    const refused = await ask('a');
    expect([first.status, refused.status]).toEqual([200, 429]);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(3_000);
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(3_600);
    expect(await refused.text()).toContain('crossed budget');
  });

  it('when one of two answers 500 to everything: no client sees an error', async () => {
    await start(
      [
        ['a', ''],
        ['a', ''],
      ],
      { text: '' },
    );
    provider?.setFaults({ a0: { status: 500 } });
    const answers = await Promise.all(Array.from({ length: 30 }, () => ask('a')));
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    expect(provider?.requests.some(({ model }) => model === 'a0')).toBe(true);
  });
});
