// One group over vendors that do not offer the same: a request goes to one that can express it.
import { afterEach, expect, test } from 'vitest';
import { startFakeProvider, type FakeProvider } from '../../src/fake-provider/fake-provider.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

let provider: FakeProvider | undefined;
let gateway: TestGateway | undefined;

afterEach(async () => {
  await gateway?.drain();
  await provider?.close();
});

test.for([0, 2])('responses go to the member that has them, with num_retries %i', async (retries) => {
  provider = await startFakeProvider();
  gateway = await startGateway(`
model_list:
- model_name: mixed
  litellm_params: {model: huggingface/org/m, api_base: "${provider.url}", api_key: k}
- model_name: mixed
  litellm_params: {model: openai/m, api_base: "${provider.url}/v1", api_key: k}
router_settings: {num_retries: ${retries}}
`);
  for (let n = 0; n < 20; n += 1) {
    const answer = await fetch(`${gateway.url}/v1/responses`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'mixed', input: 'hello' }),
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-litellm-attempted-retries')).toBe('0');
    await answer.text();
  }
});
