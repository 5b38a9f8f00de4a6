// What a request asks of the router, as far as it is not tested where it acts: its priority, and its tags, which come
// from several places.
import { describe, expect, test } from 'vitest';
import { readIntent, type IntentSource } from './read-intent.ts';

const NO_HEADERS = { timeout: undefined, streamTimeout: undefined, numRetries: undefined, tags: undefined };

function read(body: Readonly<Record<string, unknown>>) {
  const source: IntentSource = { keys: () => Object.keys(body), get: (key) => body[key], promptTokens: 1 };
  return readIntent({ model: 'm', stream: false, maxTokens: undefined }, source, NO_HEADERS);
}

describe('priority', () => {
  test.each([
    [3, 3],
    ['-4', -4],
    [2.9, 2],
    [0, 0],
    [null, undefined],
  ])('%j is %j', (value, priority) => {
    expect(read({ priority: value })).toMatchObject({ priority });
  });

  test('that is no number is refused by name', () => {
    expect(read({ priority: 'high' })).toMatchObject({ kind: 'problem', param: 'priority' });
  });

  test("is nobody's by default", () => {
    expect(read({})).toMatchObject({ priority: undefined });
  });
});

const BASICS = { model: 'm', stream: false, maxTokens: undefined };

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

test.each<[Record<string, unknown>, boolean]>([
  [{}, false],
  [{ reasoning_effort: 'low' }, true],
  [{ reasoning_effort: 'none' }, false],
  [{ reasoning_effort: null }, false],
  [{ reasoning: { effort: 'high' } }, true],
  [{ reasoning: { effort: 'none' } }, false],
  [{ thinking: { type: 'enabled', budget_tokens: 1_000 } }, true],
  [{ thinking: { type: 'disabled' } }, false],
])('%j asks for reasoning: %s', (body, asksReasoning) => {
  expect(read(body)).toMatchObject({ asksReasoning });
});
