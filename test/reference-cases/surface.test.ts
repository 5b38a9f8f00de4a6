// What clients see on the wire, as LiteLLM's own tests state it (reference 15.2, cases 46 and 47).
import { afterEach, describe, expect, it } from 'vitest';
import { startFakeProvider } from '../../src/fake-provider/fake-provider.ts';
import { startGateway } from '../support/start-gateway.ts';

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()));
});

async function start(name: string, model: string) {
  const provider = await startFakeProvider();
  open.push(() => provider.close());
  const gateway = await startGateway(
    `model_list: [{model_name: "${name}", litellm_params: {model: "${model}", api_base: "${provider.url}/v1", api_key: k}}]\n`,
  );
  open.push(() => gateway.drain());
  return { provider, url: gateway.url };
}

function post(url: string, body: string): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
}

describe('on the wire', () => {
  it('15.2 case 46: a wildcard rewrites the model of each request and stays as it was configured', async () => {
    const { provider, url } = await start('team/*', 'openai/gpt-*');
    for (const name of ['4o', '4o-mini', '4o']) {
      const answer = await post(
        url,
        JSON.stringify({ model: `team/${name}`, messages: [{ role: 'user', content: 'hi' }] }),
      );
      expect(await answer.json()).toMatchObject({ model: `team/${name}` });
    }
    expect(provider.requests.map(({ model }) => model)).toEqual(['gpt-4o', 'gpt-4o-mini', 'gpt-4o']);
    const listed = (await (await fetch(`${url}/model/info`)).json()) as {
      data: { litellm_params: { model: string } }[];
    };
    expect(listed.data.map(({ litellm_params: { model } }) => model)).toContain('openai/gpt-*');
  });

  it('15.2 case 47: a trailing comma in the body is no error', async () => {
    const { url } = await start('m', 'openai/m');
    const answer = await post(url, '{"model": "m", "messages": [{"role": "user", "content": "hi"},],}');
    expect(answer.status).toBe(200);
    await answer.text();
  });
});
