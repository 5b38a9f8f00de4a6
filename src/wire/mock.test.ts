import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isMockProblem, readMock } from './mock.ts';

function read(fields: Readonly<Record<string, unknown>>) {
  return readMock((key) => fields[key]);
}

test.for([
  ['text', 'hello', { kind: 'text', text: 'hello' }],
  ['a rate limit', 'litellm.RateLimitError', { kind: 'error', error: 'rate_limit' }],
  ['a full window', 'litellm.ContextWindowExceededError', { kind: 'error', error: 'context_window' }],
  ['a server error', 'litellm.InternalServerError', { kind: 'error', error: 'internal' }],
  ['a refusal', 'Exception: content_filter_policy', { kind: 'error', error: 'content_policy' }],
  ['a refusal with more words', 'Exception: content_filter_policy x', { kind: 'error', error: 'content_policy' }],
  ['a broken stream', 'Exception: mock_streaming_error', { kind: 'error', error: 'broken_stream' }],
  ['words that only look like an error', 'litellm.RateLimitError!', { kind: 'text', text: 'litellm.RateLimitError!' }],
  ['a vector', [0.1, -2], { kind: 'vector', vector: [0.1, -2] }],
  ['a whole answer', { choices: [] }, { kind: 'object', object: { choices: [] } }],
] as const)('mock_response is read as %s', ([, value, content]) => {
  expect(read({ mock_response: value })).toEqual({ content, toolCalls: [], delayMs: 0 });
});

test('nothing is mocked by nothing, by null, by what is switched off, nor by a delay alone', () => {
  for (const fields of [
    {},
    { mock_response: null, mock_tool_calls: null, mock_timeout: null },
    { mock_response: false, mock_tool_calls: [], mock_timeout: 'false' },
    { mock_response: '', mock_delay: 5 },
  ]) {
    expect(read(fields)).toBeUndefined();
  }
});

test('a timeout comes before an answer', () => {
  for (const yes of [true, 'true', 'True']) {
    expect(read({ mock_timeout: yes, mock_response: 'x' })).toMatchObject({ content: { kind: 'timeout' } });
  }
});

test('a delay is seconds, as a number or as text', () => {
  expect(read({ mock_response: 'x', mock_delay: 0.25 })).toMatchObject({ delayMs: 250 });
  expect(read({ mock_response: 'x', mock_delay: '2' })).toMatchObject({ delayMs: 2_000 });
});

test('tool calls mock an answer without a text', () => {
  const call = { function: { name: 'f', arguments: '{}' } };
  expect(read({ mock_tool_calls: [call] })).toEqual({ content: undefined, toolCalls: [call], delayMs: 0 });
});

test.for([
  ['mock_response', 5],
  ['mock_response', true],
  ['mock_response', []],
  ['mock_response', [1, 'a']],
  ['mock_response', { text: 'no list of any endpoint' }],
  ['mock_timeout', 1],
  ['mock_tool_calls', 'f'],
  ['mock_tool_calls', [{}]],
  ['mock_tool_calls', [{ function: { name: 1 } }]],
] as const)('%s: %j is a problem that names the field', ([key, value]) => {
  expect(read({ [key]: value })).toMatchObject({ kind: 'problem', param: key });
});

test.for([-1, 'soon', ' ', true, Number.NaN])('mock_delay: %s is a problem', (delay) => {
  expect(read({ mock_response: 'x', mock_delay: delay })).toMatchObject({ kind: 'problem', param: 'mock_delay' });
});

test('whatever JSON is sent is a mock, a problem or nothing', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), fc.jsonValue(), fc.jsonValue(), (response, calls, timeout, delay) => {
      const mock = read({
        mock_response: response,
        mock_tool_calls: calls,
        mock_timeout: timeout,
        mock_delay: delay,
      });
      if (mock === undefined) return;
      if (isMockProblem(mock)) expect(mock.message).toContain(`'${mock.param}'`);
      else expect(mock.delayMs).toBeGreaterThanOrEqual(0);
    }),
  );
});
