// Tags of a request come from several places; the rest of what a request asks for is tested where it acts.
import { expect, test } from 'vitest';
import { readIntent } from './read-intent.ts';

const BASICS = { model: 'm', stream: false, maxTokens: undefined };
const NO_HEADERS = { timeout: undefined, streamTimeout: undefined, numRetries: undefined, tags: undefined };

function tagsOf(body: Record<string, unknown>, tags?: string): readonly string[] {
  const source = { keys: () => Object.keys(body), get: (key: string) => body[key], promptTokens: 1 };
  const intent = readIntent(BASICS, source, { ...NO_HEADERS, tags });
  if ('kind' in intent) throw new Error(intent.message);
  return intent.tags;
}

test.each<[string, Record<string, unknown>, string | undefined, string[]]>([
  ['none', {}, undefined, []],
  ['of the body', { tags: ['a', 5, 'b'] }, undefined, ['a', 'b']],
  ['of the header', {}, 'a, b', ['a', 'b']],
  ['of its metadata', { metadata: { tags: ['a'] } }, undefined, ['a']],
  [
    'of body and metadata, each once',
    { tags: ['a'], metadata: { tags: ['b', 'a'] }, litellm_metadata: { tags: ['c'] } },
    undefined,
    ['a', 'b', 'c'],
  ],
  ['of the body before the header', { tags: ['a'] }, 'b', ['a']],
  ['of metadata beside the header', { metadata: { tags: ['a'] } }, 'b', ['a', 'b']],
  ['of the header where the body has a text', { tags: 'a' }, 'b', ['b']],
])('tags %s', (_, body, header, expected) => {
  expect(tagsOf(body, header)).toEqual(expected);
});
