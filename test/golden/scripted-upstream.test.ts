import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { autoAnswer } from './auto-answer.ts';
import { fillPlaceholders, restorePlaceholders, type ReplayPorts } from './placeholders.ts';
import { AnswerScript, ScriptedUpstreams } from './scripted-upstream.ts';
import { sendRequest } from './send-request.ts';

const CHAT = '/v1/chat/completions';

describe('a script of answers', () => {
  const answers = [{ status: 500 }, { status: 429 }];

  it('takes one answer after the other and repeats the last', () => {
    const script = new AnswerScript({ UP1: answers });
    expect([1, 2, 3].map(() => script.next('UP1', 'm').status)).toEqual([500, 429, 429]);
  });

  it('leaves an upstream that it does not name to a normal success', () => {
    expect(new AnswerScript({ UP1: answers }).next('UP2', 'm')).toEqual({ auto: true });
  });

  it('chooses by the model that the upstream is asked for, and counts for each model', () => {
    const script = new AnswerScript({ '*': { by_model: { a: answers, '*': [{ status: 404 }] } } });
    const asked = ['a', 'b', 'a', undefined].map((model) => script.next('UP3', model).status);
    expect(asked).toEqual([500, 404, 429, 404]);
  });
});

describe('a scripted upstream', () => {
  const upstreams = new ScriptedUpstreams();
  let port = 0;
  const ask = (json: object) => sendRequest({ path: `${CHAT}?v=1`, json: json as never }, port);

  beforeEach(async () => {
    port = (await upstreams.start()).UP1;
  });
  afterEach(() => upstreams.close());

  it('answers normally and writes down what came', async () => {
    const answer = await ask({ model: 'm' });
    expect(answer.body).toMatchObject({ id: 'chatcmpl-up', model: 'up-model-0125', usage: { total_tokens: 18 } });
    expect(upstreams.takeAttempts()).toMatchObject([{ to: 'UP1', path: CHAT, query: 'v=1', body: { model: 'm' } }]);
    expect(upstreams.takeAttempts()).toEqual([]);
  });

  it('streams four chunks, the usage where it is asked for, and [DONE]', async () => {
    const streamed = await ask({ stream: true });
    const counted = await ask({ stream: true, stream_options: { include_usage: true } });
    expect([streamed.events?.length, counted.events?.length]).toEqual([5, 6]);
    expect(counted.events?.at(-2)?.data).toMatchObject({ choices: [], usage: { total_tokens: 18 } });
    expect(counted.events?.at(-1)?.data).toBe('[DONE]');
    expect(counted.stream_end).toBe('complete');
  });

  it.each([
    ['resets', { reset: true }],
    ['closes', { close: true }],
  ])('%s without an answer', async (_name, answer) => {
    upstreams.play({ UP1: [answer] });
    const { status, problem } = await ask({ model: 'm' });
    expect(status).toBe(0);
    expect(problem).toBeDefined();
  });

  it.each(['cut', 'reset'])('ends a stream with a %s after its pieces', async (end) => {
    upstreams.play({ UP1: [{ stream: ['data: {"a":1}\n\n', { [end]: true }, 'data: never\n\n'] }] });
    const { events, stream_end: streamEnd } = await ask({ stream: true });
    expect(events).toEqual([{ data: { a: 1 } }]);
    expect(streamEnd).toMatch(/^cut: /);
  });

  it('sends a plain answer as it is, with its headers', async () => {
    upstreams.play({ UP1: [{ status: 429, headers: { 'retry-after': '2' }, body: 'slow down' }] });
    const answer = await ask({ model: 'm' });
    expect(answer).toMatchObject({ status: 429, headers: { 'retry-after': '2' }, body_text: 'slow down' });
  });
});

describe('the answer of an upstream without a script', () => {
  const answer = (path: string, body: object) => autoAnswer({ upstream: 'UP2', path, body: body as never });

  it.each([
    ['/v1/completions', { choices: [{ text: 'Hello from UP2' }] }],
    ['/v1/embeddings', { data: [{ embedding: [0.5, -0.25, 0.125] }] }],
    ['/v1/messages', { content: [{ text: 'Hello from UP2' }] }],
    ['/api/generate', { response: 'Hello from UP2' }],
    ['/v1/moderations', { error: { type: 'invalid_request_error' } }],
  ])('speaks the format of %s', (path, json) => {
    expect(answer(path, {}).json).toMatchObject(json);
  });

  it('has one vector for each entry of the input', () => {
    const vectors = (input: unknown): unknown =>
      (answer('/v1/embeddings', { input }).json as { data: unknown[] }).data.length;
    expect([vectors('a'), vectors(['a', 'b']), vectors([1, 2, 3]), vectors([[1], [2]])]).toEqual([1, 2, 3, 2]);
  });
});

describe('placeholders', () => {
  const ports: ReplayPorts = {
    upstreams: { UP1: 1001, UP2: 1002, UP3: 1003, UP4: 1004, UP5: 1005, UP6: 1006 },
    closed: 1007,
    proxy: 1008,
  };

  it('become addresses and ports, and addresses become placeholders again', () => {
    const text = 'http://{UP1}/v1 {UP2_PORT} {CLOSED} {PROXY} {CLOSED_PORT} {OTHER}';
    const filled = fillPlaceholders(text, ports);
    expect(filled).toBe('http://127.0.0.1:1001/v1 1002 127.0.0.1:1007 127.0.0.1:1008 1007 {OTHER}');
    expect(restorePlaceholders(filled, ports)).toBe('http://{UP1}/v1 1002 {CLOSED} {PROXY} 1007 {OTHER}');
  });
});
