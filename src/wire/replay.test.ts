// A stream that goes on for one that broke: what the client sees of both together is one whole answer, or the truth.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientView, decodeEvents } from '../../test/support/reference-client.ts';
import { ChatStream } from './chat-stream.ts';
import { CompletionStream } from './completion-stream.ts';
import { MAX_KEPT_BYTES } from './kept-text.ts';
import { StreamProgress } from './stream-progress.ts';
import type { StreamReaderOptions, StreamResume } from './stream-reader.ts';

const OPTIONS: StreamReaderOptions = { model: 'shown', includeUsage: true, fallbackId: 'c', createdSeconds: 1 };
const SPENT = { promptTokens: 5, completionTokens: 2, totalTokens: 7 };
const REPLAY: StreamResume = { by: 'replay', spent: SPENT };
const NOTE = { recovered: 'replay' };

type Delta = Readonly<Record<string, unknown>>;

function events(id: string, deltas: readonly Delta[], finish: string | null): string[] {
  const frame = { id, object: 'chat.completion.chunk', created: id.length, model: `up-${id}` };
  const chunk = (delta: Delta, reason: string | null = null): string =>
    `data: ${JSON.stringify({ ...frame, choices: [{ index: 0, delta, finish_reason: reason }] })}\n\n`;
  const all = [chunk({ role: 'assistant', content: '' }), ...deltas.map((delta) => chunk(delta))];
  if (finish === null) return all;
  const usage = { prompt_tokens: 10, completion_tokens: 4, total_tokens: 14 };
  return [
    ...all,
    chunk({}, finish),
    `data: ${JSON.stringify({ ...frame, choices: [], usage })}\n\n`,
    'data: [DONE]\n\n',
  ];
}

const text = (...pieces: string[]): Delta[] => pieces.map((content) => ({ content }));

/** A first stream that breaks, and what a second one makes of it. */
function resume(first: readonly string[], second: readonly string[], by: StreamResume = REPLAY) {
  const progress = new StreamProgress();
  const broken = new ChatStream({ ...OPTIONS, progress });
  let bytes = '';
  for (const event of first) bytes += broken.push(Buffer.from(event));
  bytes += String(broken.end(false).bytes);
  const reader = new ChatStream({ ...OPTIONS, progress, resume: by, finishNote: () => NOTE });
  for (const event of second) bytes += reader.push(Buffer.from(event));
  const end = reader.end(true);
  bytes += String(end.bytes);
  return { reader, end, progress, sent: decodeEvents(Buffer.from(bytes, 'latin1')) };
}

describe('a replay of the same answer', () => {
  it.each([
    ['in the same pieces', text('Hel', 'lo ', 'wor', 'ld')],
    ['in one piece', text('Hello world')],
    ['in other pieces', text('H', 'ello w', 'orld')],
    ['in pieces that end where the first one broke', text('Hello ', 'world')],
  ])('%s goes on where the first stream broke', (_name, pieces) => {
    const { end, sent, reader } = resume(events('one', text('Hel', 'lo '), null), events('second', pieces, 'stop'));
    expect(end.kind).toBe('complete');
    expect(reader.fault).toBeUndefined();
    const view = clientView(sent);
    expect(view.content).toBe('Hello world');
    expect(sent.at(-1)?.data).toBe('[DONE]');
  });

  it('keeps the identity of the first stream and names the recovery in the finish chunk', () => {
    const { sent } = resume(events('one', text('Hel'), null), events('second', text('Hello'), 'stop'));
    const chunks = sent.slice(0, -1).map(({ data }) => JSON.parse(data) as Record<string, unknown>);
    expect(new Set(chunks.map(({ id, created, model }) => JSON.stringify([id, created, model])))).toEqual(
      new Set(['["one",3,"shown"]']),
    );
    const notes = chunks.map((chunk) => chunk['loadstone']);
    expect(notes.filter((note) => note !== undefined)).toEqual([{ recovered: 'replay' }]);
    const roles = sent.filter(({ data }) => data.includes('"role"'));
    expect(roles).toHaveLength(1);
  });

  it('tells the usage of both streams together', () => {
    const { sent } = resume(events('one', text('Hel'), null), events('second', text('Hello'), 'stop'));
    const usage = sent.map(({ data }) => data).find((data) => data.includes('"usage"')) ?? '';
    expect(JSON.parse(usage)).toMatchObject({
      usage: { prompt_tokens: 15, completion_tokens: 6, total_tokens: 21 },
    });
  });

  it('compares reasoning as well, whichever member holds it', () => {
    const first = [{ reasoning_content: 'hm' }, { reasoning_content: 'm' }, { content: 'Y' }];
    const second = [{ reasoning: 'hmm' }, { content: 'Yes' }];
    const { sent, end } = resume(events('one', first, null), events('second', second, 'stop'));
    expect(end.kind).toBe('complete');
    expect(clientView(sent).content).toBe('Yes');
  });
});

describe('a replay that differs', () => {
  it.each([
    ['at the first letter', text('Xello')],
    ['in the middle', text('Hel', 'xo')],
    ['by ending early', text('He')],
    [
      'by calling a tool',
      [{ tool_calls: [{ index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '' } }] }],
    ],
    ['by reasoning where there was none', [{ reasoning_content: 'hm' }]],
  ])('%s sends nothing of it', (_name, deltas) => {
    const { reader, end, sent } = resume(events('one', text('Hel', 'lo'), null), events('second', deltas, 'stop'));
    expect(reader.fault?.kind).toBe('replay-differs');
    expect(end.kind).toBe('cut');
    expect(clientView(sent).content).toBe('Hello');
    expect(sent.some(({ data }) => data === '[DONE]')).toBe(false);
  });

  it('with its first word is an answer all the same: nothing is wrong with the deployment', () => {
    const [, first = ''] = events('second', text('Xello'), 'stop');
    const { reader } = resume(events('one', text('Hel'), null), [first]);
    expect(reader.fault?.kind).toBe('replay-differs');
    expect(reader.hasContent).toBe(true);
  });

  it('by stopping without a finish_reason is one too', () => {
    const { reader, end } = resume(events('one', text('Hello'), null), [
      ...events('two', text('He'), null),
      'data: [DONE]\n\n',
    ]);
    expect(reader.fault?.kind).toBe('replay-differs');
    expect(end.kind).toBe('cut');
  });
});

it('a continuation goes out as it comes', () => {
  const by: StreamResume = { ...REPLAY, by: 'prefill' };
  const { sent, end } = resume(events('one', text('Hel'), null), events('second', text('lo', ' world'), 'stop'), by);
  expect(end.kind).toBe('complete');
  expect(clientView(sent).content).toBe('Hello world');
});

describe('what was sent', () => {
  it.each([
    ['text', text('a', 'b', 'c'), false],
    [
      'a tool call',
      [{ tool_calls: [{ index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '{' } }] }],
      true,
    ],
    ['a refusal', [{ refusal: 'no' }], true],
    ['audio', [{ audio: { id: 'a' } }], true],
  ])('can be gone on with unless it is more than text: %s', (_name, deltas, isEntangled) => {
    const progress = new StreamProgress();
    const reader = new ChatStream({ ...OPTIONS, progress });
    for (const event of events('one', deltas, null)) reader.push(Buffer.from(event));
    expect(progress.isEntangled).toBe(isEntangled);
  });

  it.each(['content', 'reasoning_content'])('is too much to be gone on with when it is too long: %s', (member) => {
    const progress = new StreamProgress();
    const reader = new ChatStream({ ...OPTIONS, progress });
    const push = (delta: Delta): void => {
      for (const event of events('one', [delta], null)) reader.push(Buffer.from(event));
    };
    push({ content: 'a' });
    const piece = 'x'.repeat(1_000);
    for (let sent = 0; sent + piece.length < MAX_KEPT_BYTES; sent += piece.length) push({ [member]: piece });
    expect(progress.isEntangled).toBe(false);
    push({ [member]: piece });
    expect([progress.isEntangled, progress.content, progress.reasoning]).toEqual([true, '', '']);
    push({ content: 'b' });
    expect(progress.content).toBe('');
  });

  it('of a text completion is its text', () => {
    const progress = new StreamProgress();
    const reader = new CompletionStream({ ...OPTIONS, progress });
    for (const piece of ['one ', 'two ', 'three ', 'fo"ur\n']) {
      const choice = { index: 0, text: piece, logprobs: null, finish_reason: null };
      reader.push(
        Buffer.from(
          `data: ${JSON.stringify({ id: 'x', object: 'text_completion', created: 1, model: 'm', choices: [choice] })}\n\n`,
        ),
      );
    }
    expect(progress.content).toBe('one two three fo"ur\n');
    expect(progress.isEntangled).toBe(false);
  });
});

it('whatever the pieces and wherever it breaks, the client gets the answer once', () => {
  const pieces = fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 12 });
  const cutInto = (whole: string, cuts: readonly number[]): string[] => {
    const at = [...new Set(cuts.map((cut) => cut % (whole.length + 1)))].toSorted((a, b) => a - b);
    return [0, ...at].map((from, nth) => whole.slice(from, at[nth] ?? whole.length)).filter((piece) => piece !== '');
  };
  fc.assert(
    fc.property(pieces, fc.nat(20), fc.array(fc.nat(60), { maxLength: 6 }), (first, kept, cuts) => {
      const whole = first.join('');
      const { sent, end } = resume(
        events('one', text(...first.slice(0, Math.min(kept, first.length))), null),
        events('second', text(...cutInto(whole, cuts)), 'stop'),
      );
      expect(end.kind).toBe('complete');
      expect(clientView(sent).content).toBe(whole);
    }),
    { numRuns: 500 },
  );
});
