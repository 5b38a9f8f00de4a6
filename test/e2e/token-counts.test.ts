// Decisions that hang on the true size of a prompt: the estimate by bytes is corrected before anything is sent.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startFakeProvider, type FakeProvider } from '../../src/fake-provider/fake-provider.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

let provider: FakeProvider;
let gateway: TestGateway;
beforeEach(async () => void (provider = await startFakeProvider()));
afterEach(async () => {
  await gateway.drain();
  await provider.close();
});

interface Entry {
  readonly group: string;
  readonly id: string;
  readonly params?: string;
  readonly info?: string;
}

async function start(entries: readonly Entry[], settings = ''): Promise<void> {
  const base = `api_base: "${provider.url}/v1", api_key: k`;
  const list = entries.map(
    ({ group, id, params = '', info = '' }) =>
      `  - {model_name: ${group}, litellm_params: {model: openai/${id}, ${base}${params}}, model_info: {id: ${id}${info}}}\n`,
  );
  gateway = await startGateway(`model_list:\n${list.join('')}router_settings: {${settings}}\n`);
}

async function ask(content: string, model = 'a') {
  const answer = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model, max_tokens: 1, messages: [{ role: 'user', content }] }),
    headers: { 'content-type': 'application/json' },
  });
  const { error } = (await answer.json()) as { error?: { message: string } };
  return {
    status: answer.status,
    id: answer.headers.get('x-litellm-model-id'),
    message: error?.message,
    headers: answer.headers,
  };
}

/** One token for eight bytes: the estimate is twice as high. */
const LONG_WORDS = ' because'.repeat(100);
/** A token for two bytes: the estimate is half of the truth. */
const DENSE = ' a b c d'.repeat(50);

describe('a window', () => {
  it('that the estimate alone would rule out is used', async () => {
    await start([{ group: 'a', id: 'small', info: ', max_input_tokens: 120' }], 'enable_pre_call_checks: true');
    expect(await ask(LONG_WORDS)).toMatchObject({ status: 200, id: 'small' });
  });

  it('that is too small in truth is not', async () => {
    const small = { group: 'a', id: 'small', params: ', weight: 1000000', info: ', max_input_tokens: 150' };
    await start([small, { group: 'a', id: 'large', info: ', max_input_tokens: 1000' }], 'enable_pre_call_checks: true');
    expect(await ask(DENSE)).toMatchObject({ status: 200, id: 'large' });
  });
});

describe('tpm', () => {
  it('that the estimate exceeds and the prompt does not is no obstacle', async () => {
    await start([{ group: 'a', id: 'one', params: ', tpm: 150' }]);
    expect(await ask(LONG_WORDS)).toMatchObject({ status: 200, id: 'one' });
  });

  it('that the prompt alone exceeds is named with both numbers, and nothing is sent', async () => {
    await start([{ group: 'a', id: 'one', params: ', tpm: 100' }]);
    const { status, message, headers } = await ask(LONG_WORDS);
    expect(status).toBe(400);
    expect(message).toBe(
      'litellm.BadRequestError: the prompt alone exceeds the tpm of every deployment of a: 107 tokens, largest tpm 100',
    );
    expect(headers.get('retry-after')).toBeNull();
    expect(provider.requests).toHaveLength(0);
  });

  it('of another group is a way out', async () => {
    const entries = [
      { group: 'a', id: 'one', params: ', tpm: 100' },
      { group: 'b', id: 'two' },
    ];
    await start(entries, 'fallbacks: [{a: [b]}]');
    expect(await ask(LONG_WORDS)).toMatchObject({ status: 200, id: 'two' });
  });

  it('of a prompt of 300 kB is judged by its count too', async () => {
    await start([{ group: 'a', id: 'one', params: ', tpm: 50000' }]);
    expect(await ask(' because'.repeat(37_500))).toMatchObject({ status: 200, id: 'one' });
  });
});
