import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readRegularAnswer } from './regular-answer.ts';

function answer(more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_700_000_000,
    model: 'gpt-up',
    choices: [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
    ...more,
  };
}

function bytesOf(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function textOf(latin1: string | undefined): string {
  return Buffer.from(latin1 ?? '', 'latin1').toString('utf8');
}

test('only the model changes, whatever the content says', () => {
  const content = fc.oneof(fc.string({ unit: 'binary' }), fc.constant('"model":"gpt-up"'), fc.constant('{"model":1}'));
  fc.assert(
    fc.property(content, fc.string({ unit: 'binary' }), (text, shown) => {
      const choices = [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }];
      const read = readRegularAnswer(bytesOf(answer({ choices })), shown);
      expect(JSON.parse(textOf(read?.latin1))).toEqual({ ...answer({ choices }), model: shown });
    }),
  );
});

test('spaces after the key are understood', () => {
  const text = JSON.stringify(answer()).replace('"model":', '"model" : ');
  expect(JSON.parse(textOf(readRegularAnswer(Buffer.from(text), 'shown')?.latin1))).toEqual(answer({ model: 'shown' }));
});

test('the same name needs no new text', () => {
  const bytes = bytesOf(answer());
  expect(readRegularAnswer(bytes, 'gpt-up')?.latin1).toBe(bytes.toString('latin1'));
  expect(readRegularAnswer(bytes, undefined)?.latin1).toBe(bytes.toString('latin1'));
});

test('usage and a filtered choice are read', () => {
  const choices = [{ index: 0, message: { role: 'assistant', content: '' }, finish_reason: 'content_filter' }];
  expect(readRegularAnswer(bytesOf(answer({ choices })), 'x')).toMatchObject({
    usage: { promptTokens: 1, completionTokens: 2, totalTokens: 3 },
    isContentFiltered: true,
  });
});

test.for<[string, Buffer]>([
  ['is no JSON', Buffer.from('<html>')],
  ['is no object', Buffer.from('null')],
  ['has no id', bytesOf(answer({ id: undefined }))],
  ['has no usage', bytesOf(answer({ usage: undefined }))],
  ['has no choices', bytesOf(answer({ choices: [] }))],
  ['is an error', bytesOf(answer({ error: { message: 'x' } }))],
  ['is of another kind', bytesOf(answer({ object: 'text_completion' }))],
  ['ended for a reason of its own', bytesOf(answer({ choices: [{ message: {}, finish_reason: 'eos_token' }] }))],
  [
    'says stop after tool calls',
    bytesOf(answer({ choices: [{ message: { tool_calls: [{}] }, finish_reason: 'stop' }] })),
  ],
  ['has a second model key', bytesOf(answer({ extra: { model: 'other' } }))],
  ['has an escaped model name', bytesOf(answer({ model: 'gpt"up' }))],
  ['is large', bytesOf(answer({ pad: 'x'.repeat(20_000) }))],
])('an answer that %s is left to the scan', ([, bytes]) => {
  expect(readRegularAnswer(bytes, 'shown')).toBeUndefined();
});
