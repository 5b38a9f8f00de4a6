import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { createDemo } from './demo.ts';

interface Config {
  readonly model_list: readonly {
    readonly model_name: string;
    readonly litellm_params: { readonly model: string; readonly api_base: string; readonly rpm?: number };
  }[];
  readonly router_settings: Record<string, unknown>;
}

function ask(url: string, model: string): Promise<Response> {
  const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'what llm are you' }] });
  return fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
}

test('its config has the documented limits behind one name, an alias and a fallback, and every upstream answers', async () => {
  const demo = await createDemo();
  const config = parse(demo.configText) as Config;
  const azure = config.model_list.filter((entry) => entry.model_name === 'gpt-3.5-turbo');
  expect(azure.map((entry) => entry.litellm_params.rpm)).toEqual([6, 6, 1440]);
  expect(config.router_settings).toMatchObject({
    model_group_alias: { 'gpt-4': 'gpt-3.5-turbo' },
    fallbacks: [{ 'gpt-3.5-turbo': ['zephyr-beta'] }],
  });
  for (const { litellm_params: params } of azure) {
    const deployment = params.model.replace('azure/', '');
    const url = `${params.api_base}openai/deployments/${deployment}/chat/completions?api-version=2024-10-21`;
    expect(await (await ask(url, '')).text()).toContain(`I am ${deployment}`);
  }
  const fallback = config.model_list.find((entry) => entry.model_name === 'zephyr-beta')?.litellm_params;
  const answer = await ask(`${fallback?.api_base}/v1/chat/completions`, 'HuggingFaceH4/zephyr-7b-beta');
  expect(answer.status).toBe(200);
  await demo.close();
});

test('its fake deployments enforce their limits', async () => {
  const demo = await createDemo();
  const config = parse(demo.configText) as Config;
  const base = config.model_list[0]?.litellm_params.api_base;
  const statuses: number[] = [];
  for (let index = 0; index < 7; index++) {
    const url = `${base}openai/deployments/gpt-turbo-small-eu/chat/completions?api-version=2024-10-21`;
    statuses.push((await ask(url, '')).status);
  }
  expect(statuses).toEqual([200, 200, 200, 200, 200, 200, 429]);
  await demo.close();
});

test('every line of its guide that controls a deployment works as printed', async () => {
  const demo = await createDemo();
  const guide = demo.guide('http://127.0.0.1:4000');
  const controls = [...guide.matchAll(/curl (\S+)\/_control\/faults -d '([^']+)'/g)];
  expect(controls).toHaveLength(6);
  for (const [, url, body] of controls) {
    const response = await fetch(`${url}/_control/faults`, { method: 'POST', body: body ?? '' });
    expect(response.status).toBe(200);
  }
  expect(guide).toContain('curl -i http://127.0.0.1:4000/chat/completions');
  await demo.close();
});
