import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientView, decodeEvents, runReader } from '../../test/support/reference-client.ts';
import { ChatStream } from './chat-stream.ts';
import type { StreamReaderOptions } from './stream-reader.ts';

const OPTIONS: StreamReaderOptions = { model: 'shown', includeUsage: false, fallbackId: 'c', createdSeconds: 1 };
const FRAME = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 7, model: 'up' };

function chunk(delta: object, finishReason: string | null = null): object {
  return { ...FRAME, choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }] };
}

function event(value: object): Buffer {
  return Buffer.from(`data: ${JSON.stringify(value)}\n\n`);
}

const ROLE = event(chunk({ role: 'assistant', content: '' }));
const HELLO = event(chunk({ content: 'Hello' }));
const STOP = event(chunk({}, 'stop'));
const DONE = Buffer.from('data: [DONE]\n\n');

describe('the commit point', () => {
  it.each([
    ['text', { content: 'x' }],
    ['reasoning', { reasoning_content: 'x' }],
    ['reasoning, the other spelling', { reasoning: 'x' }],
    ['a tool call', { tool_calls: [{ index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '' } }] }],
    ['a function call', { function_call: { name: 'f' } }],
    ['a refusal', { refusal: 'x' }],
    ['audio', { audio: { id: 'a' } }],
  ])('is the first %s, and what was held comes before it', (_name, delta) => {
    const reader = new ChatStream(OPTIONS);
    expect(reader.push(ROLE)).toBe('');
    expect(reader.push(event(chunk({ content: '' })))).toBe('');
    expect(reader.hasContent).toBe(false);
    const bytes = reader.push(event(chunk(delta)));
    expect(reader.hasContent).toBe(true);
    expect(decodeEvents(Buffer.from(bytes, 'latin1'))).toHaveLength(2);
  });

  it('is a finish_reason where there is no content', () => {
    const reader = new ChatStream(OPTIONS);
    reader.push(ROLE);
    expect(reader.push(STOP)).not.toBe('');
    expect(reader.hasContent).toBe(true);
  });

  it('is not an opening chunk without choices, a comment or usage', () => {
    const reader = new ChatStream(OPTIONS);
    const opening = { id: '', object: '', created: 0, model: '', choices: [], prompt_filter_results: [{}] };
    reader.push(event(opening));
    reader.push(Buffer.from(': ping\n\n'));
    reader.push(event({ ...FRAME, choices: [], usage: { prompt_tokens: 1, completion_tokens: 0 } }));
    expect(reader.hasContent).toBe(false);
  });
});

describe('behind the finish_reason', () => {
  it.each([
    ['an error', event({ error: { message: 'overloaded' } })],
    ['an error in words', Buffer.from('event: error\ndata: out of memory\n\n')],
    ['a malformed event', Buffer.from('data: {"id":"chatcmpl-1","cho\n\n')],
  ])('%s takes nothing from the answer', (_name, trouble) => {
    const { bytes, end } = runReader(new ChatStream(OPTIONS), [ROLE, HELLO, STOP, trouble]);
    expect(end.kind).toBe('complete');
    expect(clientView(decodeEvents(bytes))).toMatchObject({ content: 'Hello', finish: { 0: 'stop' }, isDone: true });
  });

  it('of one choice an error is told while another is under way', () => {
    const other = event({ ...FRAME, choices: [{ index: 1, delta: { content: 'x' }, finish_reason: null }] });
    const reader = new ChatStream(OPTIONS);
    const { end } = runReader(reader, [ROLE, HELLO, other, STOP, event({ error: { message: 'overloaded' } })]);
    expect(end.kind).toBe('cut');
    expect(reader.inBandError).toEqual({ payload: { error: { message: 'overloaded' } } });
  });
});

describe('events', () => {
  it('leave in the push that brought them, together', () => {
    const reader = new ChatStream(OPTIONS);
    reader.push(ROLE);
    for (let count = 0; count < 5; count += 1) {
      const bytes = reader.push(Buffer.concat([HELLO, HELLO]));
      expect(decodeEvents(Buffer.from(bytes, 'latin1'))).toHaveLength(count === 0 ? 3 : 2);
    }
  });

  it('keep numbers and spacing as they came when only the model is renamed', () => {
    const text = JSON.stringify(chunk({ content: 'x' })).replace(
      '"logprobs":null',
      '"logprobs": {"v": [-0.0, 1.50, 1e-07]}',
    );
    const reader = new ChatStream(OPTIONS);
    reader.push(ROLE);
    expect(reader.push(Buffer.from(`data: ${text}\n\n`))).toContain(text.replace('"up"', '"shown"'));
  });

  it('after the terminal one are ignored', () => {
    const reader = new ChatStream(OPTIONS);
    reader.push(Buffer.concat([ROLE, HELLO, STOP, DONE]));
    expect(reader.isTerminated).toBe(true);
    expect(reader.push(HELLO)).toBe('');
    expect(reader.end(false)).toEqual({ kind: 'complete', bytes: '' });
  });

  it('may be 5 MB large', () => {
    const content = 'é"\\\n'.repeat(1_000_000);
    const whole = Buffer.concat([ROLE, event(chunk({ content })), STOP, DONE]);
    const parts = Array.from({ length: Math.ceil(whole.length / 65_536) }, (_, at) =>
      whole.subarray(at * 65_536, (at + 1) * 65_536),
    );
    const { bytes, end } = runReader(new ChatStream(OPTIONS), parts);
    expect(end.kind).toBe('complete');
    expect(clientView(decodeEvents(bytes)).content === content).toBe(true);
  });
});

describe('usage that the upstream does not send', () => {
  const estimateUsage = (text: string) => ({
    promptTokens: 8,
    completionTokens: text.length,
    totalTokens: 8 + text.length,
  });

  it('is estimated from the whole generated text when the client asked for it', () => {
    const reader = new ChatStream({ ...OPTIONS, includeUsage: true, estimateUsage });
    const { bytes } = runReader(reader, [ROLE, HELLO, HELLO, event(chunk({ content: 'é"' })), HELLO, STOP, DONE]);
    expect(reader.generatedText).toBe('HelloHelloé"Hello');
    expect(reader.usage).toEqual({ promptTokens: 8, completionTokens: 17, totalTokens: 25 });
    expect(decodeEvents(bytes).at(-2)?.data).toContain(
      '"usage":{"prompt_tokens":8,"completion_tokens":17,"total_tokens":25}',
    );
  });

  it('is left out when nobody asked or nobody can tell', () => {
    for (const options of [OPTIONS, { ...OPTIONS, includeUsage: true }, { ...OPTIONS, estimateUsage }]) {
      const { bytes } = runReader(new ChatStream(options), [ROLE, HELLO, STOP, DONE]);
      expect(clientView(decodeEvents(bytes)).usageChunks).toBe(0);
    }
  });
});

describe('the in-band error event', () => {
  it('has the four fields of an OpenAI error', () => {
    const text = new ChatStream(OPTIONS).errorEvent({ message: 'é', type: null, param: null, code: '500' });
    const [only] = decodeEvents(Buffer.from(text, 'latin1'));
    expect(JSON.parse(only?.data ?? '')).toEqual({ error: { message: 'é', type: null, param: null, code: '500' } });
  });
});

/** The ways in which vendors write the same event. */
const STYLES: readonly ((value: object, at: number) => string)[] = [
  (value) => JSON.stringify(value),
  (value) => JSON.stringify(value).replaceAll('":', '": ').replaceAll(',"', ', "'),
  (value) =>
    JSON.stringify(value).replace(/[\u0080-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`),
  (value, at) => JSON.stringify({ ...value, obfuscation: 'x'.repeat(at % 7) }),
  (value, at) => JSON.stringify({ ...value, i: at }),
  (value) => JSON.stringify(Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => a.localeCompare(b)))),
];

describe('any stream of text', () => {
  it('reaches the client unchanged, whatever is said and however it is written and cut', () => {
    const texts = fc.array(fc.string({ unit: 'binary' }), { maxLength: 30 });
    const style = fc.constantFrom(...STYLES);
    const lineEnd = fc.constantFrom('\n', '\r\n', '\r');
    fc.assert(
      fc.property(texts, style, lineEnd, fc.integer({ min: 1, max: 400 }), (pieces, write, end, size) => {
        const chunks = [{ role: 'assistant', content: '' }, ...pieces.map((content) => ({ content }))].map((d) =>
          chunk(d),
        );
        const values = [...chunks, chunk({}, 'stop')];
        const body = values.map((value, at) => `data: ${write(value, at)}${end}${end}`).join('') + 'data: [DONE]\n\n';
        const whole = Buffer.from(body);
        const parts: Buffer[] = [];
        for (let at = 0; at < whole.length; at += size) parts.push(whole.subarray(at, at + size));
        const reader = new ChatStream(OPTIONS);
        const run = runReader(reader, parts);
        const view = clientView(decodeEvents(run.bytes));
        const text = Buffer.from(pieces.join('')).toString();
        if (pieces.every((piece) => piece.isWellFormed())) expect(view.content).toBe(text);
        expect(view).toMatchObject({ finish: { 0: 'stop' }, isDone: true, problems: [] });
        expect([...view.frames]).toEqual([JSON.stringify({ ...FRAME, model: 'shown' })]);
        expect(run.end.kind).toBe('complete');
      }),
      { numRuns: 300 },
    );
  });
});
