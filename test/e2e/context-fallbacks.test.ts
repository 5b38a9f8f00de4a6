// A prompt that does not fit, in the words of each vendor and through each provider, finds the group with the larger
// window: by the config and by the body, plain and as a stream. Then the config of the 2023 document as it is printed.
import { afterEach, describe, expect, it } from 'vitest';
import { startFakeProvider, type FakeProvider } from '../../src/fake-provider/fake-provider.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

const open: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()));
});

async function provider(name: string): Promise<FakeProvider> {
  const started = await startFakeProvider({ name });
  open.push(() => started.close());
  return started;
}

async function gateway(config: string): Promise<TestGateway> {
  const started = await startGateway(config, { speed: 20 });
  open.push(() => started.drain());
  return started;
}

function ask(url: string, body: Record<string, unknown>): Promise<Response> {
  return fetch(`${url}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ messages: [{ role: 'user', content: 'what llm are you' }], ...body }),
  });
}

/** Which group answered; the body is read. */
async function groupOf(answer: Response): Promise<string | null> {
  expect(answer.status, await answer.text()).toBe(200);
  return answer.headers.get('x-litellm-model-group');
}

/** How each vendor is called, and in whose words it refuses. */
const VENDORS = [
  ['OpenAI', 'openai/small', '/v1', 'openai'],
  ['Azure', 'azure/small', '', 'azure'],
  ['vLLM', 'hosted_vllm/small', '/v1', 'vllm'],
  ['vLLM behind openai/', 'openai/small', '/v1', 'vllm'],
  ['TGI behind huggingface/', 'huggingface/small', '', 'tgi'],
  ['vLLM behind huggingface/', 'huggingface/small', '', 'vllm'],
  ['Anthropic behind openai/', 'openai/small', '/v1', 'anthropic'],
] as const;

describe.each(VENDORS)('a prompt too long for %s', (_, model, path, vendor) => {
  async function start(settings: string): Promise<{ url: string; small: FakeProvider }> {
    const [small, large] = [await provider('small'), await provider('large')];
    small.setFaults({ '*': { error: 'context-length', vendor } });
    const { url } = await gateway(
      [
        'model_list:',
        '- model_name: small',
        `  litellm_params: {model: ${model}, api_base: "${small.url}${path}", api_key: k, api_version: 2024-10-21}`,
        '- model_name: large',
        `  litellm_params: {model: openai/large, api_base: "${large.url}/v1", api_key: k}`,
        '- model_name: other',
        `  litellm_params: {model: openai/other, api_base: "${large.url}/v1", api_key: k}`,
        'router_settings:',
        '  fallbacks: [{small: [other]}]',
        settings,
      ].join('\n'),
    );
    return { url, small };
  }

  it.each([false, true])('goes by the list of the config, not by the generic one (stream: %s)', async (stream) => {
    const { url, small } = await start('  context_window_fallbacks: [{small: [large]}]');
    expect(await groupOf(await ask(url, { model: 'small', stream }))).toBe('large');
    expect(small.requests).toHaveLength(1);
  });

  it('goes by the list of the body, in each of its forms', async () => {
    const { url } = await start('');
    const forms = [[{ small: ['large'] }], ['large'], [{ model: 'large', temperature: 0 }], 'large'];
    for (const form of forms) {
      expect(await groupOf(await ask(url, { model: 'small', context_window_fallbacks: form }))).toBe('large');
    }
    expect(await groupOf(await ask(url, { model: 'small', fallbacks: ['large'] }))).toBe('large');
  });

  it('is the provider’s refusal where there is no list, with the class that clients know', async () => {
    const { url, small } = await start('');
    const answer = await ask(url, { model: 'small' });
    expect([400, 422]).toContain(answer.status);
    expect(await answer.text()).toMatch(/ContextWindowExceededError.*maximum context length/);
    expect(small.requests).toHaveLength(1);
  });
});

describe('the config of the 2023 document', () => {
  /** As printed, with the indentation that the page lost and the addresses of the test. */
  async function start(): Promise<{ url: string; zephyrs: FakeProvider[]; openai: FakeProvider }> {
    const zephyrs = [await provider('z1'), await provider('z2'), await provider('z3')];
    const openai = await provider('openai');
    const { url } = await gateway(`
model_list:
${zephyrs
  .map(
    (zephyr) => `  - model_name: zephyr-beta
    litellm_params:
      model: huggingface/HuggingFaceH4/zephyr-7b-beta
      api_base: ${zephyr.url}
`,
  )
  .join('')}  - model_name: gpt-3.5-turbo
    litellm_params:
      model: gpt-3.5-turbo
      api_base: ${openai.url}/v1
      api_key: sk-test
  - model_name: gpt-3.5-turbo-16k
    litellm_params:
      model: gpt-3.5-turbo-16k
      api_base: ${openai.url}/v1
      api_key: sk-test

litellm_settings:
  num_retries: 3 # retry call 3 times on each model_name (e.g. zephyr-beta)
  request_timeout: 10 # raise Timeout error if call takes longer than 10s
  fallbacks: [{"zephyr-beta": ["gpt-3.5-turbo"]}] # fallback to gpt-3.5-turbo if call fails num_retries
  context_window_fallbacks: [{"zephyr-beta": ["gpt-3.5-turbo-16k"]}, {"gpt-3.5-turbo": ["gpt-3.5-turbo-16k"]}] # fallback to gpt-3.5-turbo-16k if context window error
  allowed_fails: 3 # cooldown model if it fails > 1 call in a minute.
`);
    return { url, zephyrs, openai };
  }

  const failing = (zephyrs: FakeProvider[], fault: object): void => {
    for (const zephyr of zephyrs) zephyr.setFaults({ '*': fault });
  };
  const calls = (zephyrs: FakeProvider[]): number => zephyrs.reduce((sum, { requests }) => sum + requests.length, 0);

  it('retries three times, then falls back', async () => {
    const { url, zephyrs } = await start();
    failing(zephyrs, { status: 503 });
    const answer = await ask(url, { model: 'zephyr-beta' });
    expect(await groupOf(answer)).toBe('gpt-3.5-turbo');
    expect(answer.headers.get('x-litellm-attempted-fallbacks')).toBe('1');
    expect(calls(zephyrs)).toBe(4);
  });

  it('sends a prompt that is too long to the larger window, and from there to the largest', async () => {
    const { url, zephyrs, openai } = await start();
    failing(zephyrs, { error: 'context-length' });
    expect(await groupOf(await ask(url, { model: 'zephyr-beta' }))).toBe('gpt-3.5-turbo-16k');
    expect(calls(zephyrs)).toBe(1);
    openai.setFaults({ 'gpt-3.5-turbo': { error: 'context-length' } });
    expect(await groupOf(await ask(url, { model: 'gpt-3.5-turbo' }))).toBe('gpt-3.5-turbo-16k');
    failing(zephyrs, { status: 500 });
    expect(await groupOf(await ask(url, { model: 'zephyr-beta' }))).toBe('gpt-3.5-turbo-16k');
  });

  it('follows the body of the dynamic curl in place of the config', async () => {
    const { url, zephyrs } = await start();
    const dynamic = {
      model: 'zephyr-beta',
      fallbacks: [{ 'zephyr-beta': ['gpt-3.5-turbo'] }],
      context_window_fallbacks: [{ 'zephyr-beta': ['gpt-3.5-turbo'] }],
      content_policy_fallbacks: [{ 'zephyr-beta': ['gpt-3.5-turbo-16k'] }],
      num_retries: 2,
      request_timeout: 10,
    };
    failing(zephyrs, { error: 'context-length' });
    expect(await groupOf(await ask(url, dynamic))).toBe('gpt-3.5-turbo');
    expect(calls(zephyrs)).toBe(1);
    failing(zephyrs, { error: 'content-filter', vendor: 'azure' });
    expect(await groupOf(await ask(url, dynamic))).toBe('gpt-3.5-turbo-16k');
    expect(calls(zephyrs)).toBe(2);
    failing(zephyrs, { status: 503 });
    expect(await groupOf(await ask(url, dynamic))).toBe('gpt-3.5-turbo');
    expect(calls(zephyrs)).toBe(5);
  });

  it('cuts an attempt at request_timeout', async () => {
    const { url, zephyrs } = await start();
    failing(zephyrs, { connection: 'silence' });
    const answer = await ask(url, { model: 'zephyr-beta', num_retries: 0, request_timeout: 2 });
    expect(await groupOf(answer)).toBe('gpt-3.5-turbo');
    expect(calls(zephyrs)).toBe(1);
  });
});
