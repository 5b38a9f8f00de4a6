// A Responses stream whose upstream dies after the client has a part of it. Every case runs against a provider that says
// the same thing twice, where the client gets one whole response, and against one that does not, where it gets the truth.
import OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import {
  startFakeProvider,
  type FakeProvider,
  type FakeProviderOptions,
} from '../../src/fake-provider/fake-provider.ts';
import type { FaultInput } from '../../src/fake-provider/fault.ts';
import { inFlightOf } from '../support/in-flight.ts';
import { opened } from '../support/opened.ts';
import { startRawUpstream, type RawUpstream } from '../support/raw-upstream.ts';
import { decodeEvents } from '../support/reference-client.ts';
import { responseView, type ResponseView } from '../support/response-view.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

async function provider(options: FakeProviderOptions = {}): Promise<FakeProvider> {
  return opened(await startFakeProvider({ answerTokens: 60, ...options }));
}

/** An upstream that streams these bytes, whatever is asked, and ends. */
async function teller(bytes: string): Promise<RawUpstream> {
  const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n';
  return opened(await startRawUpstream((socket) => void socket.end(head + bytes)));
}

/** The events of a response up to a part of its text, of a provider that keeps it or not. */
function begun(pieces: readonly string[], store: boolean): string {
  const place = { item_id: 'msg_x', output_index: 0, content_index: 0 };
  const item = { id: 'msg_x', type: 'message', role: 'assistant', status: 'in_progress', content: [] };
  const events: [string, object][] = [
    ['response.created', { response: { id: 'resp_x', created_at: 5, model: 'up', output: [], store } }],
    ['response.output_item.added', { output_index: 0, item }],
    ['response.content_part.added', { ...place, part: { type: 'output_text', text: '', annotations: [] } }],
    ...pieces.map((delta): [string, object] => ['response.output_text.delta', { ...place, delta }]),
  ];
  return events.map(([type, fields], nth) => event(type, { ...fields, sequence_number: nth })).join('');
}

function event(type: string, fields: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}

interface Entry {
  readonly at: { readonly url: string };
  readonly group?: string;
}

/** Deployments d0, d1, ..., tried in this order. */
async function gateway(entries: readonly Entry[], router = ''): Promise<TestGateway> {
  const list = entries.map(({ at, group = 'g' }, nth) => {
    const params = `{model: openai/m, api_base: "${at.url}/v1", api_key: sk-up, order: ${nth}}`;
    return `- {model_name: ${group}, litellm_params: ${params}, model_info: {id: "d${nth}"}}`;
  });
  const config = `model_list:\n${list.join('\n')}\nrouter_settings: {num_retries: 2${router}}`;
  const started = await startGateway(config, { speed: 20 });
  opened({ close: () => started.drain() });
  return started;
}

interface Got extends ResponseView {
  readonly status: number;
  readonly raw: string;
}

const KEPT_NOWHERE = { store: false };

async function ask(url: string, body: Record<string, unknown> = KEPT_NOWHERE): Promise<Got> {
  const answer = await fetch(`${url}/v1/responses`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'g', stream: true, input: 'hello', ...body }),
  });
  const bytes = new Uint8Array(await answer.arrayBuffer());
  const isStream = answer.headers.get('content-type')?.startsWith('text/event-stream') === true;
  const view = responseView(isStream ? decodeEvents(bytes) : []);
  return { ...view, status: answer.status, raw: Buffer.from(bytes).toString() };
}

async function wholeAnswer(at: FakeProvider, body?: Record<string, unknown>): Promise<Got> {
  const { url } = await gateway([{ at }]);
  const whole = await ask(url, body);
  expect(whole.text.split(' ')).toHaveLength(60);
  return whole;
}

const BREAKS: readonly [string, FaultInput][] = [
  ['is cut after 40 of 60 tokens', { cutAfterTokens: 40, cutHow: 'drop' }],
  ['is reset after 40 tokens', { cutAfterTokens: 40, cutHow: 'reset' }],
  ['ends cleanly but too early', { cutAfterTokens: 40, cutHow: 'end' }],
  ['stalls after 20 tokens', { stallAfterTokens: 20 }],
  ['has a malformed tenth event', { malformedAfterTokens: 9 }],
  ['sends an error event after 30 tokens', { errorAfterTokens: 30 }],
  ['is cut after one token', { cutAfterTokens: 1, cutHow: 'drop' }],
];
const STALL = ', stream_timeout: 2';

describe.each(BREAKS)('a response that %s', (_name, fault) => {
  test('is gone on with by another deployment that says the same', async () => {
    const [bad, good] = [await provider(), await provider()];
    const whole = await wholeAnswer(good);
    bad.setFaults({ '*': fault });
    const { url } = await gateway([{ at: bad }, { at: good }], STALL);
    const got = await ask(url);
    expect(got).toMatchObject({ status: 200, text: whole.text, problems: [], error: undefined, types: whole.types });
    expect(got.final).toMatchObject({ status: 'completed', store: false });
    expect(got.final?.['loadstone']).toEqual({
      recovered: 'replay',
      deployment: 'd1',
      broken_deployment: 'd0',
      attempted_retries: 1,
      attempted_fallbacks: 0,
    });
    expect([got.identities.size, got.itemIds.size]).toEqual([1, 1]);
    expect([bad.requests.length, good.requests.length]).toEqual([1, 2]);
    expect(await inFlightOf(url)).toBe(0);
  });

  test('is gone on with by a fallback', async () => {
    const [bad, good] = [await provider(), await provider()];
    const whole = await wholeAnswer(good);
    bad.setFaults({ '*': fault });
    const entries = [{ at: bad }, { at: good, group: 'other' }];
    const { url } = await gateway(entries, `${STALL}, fallbacks: [{g: [other]}]`);
    const got = await ask(url);
    expect(got).toMatchObject({ text: whole.text, problems: [], error: undefined, types: whole.types });
    expect(got.identities.size).toBe(1);
    expect(bad.requests.length).toBe(1);
  });

  test('ends with the truth when the second answer differs', async () => {
    const [bad, good] = [await provider({ answers: 'sampled' }), await provider({ answers: 'sampled', seed: 99 })];
    bad.setFaults({ '*': fault });
    const running = await gateway([{ at: bad }, { at: good }], STALL);
    const got = await ask(running.url);
    expect([bad.requests.length, good.requests.length]).toEqual([1, 1]);
    expect(await inFlightOf(running.url)).toBe(0);
    expect(got).toMatchObject({ status: 200, problems: [], final: undefined });
    expect(got.error).toMatchObject({ type: 'error', code: expect.stringMatching(/^5\d\d$/) });
    expect(got.raw).not.toContain('response.completed');
    const failed = () => running.lines().filter(({ msg }) => msg === 'request failed');
    await expect.poll(() => failed().length).toBe(1);
    expect(failed()[0]).toMatchObject({ status: 200, attempts: 2, recovered: 'replay' });
  });
});

test('a response that is cut before its first word is gone on with by any other', async () => {
  const [bad, good] = [await provider({ answers: 'sampled' }), await provider({ answers: 'sampled', seed: 99 })];
  bad.setFaults({ '*': { cutAfterTokens: 0 } });
  const { url } = await gateway([{ at: bad }, { at: good }]);
  const got = await ask(url);
  expect(got).toMatchObject({ problems: [], error: undefined });
  expect(got.final).toMatchObject({ loadstone: { recovered: 'replay', broken_deployment: 'd0' } });
  expect([got.identities.size, got.itemIds.size]).toEqual([1, 1]);
});

describe('an error that the provider tells in the middle', () => {
  const error = { code: 'server_error', message: 'gone wrong' };
  const last: readonly [string, string][] = [
    ['error', event('error', { ...error, param: null, sequence_number: 4 })],
    ['response.failed', event('response.failed', { response: { id: 'resp_x', error }, sequence_number: 4 })],
  ];

  test.each(last)('as %s is no end for a stream that another deployment can go on with', async (_type, ending) => {
    const good = await provider();
    const whole = await wholeAnswer(good);
    const [word = ''] = whole.text.split(' ');
    const bad = await teller(begun([word], false) + ending);
    const { url } = await gateway([{ at: bad }, { at: good }]);
    const got = await ask(url);
    expect(got).toMatchObject({ text: whole.text, problems: [], error: undefined });
    expect(got.final).toMatchObject({ status: 'completed', loadstone: { recovered: 'replay' } });
    expect([...got.itemIds]).toEqual(['msg_x']);
  });

  test.each(last)('as %s is told as such where nobody can', async (type, ending) => {
    const running = await gateway([{ at: await teller(begun(['Hi'], false) + ending) }]);
    const got = await ask(running.url);
    expect(got).toMatchObject({ text: 'Hi', problems: [] });
    expect(got.types.at(-1)).toBe(type);
    expect(got.raw).toContain('gone wrong');
    await expect.poll(() => running.lines().filter(({ msg }) => msg === 'request failed').length).toBe(1);
    expect(await inFlightOf(running.url)).toBe(0);
  });

  test.each(last)('as %s, but before any content, is an ordinary failure', async (_type, ending) => {
    const good = await provider();
    const bad = await teller(begun([], false).split('event: response.output_item')[0] + ending);
    const got = await ask((await gateway([{ at: bad }, { at: good }])).url);
    expect(got).toMatchObject({ status: 200, problems: [], error: undefined });
    expect(got.final).toMatchObject({ status: 'completed' });
    expect(got.final).not.toHaveProperty('loadstone');
    const alone = await ask((await gateway([{ at: bad }])).url, { num_retries: 0 });
    expect(alone.status).toBe(500);
    expect(JSON.parse(alone.raw)).toMatchObject({ error: { code: '500' } });
  });
});

describe('a response that is stored', () => {
  test.each([{}, { store: true }])('is not gone on with: its id leads to what broke (%j)', async (body) => {
    const [bad, good] = [await provider(), await provider()];
    bad.setFaults({ '*': { cutAfterTokens: 10 } });
    const { url } = await gateway([{ at: bad }, { at: good }]);
    const got = await ask(url, body);
    expect(got).toMatchObject({ status: 200, problems: [], final: undefined });
    expect(got.error).toMatchObject({ type: 'error' });
    expect(got.text.split(' ')).toHaveLength(10);
    expect(good.requests).toHaveLength(0);
    expect(await inFlightOf(url)).toBe(0);
  });

  test('by a provider that keeps nothing is gone on with, but not by one that does', async () => {
    const whole = await wholeAnswer(await provider());
    const words = whole.text.split(/(?= )/);
    const bad = await teller(begun(words.slice(0, 10), false));
    const keeper = await provider();
    const refused = await ask((await gateway([{ at: bad }, { at: keeper }])).url, {});
    expect(refused).toMatchObject({ problems: [], final: undefined });
    expect(refused.error).toBeDefined();
    const taken = await ask((await gateway([{ at: bad }, { at: keeper }])).url, KEPT_NOWHERE);
    expect(taken).toMatchObject({ text: whole.text, problems: [], error: undefined });
  });

  test('elsewhere has an id that leads there only: what continues it is not gone on with by others', async () => {
    const [maker, other] = [await provider(), await provider()];
    const { url } = await gateway([{ at: maker }, { at: other }]);
    const before = await ask(url, {});
    maker.setFaults({ '*': { cutAfterTokens: 10 } });
    const got = await ask(url, { ...KEPT_NOWHERE, previous_response_id: before.final?.['id'] });
    expect(got.error).toBeDefined();
    expect(other.requests).toHaveLength(0);
  });
});

test('the id of a recovered response leads nowhere, as that of any response that is not stored', async () => {
  const [bad, good] = [await provider(), await provider()];
  bad.setFaults({ m: { on: '1', cutAfterTokens: 10 } });
  const { url } = await gateway([{ at: bad }, { at: good }]);
  const got = await ask(url);
  const id = String(got.final?.['id']);
  expect(got.raw.split(`"${id}"`)).toHaveLength(4); // created, in progress, completed
  expect((await fetch(`${url}/v1/responses/${id}`)).status).toBe(404);
  expect((await ask(url, { previous_response_id: id })).status).toBe(404);
});

test('a response that was sampled from a long prompt is not asked for again, unless it would be the same', async () => {
  const [bad, good] = [await provider(), await provider()];
  bad.setFaults({ '*': { cutAfterTokens: 10 } });
  const { url } = await gateway([{ at: bad }, { at: good }], ', stream_recovery_max_prompt_tokens: 50');
  const long = { ...KEPT_NOWHERE, input: 'word '.repeat(500) };
  expect((await ask(url, long)).error).toBeDefined();
  expect(good.requests).toHaveLength(0);
  expect((await ask(url, { ...long, temperature: 0 })).final).toMatchObject({ status: 'completed' });
});

const TOOL = { type: 'function', name: 'f', parameters: {} };

test.each([
  ['stream_recovery is off', ', stream_recovery: off', {}],
  ['the answer is structured', '', { text: { format: { type: 'json_object' } } }],
  ['a tool is being called', '', { tools: [TOOL], tool_choice: 'required' }],
  ['a tool may run at the provider', '', { tools: [TOOL, { type: 'web_search' }] }],
  ['the tools are no list', '', { tools: {} }],
  ['it belongs to a conversation', '', { conversation: 'conv_1' }],
  ['its prompt is kept by the provider', '', { prompt: { id: 'pmpt_1' } }],
  ['it goes on in the background', '', { background: true }],
])('nothing is gone on with when %s', async (_name, router, body) => {
  const [bad, good] = [await provider(), await provider()];
  bad.setFaults({ '*': { cutAfterTokens: 2 } });
  const { url } = await gateway([{ at: bad }, { at: good }], router);
  const got = await ask(url, { ...KEPT_NOWHERE, ...body });
  expect(got.error).toBeDefined();
  expect(got.final).toBeUndefined();
  expect(good.requests).toHaveLength(0);
});

test.each([
  ['a plain format', { text: { format: { type: 'text' }, verbosity: 'low' } }],
  ['tools of the client that are not called', { tools: [TOOL, { type: 'custom', name: 'c' }] }],
  ['no tools', { tools: [], conversation: null }],
])('%s is no hindrance', async (_name, body) => {
  const [bad, good] = [await provider(), await provider()];
  bad.setFaults({ '*': { cutAfterTokens: 2 } });
  const { url } = await gateway([{ at: bad }, { at: good }]);
  expect((await ask(url, { ...KEPT_NOWHERE, ...body })).final).toMatchObject({ status: 'completed' });
});

test('one recovery a request: a second break is told', async () => {
  const providers = [await provider(), await provider(), await provider()];
  providers[0]?.setFaults({ '*': { cutAfterTokens: 10 } });
  providers[1]?.setFaults({ '*': { cutAfterTokens: 30 } });
  const { url } = await gateway(providers.map((at) => ({ at })));
  const got = await ask(url);
  expect(got).toMatchObject({ problems: [], final: undefined });
  expect(got.error).toBeDefined();
  expect(got.text.split(' ')).toHaveLength(30);
  expect(providers.map(({ requests }) => requests.length)).toEqual([1, 1, 0]);
  expect(await inFlightOf(url)).toBe(0);
});

test('a recovery that cannot begin ends with the first failure', async () => {
  const [bad, worse] = [await provider(), await provider()];
  bad.setFaults({ '*': { cutAfterTokens: 10 } });
  worse.setFaults({ '*': { status: 503 } });
  const { url } = await gateway([{ at: bad }, { at: worse }]);
  const got = await ask(url);
  expect(got).toMatchObject({ problems: [], final: undefined });
  expect(got.error).toMatchObject({ code: '500' });
  expect(await inFlightOf(url)).toBe(0);
});

describe('the OpenAI client', () => {
  async function client(fault: FaultInput, second: FakeProviderOptions = {}): Promise<OpenAI> {
    const [bad, good] = [await provider(), await provider(second)];
    bad.setFaults({ '*': fault });
    const { url } = await gateway([{ at: bad }, { at: good }]);
    return new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0 });
  }

  test('takes a recovered stream for an ordinary one', async () => {
    const openai = await client({ cutAfterTokens: 40 });
    const stream = await openai.responses.create({ model: 'g', input: 'hello', store: false, stream: true });
    let text = '';
    let last: OpenAI.Responses.ResponseStreamEvent | undefined;
    for await (const told of stream) {
      if (told.type === 'response.output_text.delta') text += told.delta;
      last = told;
    }
    expect(text.split(' ')).toHaveLength(60);
    expect(last?.type).toBe('response.completed');
    if (last?.type !== 'response.completed') return;
    expect(last.response.output).toMatchObject([{ content: [{ text }] }]);
    // Both streams were paid for.
    expect(last.response.usage?.output_tokens).toBeGreaterThan(60);
  });

  test('puts it together without complaint', async () => {
    const openai = await client({ cutAfterTokens: 40 });
    const stream = openai.responses.stream({ model: 'g', input: 'hello', store: false });
    const final = await stream.finalResponse();
    expect(final.output_text.split(' ')).toHaveLength(60);
    expect(final).toMatchObject({ status: 'completed', loadstone: { recovered: 'replay' } });
  });

  test('throws what was told where the answers differ', async () => {
    const openai = await client({ cutAfterTokens: 40 }, { answers: 'sampled', seed: 99 });
    const stream = await openai.responses.create({ model: 'g', input: 'hello', store: false, stream: true });
    const types: string[] = [];
    const reading = (async () => {
      for await (const told of stream) types.push(told.type);
    })();
    await expect(reading).rejects.toThrow(OpenAI.APIError);
    expect(types).not.toContain('response.completed');
    expect(types.filter((type) => type === 'response.output_text.delta')).toHaveLength(40);
  });
});

describe('a response that says nothing for long', () => {
  test('sends its headers and a comment after 25 s, and is then an ordinary stream', async () => {
    const slow = await provider();
    slow.setFaults({ '*': { firstTokenMs: 1_600 } });
    const { url } = await gateway([{ at: slow }]);
    const got = await ask(url, {});
    expect(got.raw.startsWith(': ')).toBe(true);
    expect(got).toMatchObject({ status: 200, problems: [], error: undefined });
    expect(got.final).toMatchObject({ status: 'completed' });
    expect(got.raw).not.toContain('"loadstone"');
  });

  test('may still be answered by another deployment, which its last event names', async () => {
    const [silent, good] = [await provider(), await provider()];
    silent.setFaults({ '*': { connection: 'silence' } });
    const { url } = await gateway([{ at: silent }, { at: good }], ', stream_timeout: 30');
    const got = await ask(url, {});
    expect(got).toMatchObject({ problems: [], error: undefined });
    expect(got.final?.['loadstone']).toEqual({ deployment: 'd1', attempted_retries: 1, attempted_fallbacks: 0 });
  });

  test('and fails is told so in-band, with what a status would have said', async () => {
    const silent = await provider();
    silent.setFaults({ '*': { connection: 'silence' } });
    const { url } = await gateway([{ at: silent }], ', stream_timeout: 30');
    const got = await ask(url, { num_retries: 0 });
    expect(got).toMatchObject({ status: 200, text: '', problems: [] });
    expect(got.error).toMatchObject({ code: '408', sequence_number: 0 });
  });
});
