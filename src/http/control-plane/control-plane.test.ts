// The control plane over a real socket, with the data plane beside it as in production.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadConfigText } from '../../config/load.ts';
import { startFakeProvider, type FakeProvider } from '../../fake-provider/fake-provider.ts';
import { RequestLog } from '../../observe/request-log.ts';
import { serve } from '../../serve.ts';
import type { RunningGateway } from '../../serve-options.ts';

const KEY = 'sk-test-master-0123456789';
const UPSTREAM_KEY = 'sk-upstream-secret-0123456789';

let upstream: FakeProvider;
let log: RequestLog;
let locked: RunningGateway;
let open: RunningGateway;

function start(general: string, rest = ''): Promise<RunningGateway> {
  const config = loadConfigText(
    `
model_list:
- model_name: good
  litellm_params: {model: openai/good, api_base: "${upstream.url}/v1", api_key: ${UPSTREAM_KEY}, rpm: 60}
  model_info: {id: good-1}
- model_name: vectors
  litellm_params: {model: openai/vectors, api_base: "${upstream.url}/v1", api_key: ${UPSTREAM_KEY}}
  model_info: {id: vectors-1, mode: embedding}
- model_name: bad
  litellm_params: {model: openai/bad, api_base: "${upstream.url}/v1", api_key: ${UPSTREAM_KEY}}
  model_info: {id: bad-1}
- model_name: later
  litellm_params: {model: openai/later, api_base: "${upstream.url}/v1", api_key: <your-key>}
  model_info: {id: later-1}
general_settings: {${general}}
${rest}
`,
    { env: {} },
  );
  const tls = { keyFile: undefined, certFile: undefined };
  return serve(config, { host: '127.0.0.1', port: 0, ...tls, keepAliveTimeoutMs: 5_000, env: {}, log });
}

beforeAll(async () => {
  upstream = await startFakeProvider({ faults: { bad: [{ status: 500 }] } });
  log = await RequestLog.open({ level: 'error', pretty: false, stream: { write: () => undefined } });
  locked = await start(`master_key: ${KEY}`);
  open = await start('allow_public_health_readiness_details: true');
});
afterAll(async () => {
  await Promise.all([locked.drain(), open.drain()]);
  await upstream.close();
  log.close();
});

/** Golden i05. */
const OPEN_PATHS =
  '/ /docs /redoc /openapi.json /routes /test /health/liveliness /health/liveness /health/readiness'.split(' ');
const LOCKED_PATHS = (
  '/health /v1/models /models /v1/models/good /model/info /v1/model/info /v2/model/info /model_group/info ' +
  '/v1/model_group/info /health/backlog /health/readiness/details /key/info /router/settings /cache/ping /provider/budgets /model/settings'
).split(' ');

interface Asked {
  readonly method?: string;
  readonly key?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

function ask(
  gateway: RunningGateway,
  path: string,
  { method = 'GET', key, headers = {}, body }: Asked = {},
): Promise<Response> {
  const auth = key === undefined ? {} : { authorization: `Bearer ${key}` };
  return fetch(gateway.url + path, {
    method,
    redirect: 'manual',
    headers: { ...auth, ...headers },
    ...(body === undefined ? {} : { body }),
  });
}

describe('without a key', () => {
  test.each(OPEN_PATHS)('%s answers', async (path) => expect((await ask(locked, path)).status).toBe(200));

  test.each(LOCKED_PATHS)('%s is refused as LiteLLM refuses it', async (path) => {
    const answer = await ask(locked, path);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(await answer.json()).toEqual({
      error: { message: 'Authentication Error, No api key passed in.', type: 'auth_error', param: 'None', code: '401' },
    });
  });

  test.each(['/metrics', '/metrics/'])('%s wants the key too, in its own words', async (path) => {
    const answer = await ask(locked, path);
    expect(answer.status).toBe(401);
    expect(await answer.json()).toContain('Unauthorized access to metrics endpoint');
  });

  test('a wrong key is a 400 without a database', async () => {
    const answer = await ask(locked, '/v1/models', { key: 'sk-wrong' });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { type: 'no_db_connection', param: null, code: '400' } });
  });

  test('what is not there is a 404 and not a 401', async () => {
    expect((await ask(locked, '/nope')).status).toBe(404);
  });
});

describe('with the key', () => {
  test('models are listed', async () => {
    const answer = await ask(locked, '/v1/models', { key: KEY });
    const { data, object } = (await answer.json()) as { data: { id: string }[]; object: string };
    expect([object, ...data.map(({ id }) => id)]).toEqual(['list', 'good', 'vectors', 'bad', 'later']);
  });

  test.each([
    ['/v1/models/good', 200],
    ['/v1/models/nope', 404],
    ['/v1/models/a%2Fb', 404],
    ['/v1/models/%zz', 404],
    ['/v1/models?fallback_type=nope', 400],
    ['/model/info?litellm_model_id=good-1', 200],
    ['/model/info?litellm_model_id=nope', 400],
    ['/v2/model/info?page=0', 422],
    ['/router/settings', 200],
    ['/health/backlog', 200],
    ['/cache/ping', 503],
    ['/provider/budgets', 500],
    ['/key/info', 500],
  ])('%s is a %i', async (path, status) => {
    const answer = await ask(locked, path, { key: KEY });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/json');
  });

  test.each([
    ['/key/generate', { type: 'internal_server_error', param: null, code: '500' }],
    ['/model/new', { type: 'auth_error', param: 'None', code: '500' }],
    ['/key/some-key/regenerate', { type: 'internal_server_error', param: null, code: '500' }],
  ])('%s says that there is no database, whatever is sent', async (path, error) => {
    for (const headers of [{ 'content-type': 'application/json' }, { 'content-type': 'nonsense' }]) {
      const answer = await ask(locked, path, { method: 'POST', key: KEY, body: '{broken', headers });
      expect(answer.status).toBe(500);
      expect(await answer.json()).toMatchObject({ error });
    }
  });

  test('metrics are text', async () => {
    const answer = await ask(locked, '/metrics', { key: KEY });
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await answer.text()).toContain(
      'litellm_deployment_state{litellm_model_name="openai/good",model_id="good-1"',
    );
  });

  test('metrics can be opened by the config', async () => {
    const gateway = await start(`master_key: ${KEY}`, 'litellm_settings: {require_auth_for_metrics_endpoint: false}');
    expect((await ask(gateway, '/metrics')).status).toBe(200);
    await gateway.drain();
  });
});

describe('/health', () => {
  interface Report {
    readonly healthy_endpoints: Record<string, unknown>[];
    readonly unhealthy_endpoints: Record<string, unknown>[];
    readonly healthy_count: number;
    readonly unhealthy_count: number;
  }

  test('calls every deployment once, in its own mode, and shows no secret', async () => {
    upstream.reset();
    const text = await (await ask(locked, '/health', { key: KEY })).text();
    const report = JSON.parse(text) as Report;
    expect([report.healthy_count, report.unhealthy_count]).toEqual([2, 2]);
    expect(report.healthy_endpoints[0]).toMatchObject({
      model: 'openai/good',
      model_id: 'good-1',
      rpm: 60,
      api_base: `${upstream.url}/v1`,
    });
    expect(report.unhealthy_endpoints[0]).toMatchObject({
      model_id: 'bad-1',
      exception_status: 500,
      error: expect.any(String),
    });
    expect(report.unhealthy_endpoints[1]).toMatchObject({
      model_id: 'later-1',
      error: expect.stringContaining('api_key'),
    });
    expect(upstream.requests.map(({ path }) => path).toSorted()).toEqual([
      '/v1/chat/completions',
      '/v1/chat/completions',
      '/v1/embeddings',
    ]);
    expect(text).not.toContain(UPSTREAM_KEY);
  });

  test.each([
    ['?model=good', ['good-1']],
    ['?model=openai/vectors', ['vectors-1']],
    ['?model_id=good-1', ['good-1']],
  ])('%s asks only that', async (query, ids) => {
    const report = (await (await ask(locked, `/health${query}`, { key: KEY })).json()) as Report;
    expect(report.healthy_endpoints.map((entry) => entry['model_id'])).toEqual(ids);
  });

  test('a model that is not there may not be checked', async () => {
    const answer = await ask(locked, '/health?model=nope', { key: KEY });
    expect(answer.status).toBe(403);
    expect(await answer.json()).toEqual({ detail: { error: 'key not allowed to health-check model nope' } });
  });

  test('without a master key anybody may ask, and addresses are left out', async () => {
    const report = (await (await ask(open, '/health?model=good')).json()) as Report;
    expect(report.healthy_endpoints[0]).not.toHaveProperty('api_base');
  });

  test('readiness details are public where the config says so', async () => {
    expect(await (await ask(open, '/health/readiness/details')).json()).toMatchObject({
      status: 'healthy',
      cache: null,
    });
  });
});

describe('what no route takes', () => {
  test('a wrong method is told the right one, on both planes', async () => {
    for (const [path, allow] of [
      ['/v1/models', 'GET'],
      ['/v1/chat/completions', 'POST'],
    ] as const) {
      const answer = await ask(locked, path, { method: 'DELETE' });
      expect([answer.status, answer.headers.get('allow'), await answer.json()]).toEqual([
        405,
        allow,
        { detail: 'Method Not Allowed' },
      ]);
    }
  });

  test('a slash too many is redirected', async () => {
    for (const path of ['/v1/models/', '/v1/chat/completions/']) {
      const answer = await ask(locked, path, { method: 'POST', body: '{}' });
      expect([answer.status, answer.headers.get('location')]).toEqual([307, path.slice(0, -1)]);
    }
  });
});

test('scripts of other origins may ask and read', async () => {
  const preflight = await ask(locked, '/v1/chat/completions', {
    method: 'OPTIONS',
    headers: {
      origin: 'http://a.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization',
    },
  });
  expect([preflight.status, await preflight.text()]).toEqual([200, 'OK']);
  expect(preflight.headers.get('access-control-allow-headers')).toBe('authorization');
  const answer = await ask(locked, '/v1/models', { key: KEY, headers: { origin: 'http://a.example' } });
  expect(answer.headers.get('access-control-allow-origin')).toBe('*');
});

test('every answer forbids framing and type guessing', async () => {
  for (const path of ['/', '/nope', '/v1/models', '/v1/models/']) {
    const { headers } = await ask(locked, path);
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  }
});

test('every route that is described answers something else than 404', async () => {
  const { paths } = (await (await ask(locked, '/openapi.json')).json()) as {
    paths: Record<string, Record<string, unknown>>;
  };
  for (const [path, methods] of Object.entries(paths)) {
    for (const method of Object.keys(methods)) {
      const url = path.replaceAll(/\{\w+\}/g, 'x');
      const answer = await ask(locked, url, { method: method.toUpperCase() });
      const { status } = answer;
      expect(await answer.text(), `${method} ${path}`).not.toBe('{"detail":"Not Found"}');
      expect(status, `${method} ${path}`).not.toBe(405);
    }
  }
});
