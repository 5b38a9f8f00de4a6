// One chat request to several models: a list of answers, or the fastest, over real HTTP.
import OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import { openGateway, openProvider, opened } from '../support/opened.ts';
import { startHeldUpstream, type HeldUpstream } from '../support/held-upstream.ts';

async function heldUpstream(): Promise<HeldUpstream> {
  return opened(await startHeldUpstream());
}

function at(group: string, url: string): string {
  return `- {model_name: "${group}", litellm_params: {model: openai/m, api_base: "${url}/v1", api_key: sk-up}, model_info: {id: "${group}-1"}}`;
}

function mocked(group: string, response: string, delaySeconds = 0): string {
  return `- {model_name: "${group}", litellm_params: {model: openai/m, mock_response: "${response}", mock_delay: ${delaySeconds}}, model_info: {id: "${group}-1"}}`;
}

function chat(url: string, body: Readonly<Record<string, unknown>>, signal?: AbortSignal): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ messages: [{ role: 'user', content: 'hello' }], ...body }),
    ...(signal === undefined ? {} : { signal }),
  });
}

interface Item {
  readonly model?: string;
  readonly choices?: readonly { readonly message: { readonly content: string } }[];
  readonly error?: { readonly message: string; readonly code: string };
}

async function list(answer: Response): Promise<readonly Item[]> {
  return (await answer.json()) as Item[];
}

describe('a list of models', () => {
  test('is answered by a list in its order, whoever is first, without headers of one model', async () => {
    const { url } = await openGateway([mocked('slow', 'from slow', 0.05), mocked('quick', 'from quick')]);
    const answer = await chat(url, { model: ' slow ,quick' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-litellm-model-id')).toBeNull();
    expect(answer.headers.get('x-litellm-model-group')).toBeNull();
    expect(answer.headers.get('x-litellm-call-id')).toMatch(/^[\da-f-]{36}$/);
    const items = await list(answer);
    expect(items.map(({ model, choices }) => [model, choices?.[0]?.message.content])).toEqual([
      ['slow', 'from slow'],
      ['quick', 'from quick'],
    ]);
  });

  test('each model is a request of its own: forwarded, with a log line and a count', async () => {
    const upstream = await openProvider();
    const { url, lines } = await openGateway([at('a', upstream.url), at('b', upstream.url)]);
    await (await chat(url, { model: 'a,b', fastest_response: false })).text();
    expect(upstream.requests).toHaveLength(2);
    expect(upstream.requests.map(({ model }) => model)).toEqual(['m', 'm']);
    await expect
      .poll(() => lines().flatMap((line) => (line['msg'] === 'request' ? [line['model']] : [])))
      .toHaveLength(2);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toMatch(/litellm_proxy_total_requests_metric_total\{[^}]*requested_model="b"[^}]*\} 1\b/);
  });

  test('an error envelope stands for a model that failed, after its own fallbacks', async () => {
    const { url } = await openGateway(
      [mocked('a', 'ok'), mocked('bad', 'litellm.RateLimitError'), mocked('lost', 'litellm.InternalServerError')],
      '{num_retries: 0, fallbacks: [{bad: [a]}]}',
    );
    const items = await list(await chat(url, { model: 'a,bad,lost,nobody' }));
    expect(items.map(({ choices }) => choices?.[0]?.message.content)).toEqual(['ok', 'ok', undefined, undefined]);
    expect(items.map(({ error }) => error?.code)).toEqual([undefined, undefined, '500', '400']);
  });

  test('when every model fails the first failure is the answer', async () => {
    const { url } = await openGateway([
      mocked('a', 'litellm.RateLimitError'),
      mocked('b', 'litellm.InternalServerError'),
    ]);
    const answer = await chat(url, { model: 'a,b' });
    expect(answer.status).toBe(429);
    expect(await answer.json()).toMatchObject({ error: { code: '429' } });
  });

  test('a name with a comma that the config knows is one model', async () => {
    const { url } = await openGateway([mocked('a', 'one'), mocked('a,b', 'both in one')]);
    const answer = await chat(url, { model: 'a,b' });
    expect(answer.headers.get('x-litellm-model-id')).toBe('a,b-1');
    expect(await answer.json()).toMatchObject({ choices: [{ message: { content: 'both in one' } }] });
  });

  test('a wildcard does not make a list one name', async () => {
    const { url } = await openGateway([mocked('*', 'any')]);
    expect(await list(await chat(url, { model: 'a,b' }))).toHaveLength(2);
  });

  test('other endpoints take the name as it is', async () => {
    const { url } = await openGateway([mocked('a', 'one')]);
    const answer = await fetch(`${url}/v1/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'a,a', prompt: 'x' }),
    });
    expect(answer.status).toBe(400);
  });

  test('at most 20 models may be named, and a list is not streamed', async () => {
    const { url } = await openGateway([mocked('a', 'one')]);
    const many = await chat(url, { model: Array.from({ length: 21 }, () => 'a').join(',') });
    expect(many.status).toBe(400);
    expect(await many.json()).toMatchObject({ error: { param: 'model' } });
    expect(await list(await chat(url, { model: Array.from({ length: 20 }, () => 'a').join(',') }))).toHaveLength(20);
    const streamed = await chat(url, { model: 'a,a', stream: true });
    expect(streamed.status).toBe(400);
    expect(await streamed.json()).toMatchObject({ error: { param: 'stream' } });
  });

  test('a client that leaves ends them all', async () => {
    const held = await heldUpstream();
    const { url, lines } = await openGateway([at('a', held.url), at('b', held.url)]);
    const leaving = new AbortController();
    const asked = chat(url, { model: 'a,b' }, leaving.signal).catch(() => 'left');
    await expect.poll(() => held.held()).toBe(2);
    leaving.abort();
    expect(await asked).toBe('left');
    await expect.poll(() => held.held()).toBe(0);
    await expect.poll(() => lines().filter((line) => line['msg'] === 'client left')).toHaveLength(2);
  });
});

describe('fastest_response', () => {
  test('the first success is the answer, with the headers of its model, and the others are ended', async () => {
    const held = await heldUpstream();
    const { url } = await openGateway([at('stuck', held.url), mocked('quick', 'from quick', 0.1)]);
    const asked = chat(url, { model: 'stuck,quick', fastest_response: true });
    await expect.poll(() => held.held()).toBe(1);
    const answer = await asked;
    expect(answer.headers.get('x-litellm-model-id')).toBe('quick-1');
    expect(answer.headers.get('x-litellm-fastest_response_batch_completion')).toBe('true');
    expect(await answer.json()).toMatchObject({ model: 'quick', choices: [{ message: { content: 'from quick' } }] });
    await expect.poll(() => held.held()).toBe(0);
  });

  test('a quick failure does not win', async () => {
    const { url } = await openGateway([
      mocked('bad', 'litellm.InternalServerError'),
      mocked('good', 'from good', 0.05),
    ]);
    const answer = await chat(url, { model: 'bad,good', fastest_response: true });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-litellm-model-id')).toBe('good-1');
    await answer.text();
  });

  test('when all fail the first failure is the answer', async () => {
    const { url } = await openGateway([
      mocked('a', 'litellm.InternalServerError', 0.05),
      mocked('b', 'litellm.RateLimitError'),
    ]);
    const answer = await chat(url, { model: 'a,b', fastest_response: true });
    expect(answer.status).toBe(500);
    expect(await answer.json()).toMatchObject({ error: { code: '500' } });
  });

  test('the stream whose content comes first is streamed to the official client', async () => {
    const upstream = await openProvider();
    const { url, lines } = await openGateway([mocked('late', 'from late', 5), at('early', upstream.url)]);
    const openai = new OpenAI({ apiKey: 'any', baseURL: `${url}/v1`, maxRetries: 0 });
    const request = {
      model: 'late,early',
      messages: [{ role: 'user' as const, content: 'hi' }],
      fastest_response: true,
    };
    const stream = openai.chat.completions.stream(request);
    const whole = await stream.finalChatCompletion();
    expect(whole.model).toBe('early');
    expect(whole.choices[0]?.message.content).not.toBe('');
    expect(whole.choices[0]?.finish_reason).not.toBeNull();
    await expect
      .poll(() => lines().filter((line) => line['model'] !== undefined && line['msg'] !== 'attempt'))
      .toHaveLength(2);
  });
});
