// Every inference endpoint on every path that LiteLLM has for it, over real sockets: what the client gets, what the
// provider received, and where requests about stored responses go.
import OpenAI, { toFile } from 'openai';
import { afterEach, describe, expect, test } from 'vitest';
import { startFakeProvider, type FakeProvider } from '../../src/fake-provider/fake-provider.ts';
import { inferencePaths } from '../../src/http/routes.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((part) => part.close()));
});

async function provider(): Promise<FakeProvider> {
  const started = await startFakeProvider({});
  open.push(started);
  return started;
}

async function gateway(...lines: readonly string[]): Promise<TestGateway> {
  const started = await startGateway(lines.join('\n'));
  open.push({ close: () => started.drain() });
  return started;
}

interface Entry {
  readonly group?: string;
  readonly id: string;
  readonly model?: string;
  /** Below the provider's address. */
  readonly base?: string;
}

function deployment(target: FakeProvider, { group = 'g', id, model = 'openai/up', base = '/v1' }: Entry): string {
  return [
    `- model_name: ${group}`,
    `  litellm_params: {model: ${model}, api_base: "${target.url}${base}", api_key: sk-up}`,
    `  model_info: {id: ${id}}`,
  ].join('\n');
}

/** One OpenAI deployment with the id `a`. */
async function single(): Promise<{ up: FakeProvider; url: string }> {
  const up = await provider();
  const { url } = await gateway('model_list:', deployment(up, { id: 'a' }));
  return { up, url };
}

function post(url: string, body: unknown): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
}

type Fields = Record<string, unknown>;

async function fieldsOf(response: Response): Promise<Fields> {
  return (await response.json()) as Fields;
}

const MESSAGES = [{ role: 'user', content: 'hello' }];

interface EndpointCase {
  readonly endpoint: string;
  readonly paths: readonly string[];
  readonly body: Fields;
  /** Fields that stay here. */
  readonly forGateway?: Fields;
  /** What the answer must hold. */
  readonly answer: Fields;
  readonly upstream: string;
}

const JSON_ENDPOINTS: readonly EndpointCase[] = [
  {
    endpoint: 'chat',
    paths: ['/chat/completions', '/v1/chat/completions', '/cursor/chat/completions'],
    body: { messages: MESSAGES },
    answer: { object: 'chat.completion', model: 'g' },
    upstream: '/v1/chat/completions',
  },
  {
    endpoint: 'chat',
    paths: ['/queue/chat/completions'],
    body: { messages: MESSAGES },
    forGateway: { priority: 1 },
    answer: { object: 'chat.completion', model: 'g' },
    upstream: '/v1/chat/completions',
  },
  {
    endpoint: 'completions',
    paths: ['/completions', '/v1/completions'],
    body: { prompt: 'hello' },
    answer: { object: 'text_completion', model: 'g' },
    upstream: '/v1/completions',
  },
  {
    endpoint: 'embeddings',
    paths: ['/embeddings', '/v1/embeddings'],
    body: { input: ['one', 'two'] },
    answer: { object: 'list', model: 'g', data: [{ index: 0 }, { index: 1 }] },
    upstream: '/v1/embeddings',
  },
  {
    endpoint: 'responses',
    paths: ['/responses', '/v1/responses', '/openai/v1/responses'],
    body: { input: 'hello' },
    answer: { object: 'response', status: 'completed', model: 'g' },
    upstream: '/v1/responses',
  },
  {
    endpoint: 'moderations',
    paths: ['/moderations', '/v1/moderations'],
    body: { input: 'I will kill time' },
    answer: { results: [{ flagged: true }] },
    upstream: '/v1/moderations',
  },
  {
    endpoint: 'images',
    paths: ['/images/generations', '/v1/images/generations'],
    body: { prompt: 'a pixel', n: 2 },
    answer: { data: [{ b64_json: expect.any(String) as string }, { b64_json: expect.any(String) as string }] },
    upstream: '/v1/images/generations',
  },
  {
    endpoint: 'rerank',
    paths: ['/rerank', '/v1/rerank', '/v2/rerank'],
    body: { query: 'q', documents: ['x', 'y', 'z'], top_n: 2 },
    answer: { results: [{ index: expect.any(Number) as number }, { index: expect.any(Number) as number }] },
    upstream: '/v1/rerank',
  },
];

const JSON_PATHS = JSON_ENDPOINTS.flatMap((one) => one.paths.map((path) => ({ ...one, path })));
const SPEECH_PATHS = ['/audio/speech', '/v1/audio/speech'];
const TRANSCRIPTION_PATHS = ['/audio/transcriptions', '/v1/audio/transcriptions'];

const MODEL_PATHS = ['/engines/g', '/openai/deployments/g'].flatMap((prefix) =>
  (
    [
      ['/chat/completions', { messages: MESSAGES }],
      ['/completions', { prompt: 'hello' }],
      ['/embeddings', { input: 'hello' }],
      ['/images/generations', { prompt: 'hello' }],
    ] as const
  ).map(([tail, body]) => ({ path: prefix + tail, body: body as Fields })),
);

describe('plain answers', () => {
  test.for(JSON_PATHS)('$endpoint answers on $path', async ({ path, body, forGateway, answer, upstream }) => {
    const { up, url } = await single();
    const response = await post(url + path, { model: 'g', ...body, ...forGateway });
    expect(response.status).toBe(200);
    expect(response.headers.get('x-litellm-model-id')).toBe('a');
    expect(await fieldsOf(response)).toMatchObject(answer);
    expect(up.requests).toHaveLength(1);
    expect(up.requests[0]).toMatchObject({ path: upstream, body: { ...body, model: 'up' } });
    expect(up.requests[0]?.headers['authorization']).toBe('Bearer sk-up');
  });

  test.for(MODEL_PATHS)('$path takes the model from the path', async ({ path, body }) => {
    const { up, url } = await single();
    const response = await post(url + path, { model: 'not-a-model', ...body });
    expect(response.status).toBe(200);
    expect(up.requests[0]?.body).toMatchObject({ ...body, model: 'up' });
  });

  test('a model with slashes and escapes in the path is understood', async () => {
    const up = await provider();
    const { url } = await gateway('model_list:', deployment(up, { group: 'org/my model', id: 'a' }));
    const response = await post(`${url}/openai/deployments/org/my%20model/chat/completions`, { messages: MESSAGES });
    expect(response.status).toBe(200);
  });

  test('these tests know every path that the gateway routes', () => {
    const tested = new Set([...JSON_PATHS.map(({ path }) => path), ...SPEECH_PATHS, ...TRANSCRIPTION_PATHS]);
    for (const { path } of MODEL_PATHS) tested.add(path.replace('/g/', '/{model}/'));
    const isStored = (path: string): boolean => path.includes('{response_id}');
    const routed = inferencePaths();
    expect(routed.filter((path) => !isStored(path) && !tested.has(path))).toEqual([]);
    expect(new Set(routed.filter(isStored))).toEqual(new Set(STORED_PATHS));
  });
});

const STREAMS = [
  { endpoint: 'chat', body: { messages: MESSAGES }, ends: 'data: [DONE]\n\n' },
  { endpoint: 'completions', body: { prompt: 'hello' }, ends: 'data: [DONE]\n\n' },
  { endpoint: 'responses', body: { input: 'hello' }, ends: 'event: response.completed' },
].flatMap((one) =>
  (JSON_ENDPOINTS.find(({ endpoint }) => endpoint === one.endpoint)?.paths ?? []).map((path) => ({ ...one, path })),
);

describe('streams', () => {
  test.for(STREAMS)('$endpoint streams on $path', async ({ path, body, ends }) => {
    const { up, url } = await single();
    const response = await post(url + path, { model: 'g', stream: true, ...body });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const text = await response.text();
    expect(text).toContain(ends);
    expect(text).toContain('"model":"g"');
    expect(text).not.toContain('"model":"up"');
    expect(up.requests[0]?.body).toMatchObject({ stream: true, model: 'up' });
  });

  test('speech in events passes through as events', async () => {
    const { url } = await single();
    const body = { model: 'g', input: 'hello', voice: 'alloy', stream_format: 'sse' };
    const response = await post(`${url}/v1/audio/speech`, body);
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(await response.text()).toContain('speech.audio.done');
  });

  test('a transcription streams, and its model is replaced', async () => {
    const { up, url } = await single();
    up.setFaults({ '*': { answer: 'one two' } });
    const response = await fetch(`${url}/v1/audio/transcriptions`, {
      method: 'POST',
      body: recording({ stream: 'true' }),
    });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const text = await response.text();
    expect(text).toContain('transcript.text.delta');
    expect(text).toContain('transcript.text.done');
    expect(up.requests[0]?.body).toMatchObject({ model: 'up', stream: 'true' });
  });

  test('a transcription stream that is cut never looks complete', async () => {
    const { up, url } = await single();
    up.setFaults({ '*': { cutAfterTokens: 3, answerTokens: 20 } });
    const sent = fetch(`${url}/v1/audio/transcriptions`, { method: 'POST', body: recording({ stream: 'true' }) });
    await expect(sent.then((response) => response.text())).rejects.toThrow('terminated');
  });
});

function recording(further: Readonly<Record<string, string>> = {}): FormData {
  const form = new FormData();
  form.set('model', 'g');
  for (const [name, value] of Object.entries(further)) form.set(name, value);
  form.set('file', new File([AUDIO], 'speech.wav', { type: 'audio/wav' }));
  return form;
}

/** Every byte value, boundary-like lines included. */
const AUDIO = Buffer.concat([
  Buffer.from('RIFF\r\n--not-the-boundary\r\n\r\n'),
  Buffer.from(Array.from({ length: 64 * 1024 }, (_, at) => (at * 7) % 256)),
]);

describe('audio', () => {
  test.for(SPEECH_PATHS)('%s gives the bytes that the provider made', async (path) => {
    const { up, url } = await single();
    const body = { input: 'say this', voice: 'alloy', response_format: 'wav' };
    const direct = await post(`${up.url}/v1/audio/speech`, { model: 'up', ...body });
    const answer = await post(url + path, { model: 'g', ...body });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('audio/wav');
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(Buffer.from(await direct.arrayBuffer()));
  });

  test.for(TRANSCRIPTION_PATHS)('%s passes the file on whole and replaces the model', async (path) => {
    const { up, url } = await single();
    up.setFaults({ '*': { answer: 'what was said' } });
    const response = await fetch(url + path, { method: 'POST', body: recording({ language: 'en' }) });
    expect(response.status).toBe(200);
    expect(await fieldsOf(response)).toMatchObject({ text: 'what was said' });
    const received = up.requests[0];
    expect(received?.body).toMatchObject({ model: 'up', language: 'en' });
    expect(received?.bodyBytes).toBeGreaterThan(AUDIO.length);
    const again = await new Response(AUDIO).arrayBuffer();
    expect(again.byteLength).toBe(AUDIO.length);
  });

  test('plain text and verbose transcriptions keep their form', async () => {
    const { up, url } = await single();
    up.setFaults({ '*': { answer: 'what was said' } });
    const text = await fetch(`${url}/v1/audio/transcriptions`, {
      method: 'POST',
      body: recording({ response_format: 'text' }),
    });
    expect(text.headers.get('content-type')).toContain('text/plain');
    expect(await text.text()).toBe('what was said\n');
    const verbose = await fetch(`${url}/v1/audio/transcriptions`, {
      method: 'POST',
      body: recording({ response_format: 'verbose_json' }),
    });
    expect(await fieldsOf(verbose)).toMatchObject({ task: 'transcribe', segments: [{ id: 0 }] });
  });

  test('a transcription that fails is sent again, whole, to another deployment', async () => {
    const [bad, good] = [await provider(), await provider()];
    bad.setFaults({ '*': { status: 500 } });
    const bodies: number[] = [];
    const { url } = await gateway(
      'model_list:',
      deployment(bad, { id: 'bad', model: 'openai/whisper-of-bad' }),
      deployment(good, { id: 'good', model: 'openai/w' }),
    );
    for (let nth = 0; nth < 12; nth += 1) {
      const response = await fetch(`${url}/v1/audio/transcriptions`, { method: 'POST', body: recording() });
      expect(response.status).toBe(200);
      expect(response.headers.get('x-litellm-model-id')).toBe('good');
      await response.text();
    }
    expect(good.requests).toHaveLength(12);
    expect(bad.requests.length).toBeGreaterThan(0);
    for (const { bodyBytes } of good.requests) bodies.push(bodyBytes);
    expect(new Set(bodies).size).toBe(1);
    expect(bad.requests[0]?.bodyBytes).toBe((bodies[0] ?? 0) + 'whisper-of-bad'.length - 'w'.length);
    expect(bad.requests[0]?.body).toMatchObject({ model: 'whisper-of-bad' });
    expect(good.requests[0]?.body).toMatchObject({ model: 'w' });
  });
});

const RESPONSE_PREFIXES = ['/v1/responses', '/responses', '/openai/v1/responses'];
const STORED_PATHS = RESPONSE_PREFIXES.flatMap((prefix) =>
  ['', '/cancel', '/input_items'].map((suffix) => `${prefix}/{response_id}${suffix}`),
);

interface Pair {
  readonly one: FakeProvider;
  readonly two: FakeProvider;
  readonly url: string;
  readonly gateway: TestGateway;
  byId(id: string | null): FakeProvider;
}

/** Two deployments of one group, `one` and `two`. */
async function pair(...further: readonly string[]): Promise<Pair> {
  const [one, two] = [await provider(), await provider()];
  const started = await gateway(
    'model_list:',
    deployment(one, { id: 'one' }),
    deployment(two, { id: 'two' }),
    ...further,
  );
  return { one, two, url: started.url, gateway: started, byId: (id) => (id === 'one' ? one : two) };
}

interface Created {
  readonly id: string;
  readonly maker: FakeProvider;
  readonly other: FakeProvider;
}

async function create({ url, byId, one, two }: Pair, body: Fields = {}): Promise<Created> {
  const response = await post(`${url}/v1/responses`, { model: 'g', input: 'hello', ...body });
  const maker = byId(response.headers.get('x-litellm-model-id'));
  const { id } = await fieldsOf(response);
  return { id: String(id), maker, other: maker === one ? two : one };
}

function seen(up: FakeProvider): string[] {
  return up.requests.map(({ method, path }) => `${method} ${path}`);
}

function lastBody(up: FakeProvider): Fields {
  return up.requests.at(-1)?.body as Fields;
}

describe('stored responses', () => {
  test('the id of a response hides the provider’s, and leads back to its deployment', async () => {
    const group = await pair();
    const { id, maker, other } = await create(group);
    expect(id).toMatch(/^resp_/);
    const before = other.requests.length;
    for (let nth = 0; nth < 8; nth += 1) {
      const next = await post(`${group.url}/v1/responses`, { model: 'g', input: 'more', previous_response_id: id });
      expect(next.status).toBe(200);
      expect(await fieldsOf(next)).toMatchObject({ previous_response_id: id });
    }
    expect(other.requests).toHaveLength(before);
    const sent = String(lastBody(maker)['previous_response_id']);
    expect(sent).toMatch(/^resp_[0-9a-f]+$/);
    expect(sent).not.toBe(id);
  });

  test('a streamed response has one id in all its events, and it can be continued', async () => {
    const group = await pair();
    const response = await post(`${group.url}/v1/responses`, { model: 'g', input: 'hello', stream: true });
    const maker = group.byId(response.headers.get('x-litellm-model-id'));
    const ids = new Set([...(await response.text()).matchAll(/"id":"(resp_[^"]+)"/g)].map(([, id]) => id));
    expect(ids.size).toBe(1);
    const [id] = ids;
    const follow = { model: 'g', input: 'more', stream: true, previous_response_id: id };
    const next = await (await post(`${group.url}/v1/responses`, follow)).text();
    expect(next).toContain('response.completed');
    expect(next).toContain(`"previous_response_id":"${id}"`);
    expect(seen(maker)).toEqual(['POST /v1/responses', 'POST /v1/responses']);
  });

  test('a request that continues a response fails rather than going to another deployment', async () => {
    const group = await pair();
    const { id, maker, other } = await create(group);
    maker.setFaults({ '*': { status: 400, error: 'bad-request' } });
    const next = await post(`${group.url}/v1/responses`, { model: 'g', input: 'more', previous_response_id: id });
    expect(next.status).toBe(400);
    expect(other.requests).toHaveLength(0);
  });

  test.for(RESPONSE_PREFIXES)('%s/{id}: read, list, cancel and delete go to the maker', async (prefix) => {
    const group = await pair();
    const { id, maker, other } = await create(group, { background: true });
    const base = `${group.url}${prefix}/${id}`;
    const read = await fetch(base);
    expect(read.status).toBe(200);
    expect(await fieldsOf(read)).toMatchObject({ id, object: 'response' });
    const items = await fieldsOf(await fetch(`${base}/input_items?limit=5`));
    expect(items).toMatchObject({ object: 'list', data: [{ type: 'message' }] });
    const cancelled = await fieldsOf(await fetch(`${base}/cancel`, { method: 'POST' }));
    expect(cancelled).toMatchObject({ id, status: 'cancelled' });
    const deleted = await fieldsOf(await fetch(base, { method: 'DELETE' }));
    expect(deleted).toEqual({ id, object: 'response', deleted: true });
    expect(other.requests).toHaveLength(0);
    const upstreamId = maker.requests[1]?.path.split('/')[3];
    expect(seen(maker)).toEqual([
      'POST /v1/responses',
      `GET /v1/responses/${upstreamId}`,
      `GET /v1/responses/${upstreamId}/input_items`,
      `POST /v1/responses/${upstreamId}/cancel`,
      `DELETE /v1/responses/${upstreamId}`,
    ]);
    expect(maker.requests[2]?.query).toBe('limit=5');
    expect(maker.requests[1]?.headers['authorization']).toBe('Bearer sk-up');
  });

  test('what a stored response continues is named by the id that the client knows', async () => {
    const group = await pair();
    const first = await create(group);
    const second = await create(group, { previous_response_id: first.id });
    const read = await fieldsOf(await fetch(`${group.url}/v1/responses/${second.id}`));
    expect(read).toMatchObject({ id: second.id, previous_response_id: first.id });
  });

  test('a deleted response is the provider’s 404', async () => {
    const group = await pair();
    const { id } = await create(group);
    await (await fetch(`${group.url}/v1/responses/${id}`, { method: 'DELETE' })).text();
    const read = await fetch(`${group.url}/v1/responses/${id}`);
    expect(read.status).toBe(404);
    expect(await fieldsOf(read)).toMatchObject({ error: { message: expect.any(String) as string } });
  });

  test.for([
    ['one that the gateway never made', 'resp_0123456789abcdef'],
    ['one of a deployment that is gone', idOf('gone', 'resp_1')],
    ['no id at all', 'nonsense'],
  ])('an unknown id is a 404: %s', async ([, id]) => {
    const group = await pair();
    for (const [method, suffix] of [
      ['GET', ''],
      ['DELETE', ''],
      ['POST', '/cancel'],
      ['GET', '/input_items'],
    ]) {
      const answer = await fetch(`${group.url}/v1/responses/${id}${suffix}`, { method: method ?? 'GET' });
      expect(answer.status).toBe(404);
      expect(await fieldsOf(answer)).toMatchObject({ error: { code: '404', type: 'invalid_request_error' } });
    }
    expect([...group.one.requests, ...group.two.requests]).toHaveLength(0);
  });

  test('a provider that is gone is an error, not a hang', async () => {
    const group = await pair();
    const { id, maker } = await create(group);
    await maker.close();
    const read = await fetch(`${group.url}/v1/responses/${id}`);
    expect(read.status).toBe(500);
    expect(await fieldsOf(read)).toMatchObject({ error: { message: expect.any(String) as string } });
  });

  test('a stored response needs the key where there is one', async () => {
    const up = await provider();
    const { url } = await gateway(
      'model_list:',
      deployment(up, { id: 'a' }),
      'general_settings: {master_key: sk-a-key-that-is-long-enough}',
    );
    expect((await fetch(`${url}/v1/responses/${idOf('a', 'resp_1')}`)).status).toBe(401);
    expect(up.requests).toHaveLength(0);
  });
});

/** As the gateway makes ids. */
function idOf(deploymentId: string, upstreamId: string): string {
  const text = `litellm:custom_llm_provider:openai;model_id:${deploymentId};response_id:${upstreamId}`;
  return `resp_${Buffer.from(text).toString('base64')}`;
}

describe('background responses', () => {
  test.for([
    ['an error', { status: 500 }],
    ['a reset after the request was read', { connection: 'reset' }],
    ['a refusal that names a time', { status: 429, retryAfter: 1 }],
  ] as const)('are not sent twice after %s', async ([, fault]) => {
    const group = await pair();
    group.one.setFaults({ '*': fault });
    group.two.setFaults({ '*': fault });
    const response = await post(`${group.url}/v1/responses`, { model: 'g', input: 'hello', background: true });
    expect(response.ok).toBe(false);
    expect(group.one.requests.length + group.two.requests.length).toBe(1);
  });

  test('are sent to another deployment when nothing had been written', async () => {
    const group = await pair();
    await group.one.close();
    for (let nth = 0; nth < 8; nth += 1) {
      const response = await post(`${group.url}/v1/responses`, { model: 'g', input: 'hello', background: true });
      expect(response.status).toBe(200);
      expect(await fieldsOf(response)).toMatchObject({ status: 'queued', background: true });
    }
    expect(group.two.requests).toHaveLength(8);
  });

  test('in the foreground the same failure costs no client an error', async () => {
    const group = await pair();
    group.one.setFaults({ '*': { status: 500 } });
    for (let nth = 0; nth < 8; nth += 1) expect((await create(group)).maker).toBe(group.two);
  });
});

interface VendorCase {
  readonly name: string;
  readonly model: string;
  readonly base: string;
  /** Lines of `litellm_params` beside them. */
  readonly path: Readonly<Record<'chat' | 'embeddings' | 'responses', string | undefined>>;
  readonly key: readonly [header: string, value: string];
}

const VENDORS: readonly VendorCase[] = [
  {
    name: 'Azure, dated',
    model: 'azure/gpt-dep',
    base: '/',
    path: {
      chat: '/openai/deployments/gpt-dep/chat/completions',
      embeddings: '/openai/deployments/gpt-dep/embeddings',
      responses: '/openai/responses',
    },
    key: ['api-key', 'sk-up'],
  },
  {
    name: 'Azure, /openai/v1',
    model: 'azure/gpt-dep',
    base: '/openai/v1',
    path: {
      chat: '/openai/v1/chat/completions',
      embeddings: '/openai/v1/embeddings',
      responses: '/openai/v1/responses',
    },
    key: ['authorization', 'Bearer sk-up'],
  },
  {
    name: 'a Hugging Face server (TGI)',
    model: 'huggingface/org/zephyr',
    base: '/',
    path: { chat: '/v1/chat/completions', embeddings: '/v1/embeddings', responses: undefined },
    key: ['authorization', 'Bearer sk-up'],
  },
];

const VENDOR_CALLS = VENDORS.flatMap((vendor) =>
  (
    [
      ['chat', '/v1/chat/completions', { messages: MESSAGES }, { object: 'chat.completion' }],
      ['embeddings', '/v1/embeddings', { input: 'hello' }, { object: 'list' }],
      ['responses', '/v1/responses', { input: 'hello' }, { object: 'response' }],
    ] as const
  ).map(([endpoint, path, body, answer]) => ({ ...vendor, endpoint, asked: path, body, answer })),
);

describe('vendors', () => {
  test.for(VENDOR_CALLS.filter(({ path, endpoint }) => path[endpoint] !== undefined))(
    '$name: $endpoint',
    async ({ model, base, path, endpoint, key, asked, body, answer }) => {
      const up = await provider();
      const { url } = await gateway('model_list:', deployment(up, { id: 'a', model, base }));
      const response = await post(url + asked, { model: 'g', ...body });
      expect(response.status).toBe(200);
      expect(await fieldsOf(response)).toMatchObject({ ...answer, model: 'g' });
      expect(up.requests[0]?.path).toBe(path[endpoint]);
      expect(up.requests[0]?.headers[key[0]]).toBe(key[1]);
    },
  );

  test.for(VENDOR_CALLS.filter(({ path, endpoint }) => endpoint !== 'embeddings' && path[endpoint] !== undefined))(
    '$name: $endpoint streams',
    async ({ model, base, asked, body, endpoint }) => {
      const up = await provider();
      const { url } = await gateway('model_list:', deployment(up, { id: 'a', model, base }));
      const text = await (await post(url + asked, { model: 'g', stream: true, ...body })).text();
      expect(text).toContain(endpoint === 'chat' ? 'data: [DONE]' : 'event: response.completed');
    },
  );

  test.for(VENDORS.filter(({ path }) => path.responses !== undefined))(
    '$name: a stored response is read back with the credentials of its deployment',
    async ({ model, base, path, key }) => {
      const up = await provider();
      const { url } = await gateway('model_list:', deployment(up, { id: 'a', model, base }));
      const made = await fieldsOf(await post(`${url}/v1/responses`, { model: 'g', input: 'hello' }));
      const read = await fetch(`${url}/v1/responses/${String(made['id'])}`);
      expect(read.status).toBe(200);
      expect(await fieldsOf(read)).toMatchObject({ id: made['id'] });
      expect(up.requests[1]?.path).toMatch(new RegExp(`^${path.responses}/resp_`));
      expect(up.requests[1]?.headers[key[0]]).toBe(key[1]);
    },
  );

  test('an endpoint that the vendor does not have is a 400 that says so', async () => {
    const up = await provider();
    const { url } = await gateway(
      'model_list:',
      deployment(up, { id: 'a', model: 'huggingface/org/zephyr', base: '/' }),
    );
    const response = await post(`${url}/v1/responses`, { model: 'g', input: 'hello' });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('huggingface has no endpoint for responses');
    expect(up.requests).toHaveLength(0);
  });
});

describe('URLs that nobody means', () => {
  test.for([
    '/engines/%E0%A4%A/chat/completions',
    '/openai/deployments/%/embeddings',
    '/v1/responses/%E0%A4%A',
    '/v1/responses/%zz/cancel',
  ])('%s is refused, and the gateway lives on', async (path) => {
    const { up, url } = await single();
    const response = await post(url + path, { messages: MESSAGES, input: 'hello' });
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.status).toBeLessThan(500);
    expect((await post(`${url}/v1/chat/completions`, { model: 'g', messages: MESSAGES })).status).toBe(200);
    expect(up.requests).toHaveLength(1);
  });
});

describe('the OpenAI Node client', () => {
  async function client(): Promise<{ openai: OpenAI; up: FakeProvider }> {
    const { up, url } = await single();
    return { up, openai: new OpenAI({ baseURL: `${url}/v1`, apiKey: 'sk-any', maxRetries: 0 }) };
  }

  test('creates, streams, reads, lists, cancels and deletes responses', async () => {
    const { openai } = await client();
    const made = await openai.responses.create({ model: 'g', input: 'hello', background: true });
    expect(await openai.responses.retrieve(made.id)).toMatchObject({ id: made.id, status: 'completed' });
    const items = await openai.responses.inputItems.list(made.id);
    expect(items.data).toHaveLength(1);
    expect(await openai.responses.cancel(made.id)).toMatchObject({ id: made.id, status: 'cancelled' });
    await openai.responses.delete(made.id);
    await expect(openai.responses.retrieve(made.id)).rejects.toThrow(OpenAI.NotFoundError);
    const types: string[] = [];
    for await (const event of await openai.responses.create({ model: 'g', input: 'hello', stream: true })) {
      types.push(event.type);
    }
    expect(types.at(0)).toBe('response.created');
    expect(types.at(-1)).toBe('response.completed');
  });

  test('embeds, moderates, draws, speaks, listens and completes', async () => {
    const { openai, up } = await client();
    const embedded = await openai.embeddings.create({ model: 'g', input: ['one', 'two'] });
    expect(embedded.data.map(({ embedding }) => embedding.length > 0)).toEqual([true, true]);
    expect((await openai.moderations.create({ model: 'g', input: 'fine' })).results[0]?.flagged).toBe(false);
    expect((await openai.images.generate({ model: 'g', prompt: 'a pixel' })).data).toHaveLength(1);
    const speech = await openai.audio.speech.create({ model: 'g', voice: 'alloy', input: 'hello' });
    expect((await speech.arrayBuffer()).byteLength).toBeGreaterThan(0);
    const file = await toFile(AUDIO, 'speech.wav');
    up.setFaults({ '*': { answer: 'heard' } });
    expect((await openai.audio.transcriptions.create({ model: 'g', file })).text).toBe('heard');
    const heard: string[] = [];
    for await (const event of await openai.audio.transcriptions.create({ model: 'g', file, stream: true })) {
      heard.push(event.type);
    }
    expect(heard.at(-1)).toBe('transcript.text.done');
    const completed = await openai.completions.create({ model: 'g', prompt: 'hello' });
    expect(completed.choices[0]?.text).toBe('heard');
  });
});
