// The reasons of decisions over real sockets: the header of an answer, the ring of recent requests, the deployments.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../../../test/support/start-gateway.ts';
import { startFakeProvider, type FakeProvider } from '../../fake-provider/fake-provider.ts';

const KEY = 'sk-test-master-0123456789';
const WEAK = 'sk-1234';

type Json = Record<string, unknown>;
interface Shown extends Json {
  readonly call_id: string;
  readonly steps: readonly Json[] | null;
}

let provider: FakeProvider;
let gateway: TestGateway;
let weak: TestGateway;

function config(key: string): string {
  const base = `api_base: "${provider.url}/v1", api_key: sk-upstream-0123456789`;
  return `
model_list:
  - {model_name: m, litellm_params: {model: openai/m0, ${base}, rpm: 100}, model_info: {id: m0}}
  - {model_name: m, litellm_params: {model: openai/m1, ${base}, rpm: 300}, model_info: {id: m1}}
  - {model_name: bad, litellm_params: {model: openai/bad, ${base}}, model_info: {id: bad-1}}
  - {model_name: spare, litellm_params: {model: openai/spare, ${base}}, model_info: {id: spare-ü}}
general_settings: {master_key: ${key}}
router_settings: {num_retries: 0, fallbacks: [{bad: [spare]}]}
`;
}

beforeAll(async () => {
  provider = await startFakeProvider();
  gateway = await startGateway(config(KEY));
  weak = await startGateway(config(WEAK));
});
afterEach(() => provider.reset());
afterAll(async () => {
  await Promise.all([gateway.drain(), weak.drain()]);
  await provider.close();
});

interface Ask {
  readonly at?: TestGateway;
  readonly model?: string;
  readonly stream?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  readonly content?: string;
}

async function chat({ at = gateway, model = 'm', stream = false, headers = {}, content = 'hi' }: Ask) {
  const key = at === weak ? WEAK : KEY;
  const answer = await fetch(`${at.url}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model, stream, messages: [{ role: 'user', content }] }),
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
  });
  await answer.text();
  const decision = answer.headers.get('x-loadstone-decision');
  return { status: answer.status, callId: answer.headers.get('x-litellm-call-id') ?? '', decision };
}

const EXPLAIN = { 'x-loadstone-explain': 'true' };
/** What makes a request look as if it came from another machine. */
const ELSEWHERE = { 'x-forwarded-for': '192.0.2.7' };

async function admin(path: string, more: { at?: TestGateway; key?: string; headers?: Record<string, string> } = {}) {
  const authorization: Record<string, string> = more.key === undefined ? {} : { authorization: `Bearer ${more.key}` };
  const answer = await fetch((more.at ?? gateway).url + path, { headers: { ...authorization, ...more.headers } });
  return { status: answer.status, body: (await answer.json()) as Json };
}

async function stored(callId: string): Promise<Shown> {
  await expect.poll(async () => (await admin(`/admin/requests/${callId}`)).status).toBe(200);
  return (await admin(`/admin/requests/${callId}`)).body as Shown;
}

describe('x-loadstone-decision', () => {
  it.each([false, true])('tells who asks and may know how it was decided (stream: %s)', async (stream) => {
    const { status, decision } = await chat({ stream, headers: EXPLAIN });
    expect(status).toBe(200);
    const { steps } = JSON.parse(decision ?? '') as { steps: Json[] };
    expect(steps).toMatchObject([
      { at_ms: 0, step: 'group', asked: 'm', group: 'm', as: 'group' },
      {
        step: 'decision',
        strategy: 'simple-shuffle',
        candidates: [
          { id: 'm0', verdict: 'kept', weight: 100, probability: 0.25, limits: { rpm: { limit: 100 } } },
          { id: 'm1', verdict: 'kept', weight: 300, probability: 0.75, limits: { rpm: { limit: 300 } } },
        ],
      },
    ]);
    expect(['m0', 'm1']).toContain(steps[1]?.['picked']);
  });

  it('is ASCII and tells a fallback', async () => {
    provider.setFaults({ bad: { status: 500 } });
    const { status, decision } = await chat({ model: 'bad', headers: EXPLAIN });
    expect(status).toBe(200);
    expect(decision).toMatch(/^[\x20-\x7e]+$/);
    const { steps } = JSON.parse(decision ?? '') as { steps: Json[] };
    expect(steps.map(({ step }) => step)).toEqual(['group', 'decision', 'failed', 'fallback', 'group', 'decision']);
    expect(steps[3]).toMatchObject({ from: 'bad', to: 'spare', list: 'fallbacks' });
    expect(steps[5]).toMatchObject({ picked: 'spare-ü' });
  });

  it('stands on errors too', async () => {
    provider.setFaults({ '*': { status: 400 } });
    const { status, decision } = await chat({ headers: EXPLAIN });
    expect(status).toBe(400);
    const { steps } = JSON.parse(decision ?? '') as { steps: Json[] };
    expect(steps.at(-1)).toMatchObject({ step: 'end', status: 400, cause: 'bad_request' });
  });

  it('is not there for who does not ask, or may not know', async () => {
    expect((await chat({})).decision).toBeNull();
    expect((await chat({ headers: { 'x-loadstone-explain': 'false' } })).decision).toBeNull();
    const refused = await chat({ at: weak, headers: { ...EXPLAIN, ...ELSEWHERE } });
    expect([refused.status, refused.decision]).toEqual([200, null]);
    expect((await chat({ at: weak, headers: EXPLAIN })).decision).not.toBeNull();
    expect((await chat({ headers: { ...EXPLAIN, ...ELSEWHERE } })).decision).not.toBeNull();
  });
});

describe('/admin/*', () => {
  it.each(['/admin/requests', '/admin/requests/x', '/admin/deployments'])('%s is for operators only', async (path) => {
    const headers = ELSEWHERE;
    expect((await admin(path, { headers })).status).toBe(401);
    expect((await admin(path, { headers, key: 'sk-wrong' })).status).toBe(401);
    const lacking = await admin(path, { at: weak, headers, key: WEAK });
    expect(lacking.status).toBe(403);
    expect(JSON.stringify(lacking.body)).toContain('strong general_settings.master_key');
    expect([200, 404]).toContain((await admin(path, { headers, key: KEY })).status);
    expect([200, 404]).toContain((await admin(path)).status);
  });

  it('requests: the newest first, no more than asked for', async () => {
    const first = await chat({});
    const second = await chat({ model: 'unknown' });
    await stored(second.callId);
    const { requests } = (await admin('/admin/requests?limit=2')).body as { requests: Shown[] };
    expect(requests.map(({ call_id }) => call_id)).toEqual([second.callId, first.callId]);
    expect(requests[0]).toMatchObject({ status: 400, outcome: 'failure', model: 'unknown', attempts: 0 });
    expect(requests[1]).toMatchObject({ status: 200, outcome: 'success', model: 'm', attempts: 1, troubles: [] });
    expect(requests[1]).not.toHaveProperty('steps');
    expect((await admin('/admin/requests?limit=0')).status).toBe(422);
    expect((await admin('/admin/requests?limit=x')).status).toBe(422);
  });

  it('requests: one of them with its reasons, and nothing of its content', async () => {
    const { callId } = await chat({ headers: EXPLAIN, content: 'a secret' });
    const shown = await stored(callId);
    expect(shown.steps?.map(({ step }) => step)).toEqual(['group', 'decision']);
    expect(Date.parse(String(shown['time']))).toBeLessThanOrEqual(Date.now());
    expect(JSON.stringify(shown)).not.toContain('secret');
    expect((await admin('/admin/requests/nobody')).status).toBe(404);
  });

  it('requests: what went wrong is explained without being asked for', async () => {
    provider.setFaults({ bad: { status: 500 } });
    const { callId } = await chat({ model: 'bad' });
    const shown = await stored(callId);
    expect(shown['troubles']).toMatchObject([
      { kind: 'attempt', deployment: 'bad-1', outcome: 'failure', failure: { cause: 'server_error', status: 500 } },
    ]);
    expect(shown.steps?.map(({ step }) => step)).toEqual(['failed', 'fallback', 'group', 'decision']);
    expect(shown.steps?.[3]).toMatchObject({ picked: 'spare-ü', candidates: [{ probability: 1 }] });
  });

  it('deployments: state, limits and what was learned', async () => {
    const { deployments } = (await admin('/admin/deployments')).body as { deployments: Json[] };
    expect(deployments.map(({ id }) => id)).toEqual(['m0', 'm1', 'bad-1', 'spare-ü']);
    expect(deployments[0]).toMatchObject({
      model_name: 'm',
      model: 'openai/m0',
      provider: 'openai',
      out_of_rotation: null,
      breaker: { state: 'closed', available_in_ms: 0, ramp: 1 },
      in_flight: 0,
      limits: { rpm: { limit: 100 } },
      output_tokens_p95: null,
    });
    expect(JSON.stringify(deployments)).not.toContain('sk-upstream');
  });
});

describe('/utils/token_counter', () => {
  async function count(body: string): Promise<{ status: number; body: Json }> {
    const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' };
    const answer = await fetch(`${gateway.url}/utils/token_counter`, { method: 'POST', body, headers });
    return { status: answer.status, body: (await answer.json()) as Json };
  }

  it('counts messages and prompts', async () => {
    const hi = await count('{"model":"m","messages":[{"role":"user","content":"hi"}]}');
    expect(hi.body).toMatchObject({ total_tokens: 8, request_model: 'm', model_used: 'm0' });
    const prompt = await count('{"model":"gpt-4","prompt":"hello world"}');
    expect(prompt.body).toMatchObject({ total_tokens: 2, model_used: 'gpt-4' });
  });

  it.each([
    ['{"messages":[]}', 422, 'Field required'],
    ['{"model":"m"}', 400, 'prompt or messages or contents must be provided'],
    ['{"model":', 400, 'JSON'],
  ])('refuses %s', async (body, status, text) => {
    const answer = await count(body);
    expect(answer.status).toBe(status);
    expect(JSON.stringify(answer.body)).toContain(text);
  });
});
