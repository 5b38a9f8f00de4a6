import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeEvents, runReader } from '../../test/support/reference-client.ts';
import { ChatStream } from './chat-stream.ts';
import { CompletionStream } from './completion-stream.ts';
import type { Endpoint } from './endpoint.ts';
import { mockAnswer, type MockRequest } from './mock-answer.ts';
import type { Mock, MockContent } from './mock.ts';
import { ResponsesStream } from './responses-stream.ts';
import type { StreamReader, StreamReaderOptions } from './stream-reader.ts';

function mockOf(content: MockContent | undefined, toolCalls: Mock['toolCalls'] = []): Mock {
  return { content, toolCalls, delayMs: 0 };
}

function told(mock: Mock, endpoint: Endpoint, more: Partial<MockRequest> & { readonly body?: object } = {}) {
  const fields = new Map<string, unknown>(Object.entries(more.body ?? {}));
  const { stream = false } = more;
  const answer = mockAnswer(mock, { endpoint, stream, model: 'up', field: (key) => fields.get(key) });
  if (answer === undefined) return undefined;
  const { status, contentType, pieces } = answer;
  return { status, contentType, bytes: [...pieces].map((piece) => Buffer.from(piece, 'latin1')) };
}

function jsonOf(answer: ReturnType<typeof told>): unknown {
  return JSON.parse(Buffer.concat(answer?.bytes ?? []).toString());
}

const text = (value: string): Mock => mockOf({ kind: 'text', text: value });
const options: StreamReaderOptions = { model: 'g', includeUsage: true, fallbackId: 'id', createdSeconds: 1 };

const READERS: readonly (readonly [Endpoint, () => StreamReader, (data: Record<string, never>) => unknown])[] = [
  ['chat', () => new ChatStream(options), (data) => data['choices']?.[0]?.['delta']?.['content']],
  ['completions', () => new CompletionStream(options), (data) => data['choices']?.[0]?.['text']],
  ['responses', () => new ResponsesStream(options), (data) => data['delta']],
];

test.for(READERS)('any text told as a stream of %s is whole for the readers, and its pieces are the text', (row) => {
  const [endpoint, reader, pieceOf] = row;
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 50 }), (value) => {
      const run = runReader(reader(), told(text(value), endpoint, { stream: true })?.bytes ?? []);
      expect(run.end.kind).toBe('complete');
      const events = decodeEvents(run.bytes).filter(({ data }) => data !== '[DONE]');
      const pieces = events.map(({ data }) => pieceOf(JSON.parse(data) as Record<string, never>));
      expect(pieces.filter((piece) => typeof piece === 'string').join('')).toBe(value);
    }),
    { numRuns: 50 },
  );
});

test.for(READERS)('a mocked stream of %s counts 10, 20 and 30 tokens', ([endpoint, reader]) => {
  const open = reader();
  runReader(open, told(text('x'), endpoint, { stream: true })?.bytes ?? []);
  expect(open.usage).toEqual({ promptTokens: 10, completionTokens: 20, totalTokens: 30 });
});

test('text goes in pieces of three characters, a long one in at most a thousand', () => {
  const events = (value: string) => told(text(value), 'chat', { stream: true })?.bytes.length ?? 0;
  expect(events('abcdefg')).toBe(3 + 3);
  expect(events('x'.repeat(100_000))).toBe(1_000 + 3);
});

test('n choices are n times the same, at most 128', () => {
  const choices = (n: unknown) => (jsonOf(told(text('x'), 'chat', { body: { n } })) as { choices: unknown[] }).choices;
  expect(choices(2)).toMatchObject([
    { index: 0, message: { content: 'x' }, finish_reason: 'stop' },
    { index: 1, message: { content: 'x' }, finish_reason: 'stop' },
  ]);
  expect(choices(1_000_000)).toHaveLength(128);
  expect(choices('many')).toHaveLength(1);
});

test('an embedding is given for every input; a list of tokens is one input', () => {
  const vector = mockOf({ kind: 'vector', vector: [1, 2] });
  const data = (input: unknown) =>
    (jsonOf(told(vector, 'embeddings', { body: { input } })) as { data: unknown[] }).data;
  expect(data('x')).toEqual([{ object: 'embedding', index: 0, embedding: [1, 2] }]);
  expect(data(['x', 'y'])).toHaveLength(2);
  expect(data([1, 2, 3])).toHaveLength(1);
  expect(jsonOf(told(text('t'), 'embeddings'))).toMatchObject({ data: [{ embedding: 't' }] });
});

test.for([
  ['rate_limit', 429],
  ['internal', 500],
  ['context_window', 400],
  ['content_policy', 400],
  ['broken_stream', 529],
] as const)('%s is an error answer of every endpoint with status %i', ([error, status]) => {
  for (const endpoint of ['chat', 'embeddings', 'speech', 'rerank'] as const) {
    const answer = told(mockOf({ kind: 'error', error }), endpoint);
    expect(answer?.status).toBe(status);
    expect(jsonOf(answer)).toMatchObject({ error: { type: null, param: null, code: null } });
  }
});

test.for(['chat', 'completions', 'responses'] as const)(
  'a stream of %s that breaks does so before its first content',
  (endpoint) => {
    const answer = told(mockOf({ kind: 'error', error: 'broken_stream' }), endpoint, { stream: true });
    expect(answer?.status).toBe(200);
    const row = READERS.find(([name]) => name === endpoint);
    const reader = row?.[1]();
    for (const bytes of answer?.bytes ?? []) reader?.push(bytes);
    expect(reader?.hasContent).toBe(false);
    expect(reader?.inBandError?.payload).toMatchObject({ error: { code: 529 } });
  },
);

test('tool calls get an id and an index, and end their choice', () => {
  const mock = mockOf(undefined, [{ function: { name: 'f', arguments: '{}' } }]);
  expect(jsonOf(told(mock, 'chat'))).toMatchObject({
    choices: [
      {
        finish_reason: 'tool_calls',
        message: { content: null, tool_calls: [{ id: expect.stringMatching(/^call_/) as unknown, type: 'function' }] },
      },
    ],
  });
  const run = runReader(new ChatStream(options), told(mock, 'chat', { stream: true })?.bytes ?? []);
  const [first] = decodeEvents(run.bytes);
  expect(JSON.parse(first?.data ?? '')).toMatchObject({
    choices: [{ delta: { role: 'assistant', tool_calls: [{ index: 0, function: { name: 'f' } }] } }],
  });
});

test('a whole answer goes to every endpoint that answers with JSON', () => {
  const object = { results: [{ index: 0 }] };
  const mock = mockOf({ kind: 'object', object });
  for (const endpoint of ['chat', 'completions', 'embeddings', 'responses', 'rerank', 'images'] as const) {
    expect(jsonOf(told(mock, endpoint))).toEqual(object);
  }
});

test('a whole response is told as a stream that ends with it', () => {
  const object = { id: 'resp_1', output: [] };
  const run = runReader(
    new ResponsesStream(options),
    told(mockOf({ kind: 'object', object }), 'responses', { stream: true })?.bytes ?? [],
  );
  expect(run.end.kind).toBe('complete');
  expect(decodeEvents(run.bytes).map(({ name }) => name)).toEqual(['response.created', 'response.completed']);
});

test.for([
  ['speech', { kind: 'object', object: { data: [] } }],
  ['transcriptions', { kind: 'text', text: 'x' }],
  ['rerank', { kind: 'text', text: 'x' }],
  ['chat', { kind: 'vector', vector: [1] }],
  ['completions', { kind: 'vector', vector: [1] }],
  ['responses', { kind: 'vector', vector: [1] }],
  ['embeddings', undefined],
] as const)('%s has no use for %j', ([endpoint, content]) => {
  expect(told(mockOf(content), endpoint)).toBeUndefined();
});
