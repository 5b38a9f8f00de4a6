import { describe, expect, it } from 'vitest';
import { readAnswer, type Answer, type AnswerOptions } from './answer.ts';

const CHAT: AnswerOptions = { endpoint: 'chat', model: 'shown' };
const USAGE = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 };
const COUNTED = { promptTokens: 11, completionTokens: 7, totalTokens: 18 };

function chat(choices: unknown, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { id: 'x', object: 'chat.completion', created: 5, model: 'up', choices, usage: USAGE, ...more };
}

function choice(finish: unknown, message: Record<string, unknown> = { role: 'assistant', content: 'a' }) {
  return { index: 0, message, finish_reason: finish };
}

function read(value: unknown, options = CHAT): Answer {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const answer = readAnswer([Buffer.from(text)], options);
  if (answer.kind === 'bad') throw new Error(answer.reason);
  return answer;
}

function textOf(answer: Answer): string {
  const { body } = answer;
  if (typeof body === 'string') return Buffer.from(body, 'latin1').toString();
  const joined = Buffer.concat(body.chunks);
  expect(joined.length).toBe(body.byteLength);
  return joined.toString();
}

function shown(value: unknown, options = CHAT): Record<string, unknown> {
  return JSON.parse(textOf(read(value, options))) as Record<string, unknown>;
}

describe('readAnswer: chat', () => {
  it('changes the model and not one byte besides', () => {
    const text =
      '{ "id":"x","object":"chat.completion", "created":5,"model":"up","choices":[{"finish_reason": "stop"}],"usage":{"prompt_tokens":11,"completion_tokens":7,"total_tokens":18} , "zzz":1.0}\n';
    const answer = read(text);
    expect(textOf(answer)).toBe(text.replace('"up"', '"shown"'));
    expect(answer.usage).toEqual(COUNTED);
    expect(answer.isContentFiltered).toBe(false);
  });

  it('leaves the upstream model where none is to be shown', () => {
    const text = JSON.stringify(chat([choice('stop')]));
    expect(textOf(read(text, { endpoint: 'chat', model: undefined }))).toBe(text);
  });

  it('supplies what LiteLLM supplies where it is missing', () => {
    const answer = shown({ choices: [{ message: { content: 'a' } }] });
    expect(answer).toEqual({
      id: expect.stringMatching(/^chatcmpl-[0-9a-f-]{36}$/) as string,
      object: 'chat.completion',
      created: expect.any(Number) as number,
      model: 'shown',
      choices: [{ index: 0, message: { role: 'assistant', content: 'a' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
    });
    expect(read({ choices: [] }).usage).toBeUndefined();
  });

  it.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['function_call', 'function_call'],
    ['eos_token', 'stop'],
    ['end_turn', 'stop'],
    ['MAX_TOKENS', 'length'],
    ['tool_use', 'tool_calls'],
    ['SAFETY', 'content_filter'],
    [null, 'stop'],
    ['', 'stop'],
  ])('shows finish reason %s as %s', (given, expected) => {
    expect(shown(chat([choice('stop'), choice(given)]))['choices']).toEqual([
      choice('stop'),
      { ...choice(expected), index: 0 },
    ]);
  });

  it('supplies stop where no choice says why it ended', () => {
    expect(shown(chat([choice(undefined), choice(undefined)]))['choices']).toEqual([
      choice('stop'),
      { ...choice('stop'), index: 0 },
    ]);
  });

  it('leaves the empty tool calls of vLLM byte for byte', () => {
    const text = JSON.stringify(
      chat([choice('stop', { role: 'assistant', content: 'a', tool_calls: [] })]),
      undefined,
      1,
    );
    expect(textOf(read(text))).toBe(text.replace('"up"', '"shown"'));
  });

  it('says tool_calls where the upstream said stop after calling tools', () => {
    const withTools = { role: 'assistant', content: null, tool_calls: [{ id: 'c' }] };
    expect(shown(chat([choice('stop', withTools)]))['choices']).toEqual([choice('tool_calls', withTools)]);
    const noTools = { role: 'assistant', content: 'a', tool_calls: [] };
    expect(shown(chat([choice('stop', noTools)]))['choices']).toEqual([choice('stop', noTools)]);
  });

  it('does not take the words of a text for a finish reason', () => {
    const text = JSON.stringify(
      chat([choice('stop', { role: 'assistant', content: '"finish_reason":"odd", "content_filter"' })]),
    );
    const answer = read(text);
    expect(textOf(answer)).toBe(text.replace('"up"', '"shown"'));
    expect(answer.isContentFiltered).toBe(false);
  });

  it.each(['content_filter', 'guardrail_intervened'])('notices that %s stopped a choice', (reason) => {
    expect(read(chat([choice('stop'), choice(reason)])).isContentFiltered).toBe(true);
  });

  it.each([
    ['nothing', ''],
    ['text', 'this is not json'],
    ['a page', '<html></html>'],
    ['a list', '[]'],
    ['an object without choices', '{"id":"x"}'],
    ['choices that are null', '{"choices":null}'],
    ['an error with status 200', '{"error":{"message":"wrong"},"choices":[]}'],
  ])('refuses %s', (_, text) => {
    expect(readAnswer(text === '' ? [] : [Buffer.from(text)], CHAT).kind).toBe('bad');
  });

  it('hands out the error object of a 2xx', () => {
    const answer = readAnswer([Buffer.from('{"error":{"message":"wrong","code":1}}')], CHAT);
    expect(answer).toEqual({ kind: 'bad', reason: 'wrong', error: { message: 'wrong', code: 1 } });
  });

  it('ignores an error member that says nothing', () => {
    expect(read(chat([choice('stop')], { error: null })).usage).toEqual(COUNTED);
  });

  it('reads an answer cut into chunks at any byte', () => {
    const bytes = Buffer.from(JSON.stringify(chat([choice('eos')])));
    const whole = textOf(read(bytes.toString()));
    for (let at = 0; at <= bytes.length; at += 1) {
      const answer = readAnswer([bytes.subarray(0, at), bytes.subarray(at)], CHAT);
      expect(answer.kind === 'answer' && textOf(answer)).toBe(whole);
    }
  });

  it('finds the usage where Groq puts it', () => {
    expect(read(chat([choice('stop')], { usage: null, x_groq: { usage: USAGE } })).usage).toEqual(COUNTED);
  });
});

describe('readAnswer: one dialect answering for the other', () => {
  it('makes a text completion of a chat completion', () => {
    expect(shown(chat([choice('stop')]), { endpoint: 'completions', model: 'm' })).toMatchObject({
      object: 'text_completion',
      choices: [{ text: 'a', finish_reason: 'stop', index: 0, logprobs: null }],
    });
  });

  it('makes a chat completion of a text completion', () => {
    const text = { id: 'x', object: 'text_completion', created: 5, choices: [{ text: 'a', finish_reason: 'length' }] };
    expect(shown(text)).toMatchObject({
      object: 'chat.completion',
      choices: [{ message: { role: 'assistant', content: 'a' }, finish_reason: 'length', index: 0 }],
    });
  });
});

describe('readAnswer: other endpoints', () => {
  it('reads embeddings without touching their numbers', () => {
    const text =
      '{"object":"list","data":[{"embedding":[0.10,-1e-3]}],"model":"up","usage":{"prompt_tokens":4,"total_tokens":4}}';
    const answer = read(text, { endpoint: 'embeddings', model: 'e' });
    expect(textOf(answer)).toBe(text.replace('"up"', '"e"'));
    expect(answer.usage).toEqual({ promptTokens: 4, completionTokens: 0, totalTokens: 4 });
  });

  it('rewrites the id of a response, and takes a failed one for an answer', () => {
    const response = {
      id: 'r1',
      status: 'failed',
      error: { message: 'x' },
      output: [],
      usage: { input_tokens: 1, output_tokens: 2 },
    };
    const options: AnswerOptions = { endpoint: 'responses', model: 'm', rewriteId: (id) => `${id}!` };
    const answer = read(response, options);
    expect(JSON.parse(textOf(answer))).toEqual({ ...response, id: 'r1!' });
    expect(answer.usage).toEqual({ promptTokens: 1, completionTokens: 2, totalTokens: 3 });
    expect(readAnswer([Buffer.from('{"error":{"message":"x"}}')], options).kind).toBe('bad');
  });

  it('passes audio and transcripts as they are', () => {
    const chunks = [Buffer.of(0xff, 0xfb), Buffer.of(0x90)];
    const answer = readAnswer(chunks, { endpoint: 'speech', model: 'm' });
    expect(answer).toMatchObject({ kind: 'answer', body: { chunks, byteLength: 3 } });
    expect(textOf(read('plain words', { endpoint: 'transcriptions', model: 'm' }))).toBe('plain words');
  });

  it('adds no model where the endpoint shows none', () => {
    expect(shown({ created: 1, data: [] }, { endpoint: 'images', model: 'm' })).toEqual({ created: 1, data: [] });
  });
});
