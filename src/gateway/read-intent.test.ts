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
