import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { quickConfig } from './quick-config.ts';

const nothing = {
  alias: undefined,
  apiBase: undefined,
  apiVersion: undefined,
  temperature: undefined,
  maxTokens: undefined,
  requestTimeoutSeconds: undefined,
  dropParams: false,
};

test('a model alone becomes a list of one, which answers for every model asked for', () => {
  expect(parse(quickConfig({ ...nothing, model: 'openai/gpt-4o' }))).toEqual({
    model_list: [{ model_name: 'openai/gpt-4o', litellm_params: { model: 'openai/gpt-4o' } }],
    general_settings: {
      completion_model: 'openai/gpt-4o',
      embedding_model: 'openai/gpt-4o',
      image_generation_model: 'openai/gpt-4o',
      moderation_model: 'openai/gpt-4o',
    },
  });
});

test('its companions become parameters, and odd text survives', () => {
  const quick = { model: 'azure/a: b', alias: 'yes', apiBase: 'http://x', apiVersion: '2024-10-21' };
  const numbers = { temperature: 0, maxTokens: 5, requestTimeoutSeconds: 1.5, dropParams: true };
  const { model_list: list } = parse(quickConfig({ ...quick, ...numbers })) as { model_list: unknown[] };
  const params = {
    model: 'azure/a: b',
    api_base: 'http://x',
    api_version: '2024-10-21',
    temperature: 0,
    max_tokens: 5,
    timeout: 1.5,
    drop_params: true,
  };
  expect(list).toEqual([{ model_name: 'yes', litellm_params: params }]);
});
