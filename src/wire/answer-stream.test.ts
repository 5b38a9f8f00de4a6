import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientView, decodeEvents } from '../../test/support/reference-client.ts';
import { chatAnswerEvents, completionAnswerEvents, type AnswerStream } from './answer-stream.ts';

function answer(text: string, more: Partial<AnswerStream> = {}): AnswerStream {
  return { id: 'chatcmpl-1', createdSeconds: 5, model: 'm', text, usage: undefined, ...more };
}

function seen(events: readonly string[]) {
  return clientView(decodeEvents(Buffer.from(events.join(''), 'latin1')));
}

describe.each([
  ['chat', chatAnswerEvents],
  ['completion', completionAnswerEvents],
])('a %s stream made from a text', (_name, make) => {
  it('says the text in small pieces, ends once and is done', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const view = seen(make(answer(text)));
        expect(view).toMatchObject({
          content: text,
          finish: { 0: 'stop' },
          isDone: true,
          usageChunks: 0,
          problems: [],
        });
        expect(view.frames.size).toBe(1);
      }),
    );
  });

  it('has a usage chunk when asked for', () => {
    const usage = { promptTokens: 1, completionTokens: 2, totalTokens: 3 };
    expect(seen(make(answer('hi', { usage })))).toMatchObject({ usageChunks: 1, isDone: true });
  });

  it('cuts every three characters', () => {
    expect(make(answer('abcdefg'))).toHaveLength(3 + 1 + 1);
  });
});
