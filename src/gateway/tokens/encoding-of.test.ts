import { expect, it } from 'vitest';
import { encodingOf } from './encoding-of.ts';

it.each([
  ['gpt-4o', 'o200k_base'],
  ['azure/gpt-4o-mini', 'o200k_base'],
  ['gpt-4.1', 'o200k_base'],
  ['openai/gpt-5', 'o200k_base'],
  ['o3', 'o200k_base'],
  ['anthropic/claude-opus', 'o200k_base'],
  ['azure/gpt-turbo-small-eu', 'o200k_base'],
  ['my-gpt-4', 'o200k_base'],
  ['gpt-4', 'cl100k_base'],
  ['gpt-4-32k', 'cl100k_base'],
  ['azure/gpt-4-turbo', 'cl100k_base'],
  ['gpt-3.5-turbo', 'cl100k_base'],
  ['azure/gpt-35-turbo', 'cl100k_base'],
  ['text-embedding-3-large', 'cl100k_base'],
  ['text-embedding-ada-002', 'cl100k_base'],
] as const)('%s is read with %s', (model, encoding) => {
  expect(encodingOf(model)).toBe(encoding);
});
