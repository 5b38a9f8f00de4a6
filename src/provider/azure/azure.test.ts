import { describe, expect, test } from 'vitest';
import { jsonBodyOf } from '../../wire/json-body.ts';
import type { Endpoint } from '../../wire/endpoint.ts';
import { compileTarget } from '../compile-target.ts';
import { headerOf, requestOf, sentBody, targetOf } from '../provider-conformance.ts';

const BODY = jsonBodyOf({ model: 'g', messages: [] });
const DEFAULT = 'api-version=2025-02-01-preview';

function azure(params: Readonly<Record<string, unknown>>, env: Readonly<Record<string, string>> = {}) {
  return targetOf({ provider: 'azure', upstreamModel: 'dep', params: { api_key: 'k', ...params } }, env);
}

function pathOf(params: Readonly<Record<string, unknown>>, endpoint: Endpoint = 'chat'): string {
  return requestOf(azure(params), { endpoint, body: BODY, upstreamModel: 'dep' }).path;
}

describe('the dated form', () => {
  test.each([
    ['http://up:2', `/openai/deployments/dep/chat/completions?${DEFAULT}`],
    ['http://up:2/', `/openai/deployments/dep/chat/completions?${DEFAULT}`],
    ['http://up:2//', `/openai/deployments/dep/chat/completions?${DEFAULT}`],
    ['http://up:2/openai', `/openai/deployments/dep/chat/completions?${DEFAULT}`],
    ['http://up:2/apim/', `/apim/openai/deployments/dep/chat/completions?${DEFAULT}`],
    ['http://up:2/openai/deployments/other', `/openai/deployments/other/chat/completions?${DEFAULT}`],
    // The version of a whole endpoint URL does not count (golden a40).
    [
      'http://up:2/openai/deployments/other/chat/completions?api-version=2023-05-15',
      `/openai/deployments/other/chat/completions?${DEFAULT}`,
    ],
  ])('%s', (api_base, path) => {
    expect(pathOf({ api_base })).toBe(path);
  });

  test.each<[Endpoint, string]>([
    ['embeddings', `/openai/deployments/dep/embeddings?${DEFAULT}`],
    ['images', `/openai/deployments/dep/images/generations?${DEFAULT}`],
    ['speech', `/openai/deployments/dep/audio/speech?${DEFAULT}`],
    ['responses', `/openai/responses?${DEFAULT}`],
  ])('%s', (endpoint, path) => {
    expect(pathOf({ api_base: 'http://up:2/' }, endpoint)).toBe(path);
  });

  test('the version comes from the deployment, then from the environment', () => {
    const env = { AZURE_API_VERSION: '2024-06-01' };
    const path = (params: Record<string, unknown>) =>
      requestOf(azure({ api_base: 'http://up:2', ...params }, env), { body: BODY, upstreamModel: 'dep' }).path;
    expect(path({})).toMatch(/api-version=2024-06-01$/);
    expect(path({ api_version: '2024-10-21' })).toMatch(/api-version=2024-10-21$/);
  });

  test('stored responses are addressed below the resource, with the version of the client', () => {
    const target = azure({ api_base: 'http://up:2/openai/deployments/dep' });
    const request = target.resource({
      method: 'DELETE',
      upstreamId: 'resp_1',
      suffix: '',
      query: 'api-version=v9&a=1',
    });
    expect(request).toMatchObject({ method: 'DELETE', path: '/openai/responses/resp_1?api-version=v9&a=1' });
  });
});

describe('the v1 form', () => {
  test.each([
    [{ api_base: 'http://up:2', api_version: 'preview' }],
    [{ api_base: 'http://up:2/', api_version: 'latest' }],
    [{ api_base: 'http://up:2', api_version: 'v1' }],
    [{ api_base: 'http://up:2/openai/v1/' }],
    [{ api_base: 'http://up:2/openai/v1', api_version: 'v1' }],
    [{ api_base: 'http://up:2/openai', api_version: 'v1' }],
  ])('%o', (params) => {
    const request = requestOf(azure(params), { body: BODY, upstreamModel: 'dep' });
    expect(request.path).toBe('/openai/v1/chat/completions');
    expect(headerOf(request, 'authorization')).toBe('Bearer k');
    expect(sentBody(request)['model']).toBe('dep');
  });
});

describe('credentials', () => {
  const base = { api_base: 'http://up:2', api_key: null };
  const entra = { tenant_id: 'ten', client_id: 'cli', client_secret: 'sec' };

  test('a key is sent in the header that Azure has for it', () => {
    const request = requestOf(azure({ api_base: 'http://up:2' }), { body: BODY, upstreamModel: 'dep' });
    expect(headerOf(request, 'api-key')).toBe('k');
    expect(headerOf(request, 'authorization')).toBeUndefined();
  });

  test.each(['AZURE_API_KEY', 'AZURE_OPENAI_API_KEY'])('%s stands in for a missing key', (name) => {
    const request = requestOf(azure(base, { [name]: 'from-env' }), { body: BODY, upstreamModel: 'dep' });
    expect(headerOf(request, 'api-key')).toBe('from-env');
  });

  test('a token of the config is a bearer', () => {
    const request = requestOf(azure({ ...base, azure_ad_token: 'tok' }), { body: BODY, upstreamModel: 'dep' });
    expect(headerOf(request, 'authorization')).toBe('Bearer tok');
  });

  test('an Entra application is asked for as a token, and the fetched one is sent', () => {
    const target = azure({ ...base, ...entra });
    expect(target.credential).toMatchObject({
      url: 'https://login.microsoftonline.com/ten/oauth2/v2.0/token',
      method: 'POST',
      form: {
        grant_type: 'client_credentials',
        client_id: 'cli',
        scope: 'https://cognitiveservices.azure.com/.default',
      },
    });
    expect(target.credential?.cacheKey).not.toContain('sec');
    const request = requestOf(target, { body: BODY, upstreamModel: 'dep', token: 'fetched' });
    expect(headerOf(request, 'authorization')).toBe('Bearer fetched');
    const resource = target.resource({ method: 'GET', upstreamId: 'r', suffix: '', query: '', token: 'fetched' });
    expect(headerOf(resource, 'authorization')).toBe('Bearer fetched');
  });

  test('an application of the environment, and the machine itself when that was asked for', () => {
    const env = { AZURE_TENANT_ID: 'ten', AZURE_CLIENT_ID: 'cli', AZURE_CLIENT_SECRET: 'sec' };
    expect(azure(base, env).credential?.url).toContain('/ten/');
    const machine = azure({ ...base, enable_azure_ad_token_refresh: true }).credential;
    expect(machine).toMatchObject({ method: 'GET', headers: { metadata: 'true' } });
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['no key and no identity', base, 'api_key'],
    ['no base', { api_key: 'k' }, 'api_base'],
    ['a base that is no URL', { api_key: 'k', api_base: 'my-resource' }, 'api_base'],
    ['a token to be exchanged', { ...base, azure_ad_token: 'oidc/google' }, 'azure_ad_token'],
  ])('%s is a problem', (_, params, key) => {
    const spec = { provider: 'azure', upstreamModel: 'dep', params, modelInfo: {}, dropParams: false };
    expect(compileTarget(spec, {})).toMatchObject({ kind: 'problem', key });
  });
});

test('a deployment with a reasoning model behind it follows that model', () => {
  const target = targetOf({
    provider: 'azure',
    params: { api_key: 'k', api_base: 'http://u' },
    modelInfo: { base_model: 'azure/gpt-5' },
  });
  const request = requestOf(target, { body: jsonBodyOf({ messages: [], max_tokens: 5 }), upstreamModel: 'dep' });
  expect(sentBody(request)).toMatchObject({ model: 'dep', max_completion_tokens: 5 });
});
