import { describe, expect, test } from 'vitest';
import { jsonBodyOf } from '../wire/json-body.ts';
import { compileTarget } from './compile-target.ts';
import { headerOf, requestOf, sentBody, targetOf } from './provider-conformance.ts';

const BODY = jsonBodyOf({ model: 'g', messages: [] });

function urlOf(provider: string, params: Record<string, unknown>, env: Record<string, string> = {}): string {
  const request = requestOf(targetOf({ provider, params: { api_key: 'k', ...params } }, env), { body: BODY });
  return request.origin + request.path;
}

describe('where a vendor is', () => {
  test.each<[string, Record<string, unknown>, string]>([
    ['openai', {}, 'https://api.openai.com/v1/chat/completions'],
    ['openai', { api_base: 'http://up/v1/' }, 'http://up/v1/chat/completions'],
    ['openai', { api_base: 'http://up' }, 'http://up/chat/completions'],
    ['openai', { api_base: 'http://user:pw@up:80/v1?a=b' }, 'http://up/v1/chat/completions?a=b'],
    ['hosted_vllm', { api_base: 'http://up' }, 'http://up/chat/completions'],
    ['litellm_proxy', { api_base: 'http://up' }, 'http://up/chat/completions'],
    ['groq', {}, 'https://api.groq.com/openai/v1/chat/completions'],
    ['deepseek', {}, 'https://api.deepseek.com/beta/chat/completions'],
    ['mistral', { api_base: 'http://up' }, 'http://up/v1/chat/completions'],
    ['anthropic', {}, 'https://api.anthropic.com/v1/chat/completions'],
    ['anthropic', { api_base: 'http://up/v1/messages' }, 'http://up/v1/chat/completions'],
    ['gemini', {}, 'https://generativelanguage.googleapis.com/v1beta/openai/chat/completions'],
    ['gemini', { api_base: 'http://up/v1beta' }, 'http://up/v1beta/openai/chat/completions'],
    ['ollama', {}, 'http://localhost:11434/v1/chat/completions'],
    ['ollama_chat', { api_base: 'http://up:1/v1' }, 'http://up:1/v1/chat/completions'],
    ['huggingface', {}, 'https://router.huggingface.co/v1/chat/completions'],
    ['huggingface', { api_base: 'http://0.0.0.0:8001' }, 'http://0.0.0.0:8001/v1/chat/completions'],
    ['huggingface', { api_base: 'http://up/v1' }, 'http://up/v1/chat/completions'],
    ['huggingface', { api_base: 'http://up/v1/chat/completions' }, 'http://up/v1/chat/completions'],
    [
      'azure_ai',
      { api_base: 'https://r.services.ai.azure.com/' },
      'https://r.services.ai.azure.com/models/chat/completions?api-version=2024-05-01-preview',
    ],
    ['azure_ai', { api_base: 'https://x.models.ai.azure.com' }, 'https://x.models.ai.azure.com/chat/completions'],
    [
      'vertex_ai',
      { vertex_project: 'p', vertex_location: 'europe-west4' },
      'https://europe-west4-aiplatform.googleapis.com/v1/projects/p/locations/europe-west4/endpoints/openapi/chat/completions',
    ],
  ])('%s with %o', (provider, params, url) => {
    expect(urlOf(provider, params)).toBe(url);
  });

  test.each([
    ['openai', { OPENAI_BASE_URL: 'http://a/v1', OPENAI_API_BASE: 'http://b/v1' }, 'http://a/v1/chat/completions'],
    ['openai', { OPENAI_API_BASE: 'http://b/v1' }, 'http://b/v1/chat/completions'],
    ['together_ai', { TOGETHER_AI_API_BASE: 'http://t/v1' }, 'http://t/v1/chat/completions'],
    ['huggingface', { HF_API_BASE: 'http://h' }, 'http://h/v1/chat/completions'],
  ])('%s by the environment %o', (provider, env, url) => {
    expect(urlOf(provider, { api_base: null }, env)).toBe(url);
  });
});

describe('the key', () => {
  test.each<[string, Record<string, string>, string | undefined]>([
    ['openai', { OPENAI_API_KEY: 'e' }, 'Bearer e'],
    ['together_ai', { TOGETHERAI_API_KEY: 'second', TOGETHER_API_KEY: 'first' }, 'Bearer first'],
    ['xai', { XAI_API_KEY: 'x' }, 'Bearer x'],
    ['hosted_vllm', {}, 'Bearer fake-api-key'],
    ['huggingface', {}, undefined],
    ['huggingface', { HF_TOKEN: 'h' }, 'Bearer h'],
    ['ollama', {}, undefined],
  ])('of %s comes from %o', (provider, env, header) => {
    const target = targetOf({ provider, params: { api_base: 'http://up', api_key: null } }, env);
    expect(headerOf(requestOf(target, { body: BODY }), 'authorization')).toBe(header);
  });

  test('that is missing where one is needed is a problem that names the variables', () => {
    const spec = { provider: 'together_ai', upstreamModel: 'm', params: {}, modelInfo: {}, dropParams: false };
    const message = expect.stringContaining('TOGETHER_API_KEY') as unknown;
    expect(compileTarget(spec, {})).toEqual({ kind: 'problem', key: 'api_key', message });
  });
});

test('the router of Hugging Face is told the provider behind it in its own way', () => {
  const model = (upstreamModel: string, params: Record<string, unknown> = {}) =>
    sentBody(requestOf(targetOf({ provider: 'huggingface', params }), { upstreamModel, body: BODY }))['model'];
  expect(model('together/deepseek-ai/DeepSeek-R1')).toBe('deepseek-ai/DeepSeek-R1:together');
  expect(model('org/model')).toBe('org/model');
  expect(model('a/b/c', { api_base: 'http://up' })).toBe('a/b/c');
});

test('vertex asks the machine for a token unless the config has one', () => {
  const params = { vertex_project: 'p' };
  expect(targetOf({ provider: 'vertex_ai', params }).credential?.headers).toEqual({ 'metadata-flavor': 'Google' });
  const own = targetOf({ provider: 'vertex_ai', params: { ...params, api_key: 'ya29' } });
  expect(own.credential).toBeUndefined();
  expect(sentBody(requestOf(own, { upstreamModel: 'gemini-2.5-pro', body: BODY }))['model']).toBe(
    'google/gemini-2.5-pro',
  );
});
