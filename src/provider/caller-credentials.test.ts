import { describe, expect, test } from 'vitest';
import { jsonBodyOf } from '../wire/json-body.ts';
import { callOf, headerOf, requestOf, sentBody, targetOf } from './provider-conformance.ts';

const OPENAI = { api_base: 'http://up:1/v1', api_key: 'sk-operator', organization: 'org-operator' };
const CALLER_BASE = { api_base: 'http://caller:2/v1' };

function body(fields: Readonly<Record<string, unknown>>) {
  return jsonBodyOf({ model: 'g', messages: [], ...fields });
}

describe('what a caller brings', () => {
  test("a key of the caller replaces the operator's", () => {
    const request = requestOf(targetOf({ params: OPENAI }), { body: body({ api_key: 'sk-caller' }) });
    expect(headerOf(request, 'authorization')).toBe('Bearer sk-caller');
    expect(sentBody(request)).toEqual({ model: 'some-model', messages: [] });
  });

  test('an address needs the consent of the deployment', () => {
    const answer = targetOf({ params: OPENAI }).request(callOf({ body: body({ ...CALLER_BASE, api_key: 'k' }) }));
    expect(answer).toMatchObject({ kind: 'unsupported', param: 'api_base' });
  });

  test("an allowed address gets the caller's key", () => {
    const params = { ...OPENAI, configurable_clientside_auth_params: ['api_key', 'api_base'] };
    const request = requestOf(targetOf({ params }), { body: body({ ...CALLER_BASE, api_key: 'sk-caller' }) });
    expect(request).toMatchObject({ origin: 'http://caller:2', path: '/v1/chat/completions' });
    expect(headerOf(request, 'authorization')).toBe('Bearer sk-caller');
  });

  test.each<[string, Record<string, unknown>, Record<string, string>]>([
    ['its key', {}, {}],
    ['a key of the environment', { api_key: null }, { OPENAI_API_KEY: 'sk-operator' }],
    ['headers', { extra_headers: { authorization: 'sk-operator' } }, {}],
  ])('no allowed address gets the operator: %s', (_, extra, env) => {
    const params = { ...OPENAI, ...extra, configurable_clientside_auth_params: ['api_base'] };
    const target = targetOf({ provider: 'openai', params }, env);
    const without = target.request(callOf({ body: body(CALLER_BASE) }));
    expect(without).toMatchObject({ kind: 'unsupported', param: 'api_key' });
    const given = requestOf(target, { body: body({ ...CALLER_BASE, api_key: 'sk-caller' }) });
    expect(JSON.stringify(given.headers)).not.toContain('operator');
  });

  test('no allowed address gets a token that was fetched for the operator', () => {
    const identity = { tenant_id: 't', client_id: 'c', client_secret: 's', api_base: 'http://up:1' };
    const params = { ...identity, configurable_clientside_auth_params: ['api_base'] };
    const call = { body: body({ ...CALLER_BASE, api_key: 'sk-caller' }), token: 'operator-token' };
    const request = requestOf(targetOf({ provider: 'azure', params }), call);
    expect(request.origin).toBe('http://caller:2');
    expect(JSON.stringify(request.headers)).not.toContain('operator');
  });

  test('an address may be bound to a pattern, matched from its beginning', () => {
    const params = { ...OPENAI, configurable_clientside_auth_params: [{ api_base: 'https://.*\\.example\\.com' }] };
    const target = targetOf({ params });
    const asked = (api_base: string) => target.request(callOf({ body: body({ api_base, api_key: 'k' }) }));
    expect(asked('https://a.example.com/v1')).toHaveProperty('origin', 'https://a.example.com');
    expect(asked('http://evil/?https://a.example.com')).toHaveProperty('kind', 'unsupported');
  });

  test("a version in the body beats the one in the URL, which beats the deployment's", () => {
    const params = { api_base: 'http://up:1', api_key: 'k', api_version: '2023-07-01-preview' };
    const target = targetOf({ provider: 'azure', params });
    const path = (fields: Record<string, unknown>, apiVersion: string | undefined) =>
      requestOf(target, { body: body(fields), apiVersion }).path;
    expect(path({}, undefined)).toMatch(/api-version=2023-07-01-preview$/);
    expect(path({}, '2023-03-15-preview')).toMatch(/api-version=2023-03-15-preview$/);
    expect(path({ api_version: '2024-10-21' }, '2023-03-15-preview')).toMatch(/api-version=2024-10-21$/);
  });
});
