// Answers that no provider gives: mock_response and its kin, in the config and in bodies, over real HTTP.
import OpenAI from 'openai';
import { afterEach, describe, expect, test } from 'vitest';
import { startFakeProvider, type FakeProvider } from '../../src/fake-provider/fake-provider.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((part) => part.close()));
});

async function gateway(config: string, speed = 1): Promise<TestGateway> {
  const started = await startGateway(config, { speed });
  open.push({ close: () => started.drain() });
  return started;
}

async function provider(): Promise<FakeProvider> {
  const started = await startFakeProvider();
  open.push(started);
  return started;
}

function mocked(group: string, params: Readonly<Record<string, unknown>>): string {
  const all = { model: 'azure/m', ...params };
  return `- {model_name: ${group}, litellm_params: ${JSON.stringify(all)}, model_info: {id: ${group}-1}}`;
}

function real(group: string, { url }: FakeProvider): string {
  return `- {model_name: ${group}, litellm_params: {model: openai/m, api_base: "${url}/v1", api_key: sk-up}, model_info: {id: ${group}-1}}`;
}

const messages = [{ role: 'user' as const, content: 'hello' }];

function post(url: string, path: string, body: Readonly<Record<string, unknown>>, signal?: AbortSignal) {
  return fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });
}

function chat(url: string, body: Readonly<Record<string, unknown>>, signal?: AbortSignal): Promise<Response> {
  return post(url, '/v1/chat/completions', { messages, ...body }, signal);
}

function client(url: string): OpenAI {
  return new OpenAI({ apiKey: 'any', baseURL: `${url}/v1`, maxRetries: 0 });
}

describe('a deployment that answers by itself', () => {
  test('needs neither key nor address, and answers the official client plain, streamed and as a response', async () => {
    const text = 'grüße from the config 🙂';
    const { url } = await gateway(`model_list:\n${mocked('g', { mock_response: text })}`);
    const openai = client(url);
    const plain = await openai.chat.completions.create({ model: 'g', messages });
    expect(plain.choices[0]?.message.content).toBe(text);
    expect(plain.usage).toMatchObject({ prompt_tokens: 10, completion_tokens: 20, total_tokens: 30 });
    const stream = openai.chat.completions.stream({ model: 'g', messages, stream_options: { include_usage: true } });
    const whole = await stream.finalChatCompletion();
    expect(whole.choices[0]?.message.content).toBe(text);
    expect(whole.choices[0]?.finish_reason).toBe('stop');
    expect(whole.usage?.total_tokens).toBe(30);
    const response = await openai.responses.create({ model: 'g', input: 'hello' });
    expect(response.output_text).toBe(text);
    const streamed = await openai.responses.stream({ model: 'g', input: 'hello' }).finalResponse();
    expect(streamed.output_text).toBe(text);
    const completion = await openai.completions.create({ model: 'g', prompt: 'hello' });
    expect(completion.choices[0]?.text).toBe(text);
  });

  test('streams text completions in small pieces', async () => {
    const { url } = await gateway(`model_list:\n${mocked('g', { mock_response: 'abcdefg' })}`);
    const parts: string[] = [];
    for await (const part of await client(url).completions.create({ model: 'g', prompt: 'x', stream: true })) {
      parts.push(part.choices[0]?.text ?? '');
    }
    expect(parts.join('')).toBe('abcdefg');
    expect(parts.length).toBeGreaterThan(2);
  });

  test('gives its vector to every input, in the encoding that the client asks for', async () => {
    const { url } = await gateway(`model_list:\n${mocked('e', { mock_response: [0.5, -0.25] })}`);
    const { data } = await client(url).embeddings.create({ model: 'e', input: ['a', 'b'] });
    expect(data.map(({ embedding }) => [...embedding])).toEqual([
      [0.5, -0.25],
      [0.5, -0.25],
    ]);
    const floats = await client(url).embeddings.create({ model: 'e', input: 'a', encoding_format: 'float' });
    expect(floats.data[0]?.embedding).toEqual([0.5, -0.25]);
  });

  test('gives a whole answer as it stands, and tells it as a stream', async () => {
    const answer = {
      id: 'mm',
      object: 'chat.completion',
      created: 1,
      model: 'x',
      choices: [{ index: 0, finish_reason: 'length', message: { role: 'assistant', content: 'from a map' } }],
      usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
    };
    const { url } = await gateway(`model_list:\n${mocked('g', { mock_response: answer })}`);
    expect(await client(url).chat.completions.create({ model: 'g', messages })).toMatchObject({
      ...answer,
      model: 'g',
    });
    const streamed = await client(url).chat.completions.stream({ model: 'g', messages }).finalChatCompletion();
    expect(streamed.choices[0]).toMatchObject({ finish_reason: 'length', message: { content: 'from a map' } });
  });

  test('calls tools', async () => {
    const calls = [{ id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"x":1}' } }];
    const { url } = await gateway(`model_list:\n${mocked('g', { mock_tool_calls: calls })}`);
    const plain = await client(url).chat.completions.create({ model: 'g', messages });
    expect(plain.choices[0]).toMatchObject({ finish_reason: 'tool_calls', message: { tool_calls: calls } });
    const streamed = await client(url).chat.completions.stream({ model: 'g', messages }).finalChatCompletion();
    expect(streamed.choices[0]?.message.tool_calls?.[0]).toMatchObject(calls[0] ?? {});
  });

  test('is an attempt like any other: charged, counted in the log, shown in the headers', async () => {
    const { url, lines } = await gateway(
      `model_list:\n${mocked('g', { mock_response: 'x', rpm: 1 })}\nrouter_settings: {queue_timeout: 0}`,
    );
    const first = await chat(url, { model: 'g' });
    expect(first.headers.get('x-litellm-model-id')).toBe('g-1');
    await first.text();
    expect((await chat(url, { model: 'g' })).status).toBe(429);
    await expect
      .poll(() => lines().find((line) => line['msg'] === 'request'))
      .toMatchObject({
        model: 'g',
        deployment: 'g-1',
        attempts: 1,
        prompt_tokens: 10,
        completion_tokens: 20,
      });
  });

  test('a mocked rate limit is retried and falls back to a group that answers', async () => {
    const { url } = await gateway(
      [
        'model_list:',
        mocked('bad', { mock_response: 'litellm.RateLimitError' }),
        mocked('good', { mock_response: 'from the fallback' }),
        'router_settings: {num_retries: 0, fallbacks: [{bad: [good]}]}',
      ].join('\n'),
    );
    for (const stream of [false, true]) {
      const answer = await chat(url, { model: 'bad', stream });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('x-litellm-model-group')).toBe('good');
      expect(answer.headers.get('x-litellm-attempted-fallbacks')).toBe('1');
      await answer.text();
    }
  });

  test.for([
    ['litellm.RateLimitError', 429, 'RateLimitError'],
    ['litellm.InternalServerError', 500, 'mock internal server error'],
    ['litellm.ContextWindowExceededError', 400, 'ContextWindowExceededError'],
    ['Exception: content_filter_policy', 400, 'content_filter_policy'],
    ['Exception: mock_streaming_error', 529, 'mock error raised mid-stream'],
  ] as const)('%s is a %i, plain and streamed', async ([words, status, fragment]) => {
    const { url } = await gateway(
      `model_list:\n${mocked('g', { mock_response: words })}\nrouter_settings: {num_retries: 0, disable_cooldowns: true}`,
    );
    for (const stream of [false, true]) {
      const answer = await chat(url, { model: 'g', stream });
      expect(answer.status).toBe(status);
      expect(await answer.text()).toContain(fragment);
    }
  });

  test('waits its delay, and runs into its timeout when that comes first', async () => {
    const config = `model_list:\n${mocked('g', { mock_response: 'late', mock_delay: 5, timeout: 20 })}\n${mocked('h', { mock_response: 'late', mock_delay: 50, timeout: 5 })}\nrouter_settings: {num_retries: 0}`;
    const { url, lines } = await gateway(config, 50);
    expect((await chat(url, { model: 'g' })).status).toBe(200);
    const waitedMs = () => Number(lines().find((line) => line['msg'] === 'request')?.['ms']);
    await expect.poll(waitedMs).toBeGreaterThanOrEqual(4_900);
    expect((await chat(url, { model: 'h' })).status).toBe(408);
  });

  test('a mocked timeout takes as long as the limit and says so', async () => {
    const config = `model_list:\n${mocked('g', { mock_timeout: true, timeout: 5 })}\nrouter_settings: {num_retries: 0, disable_cooldowns: true}`;
    const { url } = await gateway(config, 50);
    for (const stream of [false, true]) {
      const answer = await chat(url, { model: 'g', stream });
      expect(answer.status).toBe(408);
      expect(await answer.text()).toContain('mock timeout error');
    }
  });

  test('a client that leaves ends the delay', async () => {
    const { url, lines } = await gateway(`model_list:\n${mocked('g', { mock_response: 'x', mock_delay: 500 })}`);
    const leaving = new AbortController();
    const asked = chat(url, { model: 'g' }, leaving.signal).catch(() => 'left');
    setTimeout(() => leaving.abort(), 50);
    expect(await asked).toBe('left');
    await expect.poll(() => lines().find((line) => line['msg'] === 'client left')).toMatchObject({ status: 499 });
  });

  test('is healthy without being called', async () => {
    const { url } = await gateway(`model_list:\n${mocked('g', { mock_response: 'x' })}`);
    expect(await (await fetch(`${url}/health`)).json()).toMatchObject({ healthy_count: 1, unhealthy_count: 0 });
  });

  test('a value that is no mock stops the start and names its place', async () => {
    await expect(gateway(`model_list:\n${mocked('g', { mock_response: ['a'] })}`)).rejects.toThrow(
      "model_list[0].litellm_params.mock_response: 'mock_response' must be text",
    );
  });
});

describe('a request that brings its answer', () => {
  test('is answered without asking the provider', async () => {
    const upstream = await provider();
    const { url } = await gateway(`model_list:\n${real('g', upstream)}`);
    const answer = await chat(url, { model: 'g', mock_response: 'mine' });
    expect(answer.headers.get('x-litellm-model-id')).toBe('g-1');
    expect(await answer.json()).toMatchObject({ model: 'g', choices: [{ message: { content: 'mine' } }] });
    expect(upstream.requests).toHaveLength(0);
  });

  test('its failure is for the model that it names: the fallback is asked for real', async () => {
    const [upstream, second] = [await provider(), await provider()];
    const config = `model_list:\n${real('g', upstream)}\n${real('h', second)}\nrouter_settings: {num_retries: 0, fallbacks: [{g: [h]}]}`;
    const { url } = await gateway(config, 50);
    for (const mock of [{ mock_response: 'litellm.RateLimitError' }, { mock_timeout: true, timeout: 1 }]) {
      const answer = await chat(url, { model: 'g', ...mock });
      expect(answer.headers.get('x-litellm-model-id')).toBe('h-1');
      await answer.text();
    }
    expect(upstream.requests).toHaveLength(0);
    expect(second.requests).toHaveLength(2);
  });

  test.for([
    ['mock_response', 7],
    ['mock_response', ['a']],
    ['mock_response', { content: 'no answer of any endpoint' }],
    ['mock_tool_calls', [{ name: 'f' }]],
    ['mock_timeout', 'soon'],
  ] as const)('a malformed %s is refused: %j', async ([field, value]) => {
    const { url } = await gateway(`model_list:\n${mocked('g', { mock_response: 'x' })}`);
    const answer = await chat(url, { model: 'g', [field]: value });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { param: field, type: 'invalid_request_error' } });
  });

  test('null and false ask for nothing', async () => {
    const upstream = await provider();
    const { url } = await gateway(`model_list:\n${real('g', upstream)}`);
    const nothing = { mock_response: null, mock_tool_calls: null, mock_timeout: false };
    await (await chat(url, { model: 'g', ...nothing })).text();
    expect(upstream.requests).toHaveLength(1);
  });

  test('an endpoint that has no use for the mock asks its provider', async () => {
    const upstream = await provider();
    const { url } = await gateway(`model_list:\n${real('g', upstream)}`);
    const answer = await post(url, '/v1/embeddings', {
      model: 'g',
      input: 'x',
      mock_tool_calls: [{ function: { name: 'f' } }],
    });
    expect(answer.status).toBe(200);
    expect(upstream.requests).toHaveLength(1);
  });
});
