import OpenAI, { AzureOpenAI } from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startFakeProvider } from './fake-provider.ts';
import type { FakeProvider } from './fake-provider.ts';

let provider: FakeProvider;
let openai: OpenAI;
let azure: AzureOpenAI;

const messages = [{ role: 'user' as const, content: 'what llm are you' }];

beforeAll(async () => {
  provider = await startFakeProvider();
  openai = new OpenAI({ apiKey: 'sk-one', baseURL: `${provider.url}/v1`, maxRetries: 0 });
  azure = new AzureOpenAI({ apiKey: 'azure-key', endpoint: provider.url, apiVersion: '2024-10-21', maxRetries: 0 });
});
beforeEach(() => provider.reset());
afterAll(() => provider.close());

describe('the official client', () => {
  test('gets a chat completion whose usage adds up', async () => {
    const answer = await openai.chat.completions.create({ model: 'gpt-4o', messages });
    const [choice] = answer.choices;
    expect(choice?.message.role).toBe('assistant');
    expect(choice?.message.content?.length).toBeGreaterThan(10);
    expect(choice?.finish_reason).toBe('stop');
    expect(answer.model).toBe('gpt-4o');
    expect(answer.usage?.total_tokens).toBe(
      (answer.usage?.prompt_tokens ?? 0) + (answer.usage?.completion_tokens ?? 0),
    );
  });

  test('streams the text that it also gets whole, with usage when asked', async () => {
    const whole = await openai.chat.completions.create({ model: 'gpt-4o', messages });
    const stream = openai.chat.completions.stream({
      model: 'gpt-4o',
      messages,
      stream_options: { include_usage: true },
    });
    const final = await stream.finalChatCompletion();
    expect(final.choices[0]?.message.content).toBe(whole.choices[0]?.message.content);
    expect(final.usage).toMatchObject({ total_tokens: whole.usage?.total_tokens });
  });

  test('gets as many choices as it asks for, whole and streamed', async () => {
    const whole = await openai.chat.completions.create({ model: 'gpt-4o', messages, n: 3 });
    expect(whole.choices.map((choice) => choice.index)).toEqual([0, 1, 2]);
    const final = await openai.chat.completions.stream({ model: 'gpt-4o', messages, n: 2 }).finalChatCompletion();
    expect(final.choices).toHaveLength(2);
  });

  test('gets a tool call where it insists on one, whole and streamed', async () => {
    const tool = { type: 'function' as const, function: { name: 'look_up', parameters: { type: 'object' } } };
    const body = { model: 'gpt-4o', messages, tools: [tool], tool_choice: 'required' as const };
    const whole = await openai.chat.completions.create(body);
    expect(whole.choices[0]).toMatchObject({ finish_reason: 'tool_calls', message: { content: null } });
    const final = await openai.chat.completions.stream(body).finalChatCompletion();
    const called = final.choices[0]?.message.tool_calls?.[0];
    expect(called).toMatchObject({
      type: 'function',
      function: { name: 'look_up', arguments: '{"query":"a steady signal"}' },
    });
  });

  test('is cut at max_tokens with finish_reason length', async () => {
    const answer = await openai.chat.completions.create({ model: 'gpt-4o', messages, max_tokens: 3 });
    expect(answer.choices[0]?.finish_reason).toBe('length');
    expect(answer.usage?.completion_tokens).toBe(3);
  });

  test('gets JSON where it asks for it', async () => {
    const format = { type: 'json_object' as const };
    const answer = await openai.chat.completions.create({ model: 'gpt-4o', messages, response_format: format });
    expect(JSON.parse(answer.choices[0]?.message.content ?? '')).toHaveProperty('answer');
  });

  test('reaches Azure deployments, whole and streamed, and learns the base model', async () => {
    const whole = await azure.chat.completions.create({ model: 'my-deployment', messages });
    expect(whole.model).toBe('gpt-4o-2024-11-20');
    expect(whole).toHaveProperty('prompt_filter_results');
    const final = await azure.chat.completions.stream({ model: 'my-deployment', messages }).finalChatCompletion();
    expect(final.choices[0]?.message.content).toBe(whole.choices[0]?.message.content);
    expect(provider.requests.map((request) => request.model)).toEqual(['my-deployment', 'my-deployment']);
    expect(provider.requests[0]?.path).toBe('/openai/deployments/my-deployment/chat/completions');
  });

  test('gets text completions, one for each prompt, and streams them', async () => {
    const body = { model: 'instruct', prompt: ['one', 'two'] };
    const whole = await openai.completions.create(body);
    expect(whole.choices).toHaveLength(2);
    let text = '';
    for await (const chunk of await openai.completions.create({ model: 'instruct', prompt: 'one', stream: true })) {
      text += chunk.choices[0]?.text ?? '';
    }
    expect(text.length).toBeGreaterThan(10);
  });

  test('gets unit vectors, equal as base64 and as numbers', async () => {
    const body = { model: 'embed', input: ['a', 'b'], dimensions: 16 };
    const encoded = await openai.embeddings.create(body);
    const plain = await openai.embeddings.create({ ...body, encoding_format: 'float' });
    const [first, second] = plain.data.map((one) => one.embedding);
    expect(encoded.data[0]?.embedding).toEqual(first);
    expect(first).not.toEqual(second);
    expect((first ?? []).reduce((sum, value) => sum + value * value, 0)).toBeCloseTo(1, 4);
  });

  test('creates, streams, reads back, cancels and deletes a response', async () => {
    const made = await openai.responses.create({ model: 'gpt-4o', input: 'hello' });
    expect(made.output_text.length).toBeGreaterThan(10);
    expect((await openai.responses.retrieve(made.id)).output_text).toBe(made.output_text);
    expect((await openai.responses.inputItems.list(made.id)).data).toHaveLength(1);
    const streamed = await openai.responses.stream({ model: 'gpt-4o', input: 'hello' }).finalResponse();
    expect(streamed.output_text).toBe(made.output_text);
    const queued = await openai.responses.create({ model: 'gpt-4o', input: 'hello', background: true });
    expect(queued.status).toBe('queued');
    expect((await openai.responses.cancel(queued.id)).status).toBe('cancelled');
    await openai.responses.delete(made.id);
    await expect(openai.responses.retrieve(made.id)).rejects.toMatchObject({ status: 404 });
  });

  test('uses the endpoints that pass through a gateway whole', async () => {
    const moderation = await openai.moderations.create({ input: 'kill the lights' });
    expect(moderation.results[0]?.flagged).toBe(true);
    expect((await openai.images.generate({ prompt: 'a pixel', n: 2 })).data).toHaveLength(2);
    const speech = await openai.audio.speech.create({ model: 'tts', voice: 'alloy', input: 'hello' });
    expect((await speech.arrayBuffer()).byteLength).toBe(500);
    const file = new File([new Uint8Array(32_000)], 'a.wav');
    const transcription = await openai.audio.transcriptions.create({ model: 'whisper', file });
    expect(transcription.text.length).toBeGreaterThan(10);
    expect(provider.requests.at(-1)).toMatchObject({ endpoint: 'transcriptions', model: 'whisper' });
    expect((await openai.models.list()).data.map((model) => model.id)).toContain('gpt-4o');
  });
});

async function post(path: string, body: unknown): Promise<{ status: number; body: Record<string, unknown> }> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(provider.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe('text-generation-inference', () => {
  test('chats with an empty id and the role in every delta', async () => {
    const answer = await post('/v1/chat/completions', { model: 'HuggingFaceH4/zephyr-7b-beta', messages });
    expect(answer.body).toMatchObject({ id: '', model: 'HuggingFaceH4/zephyr-7b-beta' });
    const stream = await openai.chat.completions.create({ model: 'org/model', messages, stream: true });
    const roles = new Set<string | undefined>();
    for await (const chunk of stream)
      if (chunk.choices[0]?.finish_reason === null) roles.add(chunk.choices[0].delta.role);
    expect([...roles]).toEqual(['assistant']);
  });

  test('generates, plain and as a stream without an end marker', async () => {
    const request = { inputs: 'hello', parameters: { max_new_tokens: 4, details: true } };
    const answer = await post('/generate', request);
    expect(answer.body).toMatchObject({ details: { finish_reason: 'length', generated_tokens: 4 } });
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify(request);
    const events = await (await fetch(`${provider.url}/generate_stream`, { method: 'POST', headers, body })).text();
    const last = events.trimEnd().split('\n\n').at(-1) ?? '';
    expect(JSON.parse(last.slice(6))).toMatchObject({ generated_text: answer.body['generated_text'] });
  });

  test('tells about itself', async () => {
    const info = (await (await fetch(`${provider.url}/info`)).json()) as Record<string, unknown>;
    expect(info).toMatchObject({ max_total_tokens: 4096 });
    expect((await fetch(`${provider.url}/health`)).status).toBe(200);
  });
});

describe('what it refuses by itself', () => {
  test("paths that do not exist, in the vendor's words", async () => {
    expect(await post('/v1/nonsense', {})).toMatchObject({
      status: 404,
      body: { error: { type: 'invalid_request_error' } },
    });
    const path = '/openai/deployments/d/chat/completions';
    expect(await post(path, { messages })).toMatchObject({ status: 404, body: { error: { code: '404' } } });
  });

  test('bodies that are no JSON or lack what the endpoint needs', async () => {
    const response = await fetch(`${provider.url}/v1/chat/completions`, { method: 'POST', body: '{"model": ' });
    expect(response.status).toBe(400);
    expect(await post('/v1/chat/completions', { model: 'm' })).toMatchObject({ status: 400 });
  });

  test('wrong keys, unknown models and unknown fields, where it was told to', async () => {
    const strict = await startFakeProvider({ keys: ['sk-right'], models: ['gpt-4o'], rejectUnknownFields: true });
    const client = (apiKey: string) => new OpenAI({ apiKey, baseURL: `${strict.url}/v1`, maxRetries: 0 });
    const ask = (apiKey: string, body: object) =>
      client(apiKey).chat.completions.create({ model: 'gpt-4o', messages, ...body });
    await expect(ask('sk-wrong', {})).rejects.toMatchObject({ status: 401, code: 'invalid_api_key' });
    await expect(ask('sk-right', { model: 'other' })).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
    await expect(ask('sk-right', { fallbacks: [] })).rejects.toThrow(
      /Unrecognized request argument supplied: fallbacks/,
    );
    await expect(ask('sk-right', {})).resolves.toMatchObject({ object: 'chat.completion' });
    await strict.close();
  });
});

test('sampled answers differ, but not at temperature 0', async () => {
  const sampling = await startFakeProvider({ answers: 'sampled' });
  const client = new OpenAI({ apiKey: 'any', baseURL: sampling.url, maxRetries: 0 });
  const ask = async (temperature: number) => {
    const answer = await client.chat.completions.create({ model: 'gpt-4o', messages, temperature });
    return answer.choices[0]?.message.content;
  };
  expect(await ask(1)).not.toBe(await ask(1));
  expect(await ask(0)).toBe(await ask(0));
  await sampling.close();
});

test('a port in use is an error of the system', async () => {
  await expect(startFakeProvider({ port: provider.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
});

test('a fault that is none is refused at the start', async () => {
  await expect(startFakeProvider({ faults: { m: 'gremlins' } })).rejects.toThrow(/m: unknown fault word "gremlins"/);
});
