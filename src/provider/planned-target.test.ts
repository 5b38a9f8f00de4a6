import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jsonBodyOf, readJsonBody } from '../wire/json-body.ts';
import { GATEWAY_ONLY_FIELDS } from './gateway-fields.ts';
import { callOf, headerOf, requestOf, sentBody, targetOf } from './provider-conformance.ts';
import type { DeploymentSpec, ProviderCall } from './types.ts';

const OPENAI = { api_base: 'http://up:1/v1', api_key: 'sk-up' };
const HI = [{ role: 'user', content: 'hi' }];

interface Sent {
  readonly spec?: Partial<DeploymentSpec>;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly call?: Partial<ProviderCall>;
}

function send({ spec, params, body, call }: Sent) {
  const provider = spec?.provider ?? 'openai';
  const base = provider === 'azure' ? { api_base: 'http://up:1/', api_key: 'az-key' } : OPENAI;
  const upstreamModel = spec?.upstreamModel ?? 'm';
  const target = targetOf({ upstreamModel, ...spec, params: { ...base, ...params } });
  return requestOf(target, { upstreamModel, body: jsonBodyOf({ model: 'g', messages: HI, ...body }), ...call });
}

function refusal({ spec, params, body, call }: Sent): string {
  const upstreamModel = spec?.upstreamModel ?? 'm';
  const target = targetOf({ upstreamModel, ...spec, params: { ...OPENAI, ...params } });
  const answer = target.request(callOf({ upstreamModel, body: jsonBodyOf({ messages: HI, ...body }), ...call }));
  expect(answer).toMatchObject({ kind: 'unsupported', param: null });
  return 'kind' in answer ? answer.message : '';
}

/** The body without what every body has. */
function rest(sent: Sent): Record<string, unknown> {
  const { model, messages, ...others } = sentBody(send(sent));
  expect([model, messages]).toEqual([sent.spec?.upstreamModel ?? 'm', HI]);
  return others;
}

describe('parameters of the deployment', () => {
  const params = {
    temperature: 0.2,
    max_tokens: 7,
    extra_headers: { 'X-Extra': 1 },
    extra_body: { eb: 1 },
    weird_param: 'w',
  };

  test.each([
    ['fill in what the body lacks', {}, { temperature: 0.2, max_tokens: 7, eb: 1, weird_param: 'w' }],
    [
      'give way to the body',
      { temperature: 0.9, max_tokens: 99 },
      { temperature: 0.9, max_tokens: 99, eb: 1, weird_param: 'w' },
    ],
    [
      'give way to a null and a zero',
      { temperature: null, max_tokens: 0 },
      { temperature: null, max_tokens: 0, eb: 1, weird_param: 'w' },
    ],
    [
      'give way to the body, extra_body too',
      { extra_body: { other: 2 } },
      { temperature: 0.2, max_tokens: 7, other: 2, weird_param: 'w' },
    ],
    [
      'give way to an unknown member beside extra_body',
      { eb: 5 },
      { temperature: 0.2, max_tokens: 7, eb: 5, weird_param: 'w' },
    ],
  ])('%s', (_, body, expected) => {
    expect(rest({ params, body })).toEqual(expected);
    expect(headerOf(send({ params, body }), 'x-extra')).toBe('1');
  });

  test('extra_body wins over a known parameter, as in the OpenAI client', () => {
    expect(rest({ params: { extra_body: { temperature: 1 } }, body: { temperature: 0.5 } })).toEqual({
      temperature: 1,
    });
  });

  test('tools of the deployment stand before those of the request', () => {
    const tools = [{ type: 'function', function: { name: 'a' } }];
    expect(rest({ params: { tools } })).toEqual({ tools });
    expect(rest({ params: { tools }, body: { tools: ['b'] } })).toEqual({ tools: [...tools, 'b'] });
  });

  test('stay out of endpoints that do not know them', () => {
    const call = { endpoint: 'embeddings' as const, body: jsonBodyOf({ model: 'g', input: 'x' }) };
    expect(sentBody(send({ params: { temperature: 0.2, weird: 1 }, call }))).toEqual({
      model: 'm',
      input: 'x',
      weird: 1,
    });
  });

  test('say who calls: organization and project become headers', () => {
    const request = send({ params: { organization: 'org-1', project: 'p-1' } });
    expect(headerOf(request, 'openai-organization')).toBe('org-1');
    expect(headerOf(request, 'openai-project')).toBe('p-1');
    expect(sentBody(request)).toEqual({ model: 'm', messages: HI });
  });

  test('stream_options are for streams only', () => {
    const defaults = { stream_options: { include_usage: false, x: 1 } };
    expect(rest({ params: defaults })).toEqual({});
    const streamed = rest({ params: defaults, body: { stream: true }, call: { stream: true } });
    expect(streamed).toEqual({ stream: true, stream_options: { include_usage: true, x: 1 } });
  });
});

describe('fields of the request', () => {
  test('which only the gateway reads are cut', () => {
    const fields = {
      num_retries: 1,
      fallbacks: [],
      metadata: { a: 1 },
      tags: ['x'],
      id: 'abc',
      rpm: 5,
      'no-log': true,
      foo: 'bar',
    };
    expect(rest({ body: fields })).toEqual({ foo: 'bar' });
  });

  test('a stream flag that is none is not sent', () => {
    expect(rest({ body: { stream: 'true' } })).toEqual({});
  });

  test('extra_headers are sent as headers, extra_body as members, extra_query as query', () => {
    const body = {
      extra_headers: { 'x-client': '1' },
      extra_body: { k: 1, model: 'other' },
      extra_query: { a: 'b c' },
    };
    const request = send({ body });
    expect(headerOf(request, 'x-client')).toBe('1');
    expect(sentBody(request)).toEqual({ messages: HI, model: 'm', k: 1 });
    expect(request.path).toBe('/v1/chat/completions?a=b+c');
  });

  test.each(['content-length', 'Host', 'bad name', 'transfer-encoding'])('no header %s can be set', (name) => {
    const request = send({ body: { extra_headers: { [name]: '1' } } });
    expect(request.headers.filter((_, index) => index % 2 === 0)).toEqual([
      'authorization',
      'accept',
      'user-agent',
      'content-type',
      'content-length',
    ]);
  });

  test('a header value cannot begin another header', () => {
    const request = send({ body: { extra_headers: { 'x-a': 'b\r\nx-c: d' } } });
    expect(headerOf(request, 'x-a')).toBeUndefined();
  });

  test('overrides of a fallback win over both', () => {
    const overrides = {
      messages: [{ role: 'user', content: 'other' }],
      temperature: 0.1,
      num_retries: 3,
      api_base: 'http://evil',
    };
    const request = send({ params: { temperature: 0.2 }, body: { temperature: 0.9 }, call: { overrides } });
    expect(sentBody(request)).toEqual({ model: 'm', messages: overrides.messages, temperature: 0.1 });
    expect(request.origin).toBe('http://up:1');
  });
});

describe('unsupported parameters', () => {
  const gpt5 = { upstreamModel: 'gpt-5' };

  test.each<[string, Sent, string]>([
    ['sampling at a reasoning model', { spec: gpt5, body: { temperature: 0.5 } }, 'temperature=0.5'],
    ['penalties at a reasoning model', { spec: gpt5, body: { presence_penalty: 1 } }, "['presence_penalty']"],
    [
      'effort at a model without',
      { spec: { upstreamModel: 'gpt-4o' }, body: { reasoning_effort: 'low' } },
      "['reasoning_effort']",
    ],
    ['a default of the deployment too', { spec: gpt5, params: { temperature: 0.5 } }, 'temperature=0.5'],
  ])('are refused: %s', (_, sent, words) => {
    const message = refusal(sent);
    expect(message).toContain('litellm.UnsupportedParamsError');
    expect(message).toContain(words);
  });

  test.each<[string, Sent, Record<string, unknown>]>([
    [
      'drop_params of the deployment',
      { spec: { ...gpt5, dropParams: true }, body: { temperature: 0.5, stop: ['x'] } },
      {},
    ],
    ['drop_params of the request', { spec: gpt5, body: { temperature: 0.5, stop: ['x'], drop_params: true } }, {}],
    [
      'additional_drop_params',
      { params: { additional_drop_params: ['seed', 'top_k'] }, body: { seed: 1, top_k: 2, n: 1 } },
      { n: 1 },
    ],
    ['additional_drop_params of the request', { body: { seed: 1, additional_drop_params: ['seed'] } }, {}],
    ['additional_drop_params against a default', { params: { seed: 4, additional_drop_params: ['seed'] } }, {}],
    [
      'nested paths',
      {
        params: { additional_drop_params: ['a.b', 'tools[*].strict'] },
        body: { a: { b: 1, c: 2 }, tools: [{ strict: true, x: 1 }] },
      },
      { a: { c: 2 }, tools: [{ x: 1 }] },
    ],
  ])('are dropped: %s', (_, sent, expected) => {
    expect(rest(sent)).toEqual(expected);
  });

  test.each<[string, Sent, Record<string, unknown>]>([
    ['temperature 1', { spec: gpt5, body: { temperature: 1 } }, { temperature: 1 }],
    ['a null', { spec: gpt5, body: { stop: null } }, { stop: null }],
    [
      'without reasoning',
      { spec: { upstreamModel: 'gpt-5.1' }, body: { temperature: 0.5, reasoning_effort: 'none', top_p: 0.5 } },
      { temperature: 0.5, reasoning_effort: 'none', top_p: 0.5 },
    ],
    [
      'allowed_openai_params of the deployment',
      {
        spec: { upstreamModel: 'gpt-4o' },
        params: { allowed_openai_params: ['reasoning_effort'] },
        body: { reasoning_effort: 'low' },
      },
      { reasoning_effort: 'low' },
    ],
    [
      'allowed_openai_params of the request',
      {
        spec: { upstreamModel: 'gpt-4o' },
        body: { reasoning_effort: 'low', allowed_openai_params: ['reasoning_effort'] },
      },
      { reasoning_effort: 'low' },
    ],
    [
      'anything at a model that nobody lists',
      { body: { reasoning_effort: 'low', top_k: 5 } },
      { reasoning_effort: 'low', top_k: 5 },
    ],
  ])('pass: %s', (_, sent, expected) => {
    expect(rest(sent)).toEqual(expected);
  });

  test('dimensions are for the models that have them', () => {
    const body = jsonBodyOf({ input: 'x', dimensions: 3 });
    expect(refusal({ call: { endpoint: 'embeddings', body } })).toContain("['dimensions']");
    const target = targetOf({ params: OPENAI });
    const request = requestOf(target, { endpoint: 'embeddings', body, upstreamModel: 'text-embedding-3-small' });
    expect(sentBody(request)).toEqual({ model: 'text-embedding-3-small', input: 'x', dimensions: 3 });
  });
});

describe('names and words that differ', () => {
  test.each<[string, Sent, Record<string, unknown>]>([
    ['reasoning models', { spec: { upstreamModel: 'gpt-5' }, body: { max_tokens: 10 } }, { max_completion_tokens: 10 }],
    [
      'a default for reasoning models',
      { spec: { upstreamModel: 'gpt-5' }, params: { max_tokens: 10 } },
      { max_completion_tokens: 10 },
    ],
    [
      'an unlisted reasoning model',
      { spec: { upstreamModel: 'o1-mini' }, body: { max_tokens: 10 } },
      { max_tokens: 10 },
    ],
    [
      'a vendor of the old name',
      { spec: { provider: 'together_ai' }, body: { max_completion_tokens: 9 } },
      { max_tokens: 9 },
    ],
    [
      'both given',
      { spec: { provider: 'together_ai' }, body: { max_completion_tokens: 9, max_tokens: 5 } },
      { max_tokens: 5 },
    ],
    [
      'mistral',
      { spec: { provider: 'mistral' }, body: { seed: 1, tool_choice: 'required', stop: null } },
      { random_seed: 1, tool_choice: 'any' },
    ],
  ])('%s', (_, sent, expected) => {
    expect(rest(sent)).toEqual(expected);
  });

  test('fireworks gets its model path and does not cut prompts in silence', () => {
    const spec = { provider: 'fireworks_ai', upstreamModel: 'llama' };
    expect(sentBody(send({ spec }))).toMatchObject({
      model: 'accounts/fireworks/models/llama',
      context_length_exceeded_behavior: 'error',
    });
  });

  test('role developer becomes system where it is not known', () => {
    const messages = [
      { role: 'developer', content: 'd' },
      { role: 'user', content: 'the "developer" role' },
    ];
    const [first, second] = messages;
    expect(sentBody(send({ body: { messages } }))['messages']).toEqual([{ ...first, role: 'system' }, second]);
    expect(sentBody(send({ body: { messages }, params: { seed: 1 } }))['messages']).toEqual([
      { ...first, role: 'system' },
      second,
    ]);
    expect(sentBody(send({ spec: { upstreamModel: 'o3-mini' }, body: { messages } }))['messages']).toEqual(messages);
  });

  test('role developer is found wherever the chunks of the body are cut', () => {
    const text = Buffer.from(JSON.stringify({ model: 'g', messages: [{ role: 'developer', content: 'd' }] }));
    const target = targetOf({ params: OPENAI });
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(text.length), { maxLength: 30 }), (cuts) => {
        const borders = [0, ...cuts.toSorted((a, b) => a - b), text.length];
        const chunks = borders.slice(1).map((border, index) => text.subarray(borders[index], border));
        const body = readJsonBody(chunks);
        if ('kind' in body) throw new Error(body.message);
        expect(sentBody(requestOf(target, { body }))['messages']).toEqual([{ role: 'system', content: 'd' }]);
      }),
    );
  });
});

describe('endpoints', () => {
  test.each(['azure', 'huggingface'])('%s completes text through its chat', (provider) => {
    const body = jsonBodyOf({ model: 'g', prompt: 'say hi', max_tokens: 5 });
    const request = send({ spec: { provider }, call: { endpoint: 'completions', body } });
    expect(request.path).toContain('/chat/completions');
    expect(sentBody(request)).toEqual({ model: 'm', messages: [{ role: 'user', content: 'say hi' }], max_tokens: 5 });
  });

  test('only one prompt of text can become a chat', () => {
    const body = jsonBodyOf({ prompt: ['a', 'b'] });
    const answer = targetOf({ provider: 'huggingface' }).request(callOf({ endpoint: 'completions', body }));
    expect(answer).toMatchObject({ kind: 'unsupported', param: 'prompt' });
  });

  test('text-completion-openai chats through its completions', () => {
    const request = send({ spec: { provider: 'text-completion-openai' } });
    expect(request.path).toBe('/v1/completions');
    expect(sentBody(request)).toEqual({ model: 'm', prompt: 'hi' });
  });

  test('what a vendor does not have is refused before anything is sent', () => {
    const target = targetOf({ provider: 'perplexity', params: { api_key: 'k' } });
    const answer = target.request(callOf({ endpoint: 'images', body: jsonBodyOf({ prompt: 'x' }) }));
    expect(answer).toMatchObject({ kind: 'unsupported', message: 'perplexity has no endpoint for images.' });
  });

  test('a multipart body passes as it is', () => {
    const raw = {
      body: { chunks: [Buffer.from('xx')], byteLength: 2 },
      contentType: 'multipart/form-data; boundary=b',
    };
    const request = requestOf(targetOf({ params: OPENAI }), { endpoint: 'transcriptions', raw });
    expect(request.path).toBe('/v1/audio/transcriptions');
    expect(headerOf(request, 'content-type')).toBe('multipart/form-data; boundary=b');
    expect(headerOf(request, 'content-length')).toBe('2');
    expect(request.body).toBe(raw.body);
  });

  test('responses keep metadata of text and lose notes to the gateway', () => {
    const body = (metadata: unknown) => jsonBodyOf({ model: 'g', input: 'hi', metadata });
    const call = (metadata: unknown) => ({ endpoint: 'responses' as const, body: body(metadata) });
    expect(sentBody(send({ call: call({ a: 'b' }) }))).toEqual({ model: 'm', input: 'hi', metadata: { a: 'b' } });
    expect(sentBody(send({ call: call({ tags: ['x'] }) }))).toEqual({ model: 'm', input: 'hi' });
  });

  test('stored responses are addressed by the id of the provider', () => {
    const target = targetOf({ params: OPENAI });
    const resource = { method: 'GET', upstreamId: 'resp/1', suffix: '/input_items', query: 'limit=2' } as const;
    expect(target.resource(resource)).toMatchObject({
      origin: 'http://up:1',
      path: '/v1/responses/resp%2F1/input_items?limit=2',
      method: 'GET',
      body: undefined,
    });
    const cancel = target.resource({ method: 'POST', upstreamId: 'r', suffix: '/cancel', query: '' });
    expect(cancel.path).toBe('/v1/responses/r/cancel');
    expect(headerOf(cancel, 'content-length')).toBe('0');
  });

  test('a wildcard deployment sends the model that was asked for', () => {
    const target = targetOf({ params: OPENAI, upstreamModel: '*' });
    for (const upstreamModel of ['gpt-4o', 'org/x', 'gpt-4o']) {
      const body = jsonBodyOf({ model: 'g', messages: HI });
      expect(sentBody(requestOf(target, { upstreamModel, body }))['model']).toBe(upstreamModel);
    }
  });
});

describe('headers of the client', () => {
  const clientHeaders = [
    'Authorization',
    'Bearer gateway-key',
    'X-Custom',
    'y',
    'OpenAI-Beta',
    'z',
    'User-Agent',
    'ua',
    'anthropic-beta',
    'b',
    'x-api-key',
    'secret',
    'X-LiteLLM-Timeout',
    '1',
    'x-stainless-lang',
    'js',
    'X-Forwarded-For',
    '10.0.0.1',
    'Content-Length',
    '9',
  ];

  test('pass when they were handed over, but for credentials and notes to the gateway', () => {
    const request = send({ call: { clientHeaders } });
    expect(request.headers.slice(0, -2)).toEqual([
      'authorization',
      'Bearer sk-up',
      'accept',
      '*/*',
      'user-agent',
      'loadstone',
      'content-type',
      'application/json',
      'x-custom',
      'y',
      'anthropic-beta',
      'b',
    ]);
  });

  test('a fetched token is sent only where one was asked for', () => {
    expect(headerOf(send({ call: { token: 't' } }), 'authorization')).toBe('Bearer sk-up');
  });
});

describe('any body', () => {
  const key = fc.oneof(
    fc.constantFrom(...GATEWAY_ONLY_FIELDS),
    fc.constantFrom('temperature', 'top_p', 'stop', 'tools', 'user'),
    fc.string({ minLength: 1 }),
  );
  /** These are read and acted upon. */
  const acting = /^(api_|base_url$|extra_|additional_drop_params|stream|max_completion_tokens|messages|prompt)/;

  test('arrives as it was, without the fields of the gateway and with the model of the deployment', () => {
    const target = targetOf({ params: OPENAI, upstreamModel: 'm' });
    fc.assert(
      fc.property(fc.array(fc.tuple(key, fc.jsonValue())), (entries) => {
        const fields = Object.fromEntries(entries.filter(([name]) => !acting.test(name)));
        const sent = sentBody(requestOf(target, { upstreamModel: 'm', body: jsonBodyOf(fields) }));
        const expected = Object.entries(JSON.parse(JSON.stringify(fields)) as Record<string, unknown>).filter(
          ([name]) => !GATEWAY_ONLY_FIELDS.has(name),
        );
        expect(sent).toEqual({ ...Object.fromEntries(expected), model: 'm' });
      }),
    );
  });

  test('is sent alike on the fast way and on the slow one', () => {
    expect.hasAssertions();
    const plain = targetOf({ params: OPENAI, upstreamModel: 'm' });
    const filling = targetOf({ params: { ...OPENAI, only_here: 1 }, upstreamModel: 'm' });
    fc.assert(
      fc.property(fc.dictionary(key, fc.jsonValue()), fc.boolean(), (fields, stream) => {
        const body = { ...fields, messages: HI, ...(stream ? { stream } : {}) };
        const answers = [plain, filling].map((target) => target.request(callOf({ stream, body: jsonBodyOf(body) })));
        const [fast, slow] = answers.map((answer) => ('kind' in answer ? answer : sentBody(answer)));
        const isRefused = fast !== undefined && 'kind' in fast;
        expect(slow).toEqual(isRefused ? fast : { only_here: 1, ...fast });
      }),
    );
  });
});
