import { describe, expect, test } from 'vitest';
import { resolveModel } from './resolve-model.ts';

describe('a model string names its provider', () => {
  test.each([
    ['azure/gpt-turbo-small-eu', 'azure', 'gpt-turbo-small-eu'],
    ['huggingface/HuggingFaceH4/zephyr-7b-beta', 'huggingface', 'HuggingFaceH4/zephyr-7b-beta'],
    ['openrouter/anthropic/claude-x', 'openrouter', 'anthropic/claude-x'],
    ['openai/*', 'openai', '*'],
    ['bedrock/converse/x', 'bedrock', 'converse/x'],
    ['text-completion-openai/gpt-3.5-turbo-instruct', 'text-completion-openai', 'gpt-3.5-turbo-instruct'],
    ['cohere/anything', 'cohere', 'anything'],
    // A catalogue model behind azure/ is no Azure OpenAI deployment, a name that left the table is one.
    ['azure/mistral-large-latest', 'openai', 'azure/mistral-large-latest'],
    ['azure/command-r', 'azure', 'command-r'],
  ])('%s', (model, provider, upstreamModel) => {
    expect(resolveModel(model)).toEqual({ provider, upstreamModel });
  });

  test.each([
    ['gpt-3.5-turbo', 'openai'],
    ['gpt-3.5-turbo-16k', 'openai'],
    ['text-embedding-3-small', 'openai'],
    ['ft:gpt-4o:org:name:1', 'openai'],
    ['*', 'openai'],
    ['davinci-002', 'text-completion-openai'],
    ['claude-opus-4-6', 'anthropic'],
    ['command-r-08-2024', 'cohere'],
    ['gemini-2.5-pro', 'vertex_ai'],
    [`stability-ai/sdxl:${'a'.repeat(64)}`, 'replicate'],
  ])('a bare name by the model table: %s', (model, provider) => {
    expect(resolveModel(model)).toEqual({ provider, upstreamModel: model });
  });

  test.each(['my-own-model', 'nosuchprovider/x', 'claude-3-opus-20240229', 'gemini-1.5-pro', 'command-r', '/x', ''])(
    'unknown: %s',
    (model) => {
      expect(resolveModel(model, { apiBase: 'http://127.0.0.1/v1' })).toMatchObject({
        kind: 'unknown',
        message: expect.stringContaining(
          `LLM Provider NOT provided. Pass in the LLM provider you are trying to call. You passed model=${model}`,
        ),
      });
    },
  );
});

describe('hints', () => {
  test.each([
    ['dep', { customProvider: 'azure' }, { provider: 'azure', upstreamModel: 'dep' }],
    ['azure/dep', { customProvider: 'azure' }, { provider: 'azure', upstreamModel: 'dep' }],
    ['gpt-4o', { customProvider: 'hosted_vllm' }, { provider: 'hosted_vllm', upstreamModel: 'gpt-4o' }],
    ['org/model', { customProvider: 'openai' }, { provider: 'openai', upstreamModel: 'org/model' }],
    ['my-own', { apiBase: 'https://api.groq.com/openai/v1/' }, { provider: 'groq', upstreamModel: 'my-own' }],
    ['groq/my-own', { apiBase: 'https://api.deepseek.com' }, { provider: 'groq', upstreamModel: 'my-own' }],
  ])('%s with %o', (model, hints, resolved) => {
    expect(resolveModel(model, hints)).toEqual(resolved);
  });

  test('a custom provider that nobody knows does not resolve', () => {
    expect(resolveModel('gpt-4o', { customProvider: 'nosuch' })).toHaveProperty('kind', 'unknown');
  });
});
