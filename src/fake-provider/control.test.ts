// The control endpoint, over HTTP as people use it.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startFakeProvider } from './fake-provider.ts';
import type { FakeProvider } from './fake-provider.ts';
import { maskKey } from './received-request.ts';

let provider: FakeProvider;

beforeAll(async () => {
  provider = await startFakeProvider();
});
beforeEach(() => provider.reset());
afterAll(() => provider.close());

function ask(model: string, key = 'sk-any'): Promise<Response> {
  const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'hi' }] });
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  return fetch(`${provider.url}/v1/chat/completions`, { method: 'POST', headers, body });
}

describe('control', () => {
  const control = async (path: string, body?: unknown) => {
    const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    const response = await fetch(`${provider.url}/_control/${path}`, init);
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  test('sets faults of one model, leaves the others, and heals', async () => {
    await control('faults', { one: 'status=503', two: [{ status: 500 }], three: { latencyMs: 1 } });
    const { body } = await control('faults', { two: null, three: '' });
    expect(body).toEqual({ one: [{ status: 503 }] });
    expect((await ask('one')).status).toBe(503);
    expect((await ask('two')).status).toBe(200);
    expect((await control('reset', {})).body).toEqual({});
    expect((await ask('one')).status).toBe(200);
  });

  test('faults of every model and of one add up, and those of the one win', async () => {
    await control('faults', { '*': { status: 500, retryAfter: 1 }, one: { status: 503 } });
    const both = await ask('one');
    expect([both.status, both.headers.get('retry-after')]).toEqual([503, '1']);
    expect((await ask('two')).status).toBe(500);
  });

  test('says what is wrong with a fault and changes nothing', async () => {
    const wrong = await control('faults', { one: { statsu: 503 } });
    expect(wrong.status).toBe(400);
    expect(wrong.body['error']).toContain('statsu');
    expect((await control('faults')).body).toEqual({});
  });

  test('lists what was received, with keys that cannot be read but compared', async () => {
    await ask('one', 'sk-secret-one');
    await ask('two', 'sk-secret-two');
    const { body } = await control('requests?model=two');
    expect(JSON.stringify(body)).not.toContain('sk-secret');
    const headers = { authorization: maskKey('Bearer sk-secret-two') };
    expect(body).toMatchObject({ total: 2, matching: 1, requests: [{ model: 'two', status: 200, headers }] });
    expect(maskKey('Bearer sk-secret-one')).not.toBe(headers.authorization);
    expect(provider.requests[0]?.headers['authorization']).toBe('Bearer sk-secret-one');
  });

  test('knows nothing else', async () => {
    expect((await control('explode', {})).status).toBe(404);
  });
});
