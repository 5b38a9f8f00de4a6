import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lookupModel, modelNamesOf } from './model-table.ts';

describe('lookup', () => {
  test('a bare name has window, prices and capabilities', () => {
    expect(lookupModel('gpt-3.5-turbo')).toMatchObject({
      key: 'gpt-3.5-turbo',
      provider: 'openai',
      mode: 'chat',
      maxInputTokens: 16385,
      maxOutputTokens: 4096,
      maxTokens: 4096,
      inputCostPerToken: 5e-7,
      outputCostPerToken: 1.5e-6,
      cacheReadCostPerToken: undefined,
    });
    expect([...(lookupModel('gpt-3.5-turbo')?.capabilities ?? [])].toSorted()).toEqual([
      'function_calling',
      'prompt_caching',
      'system_messages',
      'tool_choice',
    ]);
  });

  test.each([
    ['openai/gpt-4o', undefined, 'gpt-4o'],
    ['gpt-4o', 'openai', 'gpt-4o'],
    ['gpt-4o', 'azure', 'azure/gpt-4o'],
    ['azure/gpt-4o', undefined, 'azure/gpt-4o'],
    ['gpt-4o', 'hosted_vllm', undefined],
    ['hosted_vllm/gpt-4o', undefined, undefined],
    ['my-deployment', 'azure', undefined],
    ['gpt-3.5-turbo-instruct', 'text-completion-openai', 'gpt-3.5-turbo-instruct'],
  ])('%s of %s is listed as %s', (name, provider, key) => {
    expect(lookupModel(name, provider)?.key).toBe(key);
  });

  test('split providers are one', () => {
    expect(lookupModel('gemini-2.5-pro')?.provider).toBe('vertex_ai');
  });

  test('any name is answered without a throw', () => {
    fc.assert(
      fc.property(fc.string(), (name) => {
        expect(lookupModel(name)?.key).not.toBe('');
      }),
    );
  });
});

test('prices are the listed digits, not a division away from them', () => {
  const names = ['openai', 'azure', 'anthropic', 'mistral'].flatMap(modelNamesOf);
  const prices = names.map((name) => lookupModel(name)?.inputCostPerToken).filter((price) => price !== undefined);
  expect(prices.length).toBeGreaterThan(100);
  expect(prices.map((price) => Number(price.toPrecision(10)))).toEqual(prices);
});

test('a provider lists its models', () => {
  expect(modelNamesOf('openai')).toContain('gpt-4o');
  expect(modelNamesOf('azure')).toContain('azure/gpt-4o');
  expect(modelNamesOf('nosuch')).toEqual([]);
});
