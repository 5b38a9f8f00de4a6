// A response that goes on for one that broke: what the client sees of both together is one whole response, or the truth.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeEvents } from '../../test/support/reference-client.ts';
import { responseView } from '../../test/support/response-view.ts';
import { ResponsesStream } from './responses-stream.ts';
import { StreamProgress } from './stream-progress.ts';
import type { StreamReaderOptions } from './stream-reader.ts';

const OPTIONS: StreamReaderOptions = {
  model: 'shown',
  includeUsage: false,
  fallbackId: 'c',
  createdSeconds: 1,
  storesResponse: false,
};
const SPENT = { promptTokens: 5, completionTokens: 2, totalTokens: 7 };
const NOTE = { recovered: 'replay' };

type Fields = Readonly<Record<string, unknown>>;
/** Type and members of an event. */
type Event = readonly [type: string, fields: Fields];

interface Upstream {
  readonly id: string;
  readonly response?: Fields;
}

function told({ id, response }: Upstream, more: Fields = {}): Fields {
  const previous = { previous_response_id: `before-${id}` };
  return { id: `resp_${id}`, created_at: id.length, model: `up-${id}`, ...previous, output: [], ...response, ...more };
}

const USAGE = {
  input_tokens: 10,
  input_tokens_details: { cached_tokens: 3 },
  output_tokens: 4,
  total_tokens: 14,
};

/** The events of one plain answer. */
function plain(from: Upstream, pieces: readonly string[]): Event[] {
  const item = { id: `msg_${from.id}`, type: 'message', role: 'assistant', content: [] as unknown[] };
  const place = { item_id: item.id, output_index: 0, content_index: 0 };
  const text = pieces.join('');
  const part = { type: 'output_text', annotations: [], text };
  const whole = { ...item, content: [part] };
  return [
    ['response.created', { response: told(from) }],
    ['response.in_progress', { response: told(from) }],
    ['response.output_item.added', { output_index: 0, item }],
    ['response.content_part.added', { ...place, part: { ...part, text: '' } }],
    ...pieces.map((delta): Event => ['response.output_text.delta', { ...place, delta, logprobs: [] }]),
    ['response.output_text.done', { ...place, text }],
    ['response.content_part.done', { ...place, part }],
    ['response.output_item.done', { output_index: 0, item: whole }],
    ['response.completed', { response: told(from, { output: [whole], usage: USAGE }) }],
  ];
}

function wire(events: readonly Event[]): Buffer {
  const text = events.map(([type, fields], nth) => {
    return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields, sequence_number: nth })}\n\n`;
  });
  return Buffer.from(text.join(''));
}

const FIRST = { id: 'one' };
const SECOND = { id: 'second' };
const BEFORE_TEXT = 4;

/** Takes bytes in the order they come, in pieces of any size. */
function read(reader: ResponsesStream, chunks: readonly Uint8Array[]): string {
  let bytes = '';
  for (const chunk of chunks) bytes += reader.push(chunk);
  return bytes + String(reader.end(true).bytes);
}

interface Given {
  readonly first: Uint8Array;
  readonly second: readonly Uint8Array[];
  readonly options?: Partial<StreamReaderOptions>;
}

/** A first stream that breaks, and what a second one makes of it. */
function resume({ first, second, options }: Given) {
  const progress = new StreamProgress();
  const broken = new ResponsesStream({ ...OPTIONS, ...options, progress });
  let bytes = read(broken, [first]);
  const resumable = broken.hasContent && !progress.isEntangled && !progress.isFinished;
  const resumed: StreamReaderOptions = { ...OPTIONS, ...options, progress, finishNote: () => NOTE };
  const reader = new ResponsesStream({ ...resumed, resume: { by: 'replay', spent: SPENT } });
  bytes += read(reader, second);
  const whole = reader.isTerminated ? '' : reader.errorEvent({ message: 'm', type: null, param: null, code: '500' });
  const view = responseView(decodeEvents(Buffer.from(bytes + whole, 'latin1')));
  return { reader, resumable, view, sent: bytes };
}

/** `kept` events of the first answer; the second one whole. */
function replay(first: readonly Event[], kept: number, second: readonly Event[]) {
  return resume({ first: wire(first.slice(0, kept)), second: [wire(second)] });
}

/** Types of the events of a whole answer, but for the pieces of its text. */
const FRAME = plain(FIRST, []).map(([type]) => type);
const frameOf = (types: readonly string[]): string[] => types.filter((type) => type !== 'response.output_text.delta');

const HELLO = plain(FIRST, ['Hel', 'lo ', 'wor', 'ld']);

describe('a response that is said once more', () => {
  it.each([
    ['in the same pieces', ['Hel', 'lo ', 'wor', 'ld']],
    ['in one piece', ['Hello world']],
    ['in other pieces', ['H', 'ello w', 'orld']],
    ['in pieces that end where the first one broke', ['Hello ', 'world']],
  ])('%s goes on where the first stream broke', (_name, pieces) => {
    const { reader, view, resumable } = replay(HELLO, BEFORE_TEXT + 2, plain(SECOND, pieces));
    expect(resumable).toBe(true);
    expect(reader.isTerminated).toBe(true);
    expect(view).toMatchObject({ text: 'Hello world', problems: [], error: undefined });
    expect(frameOf(view.types)).toEqual(FRAME);
  });

  it('keeps the ids, the time and the model that the client knows', () => {
    const { view } = replay(HELLO, BEFORE_TEXT + 2, plain(SECOND, ['Hello world']));
    expect([...view.identities]).toEqual(['["resp_one",3,"shown","before-one"]']);
    expect([...view.itemIds]).toEqual(['msg_one']);
  });

  it('keeps what the first response object said, whatever the later ones lack', () => {
    const first = HELLO.toSpliced(1, 1, ['response.in_progress', { response: {} }]);
    const { view } = replay(first, BEFORE_TEXT + 2, plain(SECOND, ['Hello world']));
    expect(view.final).toMatchObject({ id: 'resp_one', created_at: 3, previous_response_id: 'before-one' });
  });

  it('ends with the usage of both streams and says who went on', () => {
    const { view, reader } = replay(HELLO, BEFORE_TEXT + 2, plain(SECOND, ['Hello world']));
    expect(view.final).toMatchObject({ loadstone: NOTE });
    expect(view.final?.['usage']).toEqual({
      input_tokens: 15,
      input_tokens_details: { cached_tokens: 3 },
      output_tokens: 6,
      total_tokens: 21,
    });
    expect(reader.usage).toEqual({ promptTokens: 10, completionTokens: 4, totalTokens: 14 });
  });

  it('goes on to its end, whatever comes behind the known text', () => {
    const more: Event[] = [
      ['response.output_item.added', { output_index: 1, item: { id: 'fc_2', type: 'function_call', arguments: '' } }],
      ['response.function_call_arguments.delta', { item_id: 'fc_2', output_index: 1, delta: '{' }],
      ['response.output_item.done', { output_index: 1, item: { id: 'fc_2', type: 'function_call', arguments: '{' } }],
    ];
    const second = plain(SECOND, ['Hello world']);
    const { view } = replay(HELLO, BEFORE_TEXT + 2, [...second.slice(0, -1), ...more, ...second.slice(-1)]);
    expect(view.problems).toEqual([]);
    expect([...view.itemIds]).toEqual(['msg_one', 'fc_2']);
  });

  it('may end incomplete', () => {
    const cut: Event = ['response.incomplete', { response: told(SECOND, { usage: USAGE }) }];
    const { view } = replay(HELLO, BEFORE_TEXT + 2, [...plain(SECOND, ['Hello wor']).slice(0, -1), cut]);
    expect(view.types.at(-1)).toBe('response.incomplete');
    expect(view.final).toMatchObject({ id: 'resp_one', loadstone: NOTE, usage: { total_tokens: 21 } });
  });

  it('passes over what only promises an answer', () => {
    const second: Event[] = [
      ['response.queued', { response: told(SECOND) }],
      ...plain(SECOND, ['Hello']).toSpliced(2, 0, ['keepalive', {}]),
    ];
    const { view } = replay(plain(FIRST, ['Hello']), BEFORE_TEXT + 1, second);
    expect(view).toMatchObject({ text: 'Hello', problems: [], error: undefined });
  });

  it('has no numbers where the first stream had none', () => {
    const bare = wire(HELLO.slice(0, BEFORE_TEXT + 1))
      .toString()
      .replaceAll(/,"sequence_number":\d+/g, '');
    const { view, sent } = resume({ first: Buffer.from(bare), second: [wire(plain(SECOND, ['Hello world']))] });
    expect(view.text).toBe('Hello world');
    expect(view.types.at(-1)).toBe('response.completed');
    expect(sent).not.toContain('sequence_number');
  });
});

describe('a response that is said differently', () => {
  const begun = plain(SECOND, ['Hello']);
  const without = (type: string): Event[] => begun.filter(([name]) => name !== type);
  const call: Event = ['response.output_item.added', { output_index: 0, item: { id: 'fc', type: 'function_call' } }];
  const nameless: Event = ['response.output_item.added', { output_index: 0, item: { type: 'message', content: [] } }];
  const reasoning: Event = ['response.output_item.added', { output_index: 0, item: { id: 'rs', type: 'reasoning' } }];
  it.each<[string, readonly Event[]]>([
    ['at the first letter', plain(SECOND, ['Xello'])],
    ['in the middle', plain(SECOND, ['Hel', 'xo'])],
    ['in a longer piece', plain(SECOND, ['Hel', 'xo world'])],
    ['by ending early', plain(SECOND, ['He'])],
    ['by calling a tool', begun.toSpliced(2, 1, call)],
    ['by reasoning first', begun.toSpliced(2, 0, reasoning)],
    ['by a message without an id', begun.toSpliced(2, 1, nameless)],
    ['by a text without a part', without('response.content_part.added')],
    ['by ending without any text', without('response.output_text.delta')],
    ['by log probabilities', begun.map(([type, fields]) => [type, { ...fields, logprobs: [{ token: 'Hello' }] }])],
    ['by a second part in the middle', begun.toSpliced(4, 0, ...begun.slice(3, 4))],
  ])('%s sends nothing of it', (_name, second) => {
    const { reader, view } = replay(plain(FIRST, ['Hel', 'lo', '!']), BEFORE_TEXT + 2, second);
    expect(reader.fault).toEqual({
      kind: 'replay-differs',
      message: 'the answer differs from what was sent before the stream broke',
    });
    // A deployment that begins to answer has done its part.
    expect(reader.hasContent).toBe(true);
    expect(view).toMatchObject({ text: 'Hello', problems: [], final: undefined });
    expect(view.error).toMatchObject({ type: 'error', sequence_number: BEFORE_TEXT + 2 });
  });

  it.each<[string, number, readonly Event[]]>([
    ['a part, by another message', 4, begun.toSpliced(2, 0, reasoning)],
    ['a part, by none', 4, without('response.content_part.added')],
    ['a message, by another item', 3, begun.toSpliced(2, 1, call)],
    ['a message, by another item before it', 3, begun.toSpliced(2, 0, reasoning)],
  ])('even where nothing was sent but %s', (_name, kept, second) => {
    const { reader, view, resumable } = replay(plain(FIRST, ['Hello']), kept, second);
    expect(resumable).toBe(true);
    expect(reader.fault?.kind).toBe('replay-differs');
    expect(view).toMatchObject({ text: '', problems: [], final: undefined });
    expect(view.types).toHaveLength(kept + 1);
  });

  it('by being kept under an id of its own', () => {
    const second = plain({ ...SECOND, response: { store: true } }, ['Hello world']);
    const { reader, view } = replay(HELLO, BEFORE_TEXT + 2, second);
    expect(reader.fault?.kind).toBe('replay-differs');
    expect(reader.fault?.message).toContain('stored');
    expect(view).toMatchObject({ text: 'Hello ', problems: [] });
  });
});

describe('a second stream that fails', () => {
  const failed = (from: Upstream): Event => [
    'response.failed',
    { response: told(from, { error: { code: 'server_error', message: 'x' } }) },
  ];

  it('behind the known text tells the provider’s own end, under the known ids', () => {
    const second = [...plain(SECOND, ['Hello world']).slice(0, BEFORE_TEXT + 1), failed(SECOND)];
    const { reader, view } = replay(HELLO, BEFORE_TEXT + 2, second);
    expect(reader.inBandError).toEqual({ payload: { error: { code: 'server_error', message: 'x' } } });
    expect(view).toMatchObject({ text: 'Hello world', problems: [], error: undefined });
    expect(view.final).toMatchObject({ id: 'resp_one', model: 'shown', error: { code: 'server_error' } });
  });

  it('before that tells an error, for its response is another one', () => {
    const second = [...plain(SECOND, ['Hel']).slice(0, BEFORE_TEXT + 1), failed(SECOND)];
    const { view } = replay(HELLO, BEFORE_TEXT + 2, second);
    expect(view).toMatchObject({ text: 'Hello ', problems: [], final: undefined });
    expect(view.error).toMatchObject({ type: 'error', message: 'm' });
  });

  it('before its content leaves nothing behind that a third one would stumble over', () => {
    const progress = new StreamProgress();
    let bytes = read(new ResponsesStream({ ...OPTIONS, progress }), [wire(HELLO.slice(0, BEFORE_TEXT + 2))]);
    for (const second of [[...HELLO.slice(0, 2), failed(FIRST)], plain(SECOND, ['Hello world'])]) {
      const resumed = { ...OPTIONS, progress, resume: { by: 'replay', spent: SPENT } } as const;
      bytes += read(new ResponsesStream(resumed), [wire(second)]);
    }
    const view = responseView(decodeEvents(Buffer.from(bytes, 'latin1')));
    expect(view).toMatchObject({ text: 'Hello world', problems: [], error: undefined });
  });
});

describe('what was sent', () => {
  const [created, inProgress, item, part, ...rest] = plain(FIRST, ['a', 'b']);
  const opening = [created, inProgress, item, part].filter((event) => event !== undefined);
  const texts = rest.slice(0, 2);
  const place = { item_id: 'msg_one', output_index: 0, content_index: 0 };
  const annotation: Event = [
    'response.output_text.annotation.added',
    { ...place, annotation: { type: 'url_citation' } },
  ];
  const search: Event = [
    'response.output_item.added',
    { output_index: 1, item: { id: 'ws', type: 'web_search_call' } },
  ];
  const refusal: Event = ['response.content_part.added', { ...place, part: { type: 'refusal', refusal: '' } }];
  const logprobs: Event = ['response.output_text.delta', { ...place, delta: 'c', logprobs: [{ token: 'c' }] }];
  const full: Event = ['response.content_part.added', { ...place, part: { type: 'output_text', text: 'Hi' } }];
  const cited = { type: 'output_text', text: '', annotations: [{ type: 'url_citation' }] };
  const written = { id: 'msg_one', type: 'message', content: [{ type: 'output_text', text: 'Hi' }] };
  const foreign: Event = ['response.output_text.delta', { ...place, item_id: 'msg_two', delta: 'c' }];
  it.each<[string, readonly Event[], boolean]>([
    ['text', [...opening, ...texts], true],
    ['a message without any text', opening.slice(0, 3), true],
    ['a sign of life', [...opening, ['keepalive', {}], ...texts, ['response.in_progress', {}]], true],
    ['text without its part', [...opening.slice(0, 3), ...texts], false],
    ['text without its message', [...opening.slice(0, 2), ...texts], false],
    ['text of another message', [...opening, foreign], false],
    ['the end of the text', [...opening, ...rest.slice(0, 3)], false],
    ['an annotation', [...opening, ...texts, annotation], false],
    ['a search', [...opening, ...texts, search], false],
    ['a second message', [...opening, ...texts, ...opening.slice(2, 3)], false],
    ['a second part', [...opening, ...texts, ...opening.slice(3, 4)], false],
    ['a part that has its text already', [...opening.slice(0, 3), full], false],
    [
      'a part with annotations',
      [...opening.slice(0, 3), ['response.content_part.added', { ...place, part: cited }]],
      false,
    ],
    ['a message that has its text already', [['response.output_item.added', { item: written }]], false],
    ['a refusal', [...opening.slice(0, 3), refusal], false],
    ['log probabilities', [...opening, logprobs], false],
    ['nothing', opening.slice(0, 2), false],
  ])('can be gone on with only if it is one message of text: %s', (_name, events, isResumable) => {
    expect(resume({ first: wire(events), second: [] }).resumable).toBe(isResumable);
  });

  it.each<[string, Fields, boolean, boolean]>([
    ['the request forbids it', {}, false, true],
    ['the provider denies it', { store: false }, true, true],
    ['nobody says anything', {}, true, false],
    ['the provider does it all the same', { store: true }, false, false],
  ])('can be gone on with only if it is not stored: %s', (_name, response, storesResponse, isResumable) => {
    const first = wire(plain({ ...FIRST, response }, ['a', 'b']).slice(0, BEFORE_TEXT + 1));
    expect(resume({ first, second: [], options: { storesResponse } }).resumable).toBe(isResumable);
  });

  it('by an attempt that never came to its content is nothing', () => {
    const progress = new StreamProgress();
    read(new ResponsesStream({ ...OPTIONS, progress }), [wire(plain({ id: 'zero' }, []).slice(0, 2))]);
    expect(progress.response).toBeUndefined();
    let bytes = read(new ResponsesStream({ ...OPTIONS, progress }), [wire(HELLO.slice(0, BEFORE_TEXT + 1))]);
    const resumed = { ...OPTIONS, progress, resume: { by: 'replay', spent: SPENT } } as const;
    bytes += read(new ResponsesStream(resumed), [wire(plain(SECOND, ['Hello']))]);
    expect([...responseView(decodeEvents(Buffer.from(bytes, 'latin1'))).identities]).toHaveLength(1);
  });
});

it('a stream that begins anew is not held against one before it', () => {
  const progress = new StreamProgress();
  read(new ResponsesStream({ ...OPTIONS, progress }), [wire(HELLO.slice(0, BEFORE_TEXT + 2))]);
  const bytes = read(new ResponsesStream({ ...OPTIONS, progress }), [wire(HELLO)]);
  expect(responseView(decodeEvents(Buffer.from(bytes, 'latin1')))).toMatchObject({ text: 'Hello world', problems: [] });
});

const WORDS = ['Hé', 'l"lo\n', ' 👋🏽 ', 'wörld'];

it('wherever the first stream breaks, at every byte, the client gets the answer once or not at all', () => {
  const first = wire(plain(FIRST, WORDS));
  const textBegins = first.indexOf('event: response.output_item.added');
  const textEnds = first.indexOf('event: response.output_text.done');
  const second = wire(plain(SECOND, ['Hél"l', 'o\n 👋🏽', ' wörld']));
  let resumed = 0;
  for (let at = 1; at < first.length; at += 1) {
    const { resumable, view } = resume({ first: first.subarray(0, at), second: [second] });
    if (!resumable) {
      expect(at < first.indexOf('\n\n', textBegins) + 2 || at > textEnds).toBe(true);
      continue;
    }
    resumed += 1;
    expect(view).toMatchObject({ text: WORDS.join(''), problems: [], error: undefined });
    expect(frameOf(view.types)).toEqual(FRAME);
  }
  expect(resumed).toBeGreaterThan(500);
});

it('wherever the second stream is split, at every byte, the client gets the same', () => {
  const first = wire(plain(FIRST, WORDS).slice(0, BEFORE_TEXT + 2));
  const second = wire(plain(SECOND, ['Hél"l', 'o\n 👋🏽', ' wörld']));
  for (let at = 1; at < second.length; at += 1) {
    const { view } = resume({ first, second: [second.subarray(0, at), second.subarray(at)] });
    expect(view).toMatchObject({ text: WORDS.join(''), problems: [], error: undefined });
  }
});

/** `[from, to)` of the parts of `length` things, cut at `cuts`. */
function spans(length: number, cuts: readonly number[]): [number, number][] {
  const at = [...new Set(cuts.map((cut) => cut % (length + 1)))].toSorted((a, b) => a - b);
  return [0, ...at].map((from, nth): [number, number] => [from, at[nth] ?? length]).filter(([from, to]) => from < to);
}

it('whatever the pieces and wherever both are cut, the client gets the answer once', () => {
  const pieces = fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 12 });
  const cuts = fc.array(fc.nat(5_000), { maxLength: 8 });
  fc.assert(
    fc.property(pieces, fc.nat(12), cuts, cuts, (first, kept, textCuts, byteCuts) => {
      const whole = first.join('');
      const again = spans(whole.length, textCuts).map(([from, to]) => whole.slice(from, to));
      const second = wire(plain(SECOND, again));
      const { view, resumable } = resume({
        first: wire(plain(FIRST, first).slice(0, BEFORE_TEXT + Math.min(kept, first.length))),
        second: spans(second.length, byteCuts).map(([from, to]) => second.subarray(from, to)),
      });
      expect(resumable).toBe(true);
      expect(view).toMatchObject({ text: whole, problems: [], error: undefined });
    }),
    { numRuns: 500 },
  );
});
