import { describe, expect, it } from 'vitest';
import { promptParts } from './prompt-parts.ts';

const user = (content: unknown, more: object = {}) => ({ role: 'user', content, ...more });

describe('the prompt of a body', () => {
  it.each([
    ['messages', { messages: [user('hi')] }, ['user', 'hi'], 6],
    ['several messages', { messages: [user('a'), user('b')] }, ['user', 'a', 'user', 'b'], 9],
    ['a name', { messages: [user('hi', { name: 'ann' })] }, ['user', 'hi', 'ann'], 7],
    ['parts of text', { messages: [user([{ type: 'text', text: 'a' }, 'b'])] }, ['user', 'a', 'b'], 6],
    ['an image', { messages: [user([{ type: 'image_url', image_url: { url: 'data:x' } }])] }, ['user'], 256],
    ['sound and a file', { messages: [user([{ type: 'input_audio' }, { type: 'file' }])] }, ['user'], 506],
    ['an unknown part', { messages: [user([{ type: 'x', y: 1 }])] }, ['user', '{"type":"x","y":1}'], 6],
    ['nothing in a message', { messages: [user(null), 7, 'text'] }, ['user', 'text'], 13],
    [
      'tool calls',
      {
        messages: [
          { role: 'assistant', tool_calls: [{ id: 'c', function: { name: 'f', arguments: '{"x":1}' } }, null] },
          { role: 'assistant', function_call: { name: 'g', arguments: '' } },
        ],
      },
      ['assistant', 'f', '{"x":1}', 'assistant', 'g'],
      9,
    ],
    ['tools', { tools: [{ type: 'function' }], functions: null }, ['[{"type":"function"}]'], 0],
    ['a system prompt', { system: 'be brief', messages: [] }, ['be brief'], 3],
    ['system parts', { system: [{ type: 'text', text: 'be brief' }] }, ['be brief'], 0],
    ['a prompt', { prompt: 'a' }, ['a'], 0],
    ['several prompts', { prompt: ['a', 'b', ''] }, ['a', 'b'], 0],
    ['token numbers', { input: [1, 2, 3] }, [], 3],
    ['lists of token numbers', { input: [[1, 2], [3]] }, [], 3],
    [
      'input of a response',
      { instructions: 'brief', input: [user([{ type: 'input_text', text: 'a' }, { type: 'input_image' }])] },
      ['brief', 'user', 'a'],
      253,
    ],
    ['a document', { query: 'q', documents: ['d', { text: 'e' }] }, ['q', 'd', 'e'], 0],
    ["Gemini's contents", { contents: [{ role: 'user', parts: [{ text: 'a' }] }] }, ['user', 'a'], 3],
    ['content within a part', { messages: [user([{ type: 'tool_result', content: 'x' }])] }, ['user', 'x'], 6],
    ['nothing', { model: 'm', temperature: 1 }, [], 0],
  ])('with %s', (_, body, texts, fixedTokens) => {
    expect({ ...promptParts(body) }).toEqual({ texts, fixedTokens });
  });
});
