// A stream whose upstream dies after the client has a part of it. Every case runs against a provider that says the same
// thing twice, where the client gets the whole answer, and against one that does not, where it gets the truth.
import OpenAI from 'openai';
import { afterEach, describe, expect, test } from 'vitest';
import {
  startFakeProvider,
  type FakeProvider,
  type FakeProviderOptions,
} from '../../src/fake-provider/fake-provider.ts';
import type { FaultInput } from '../../src/fake-provider/fault.ts';
import { inFlightOf } from '../support/in-flight.ts';
import { decodeEvents, clientView } from '../support/reference-client.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((part) => part.close()));
});

async function provider(options: FakeProviderOptions = {}): Promise<FakeProvider> {
  const started = await startFakeProvider({ answerTokens: 60, ...options });
  open.push(started);
  return started;
}

async function gateway(config: string): Promise<TestGateway> {
  const started = await startGateway(config, { speed: 20 });
  open.push({ close: () => started.drain() });
  return started;
}

interface Entry {
  readonly at: FakeProvider;
  readonly group?: string;
  readonly model?: string;
  /** Tried first. */
  readonly order?: number;
}

function configOf(entries: readonly Entry[], router = ''): string {
  const list = entries.map(({ at, group = 'g', model = 'openai/m', order }, nth) => {
    const rank = order === undefined ? '' : `, order: ${order}`;
    const params = `{model: "${model}", api_base: "${at.url}/v1", api_key: sk-up${rank}}`;
    return `- {model_name: ${group}, litellm_params: ${params}, model_info: {id: "d${nth}"}}`;
  });
  return `model_list:\n${list.join('\n')}\nrouter_settings: {num_retries: 2${router}}`;
}

interface Got {
  readonly status: number;
  readonly text: string;
  readonly isDone: boolean;
  readonly finish: string | undefined;
  readonly error: { readonly code?: string; readonly message?: string } | undefined;
  readonly note: Record<string, unknown> | undefined;
  readonly problems: readonly string[];
}

async function ask(url: string, body: Record<string, unknown> = {}): Promise<Got> {
  const answer = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'g', stream: true, messages: [{ role: 'user', content: 'hello' }], ...body }),
  });
  const events = decodeEvents(new Uint8Array(await answer.arrayBuffer()));
  const errors = events.filter(({ data }) => data.startsWith('{"error"'));
  const chunks = events.filter((event) => !errors.includes(event));
  const view = clientView(chunks);
  const parsed = chunks
    .filter(({ data }) => data !== '[DONE]')
    .map(({ data }) => JSON.parse(data) as Record<string, unknown>);
  return {
    status: answer.status,
    text: view.content,
    isDone: view.isDone,
    finish: view.finish['0'],
    error: errors.map(({ data }) => (JSON.parse(data) as { error: Got['error'] }).error)[0],
    note: parsed.map((chunk) => chunk['loadstone'] as Record<string, unknown> | undefined).find((note) => note),
    problems: view.problems,
  };
}

const BREAKS: readonly [string, FaultInput][] = [
  ['is cut after 40 of 60 tokens', { cutAfterTokens: 40, cutHow: 'drop' }],
  ['is reset after 40 tokens', { cutAfterTokens: 40, cutHow: 'reset' }],
  ['ends cleanly but too early', { cutAfterTokens: 40, cutHow: 'end', omitDone: true, omitFinishReason: true }],
  ['stalls after 20 tokens', { stallAfterTokens: 20 }],
  ['has a malformed tenth event', { malformedAfterTokens: 9 }],
  ['sends an error event after 30 tokens', { errorAfterTokens: 30 }],
  ['is cut after one token', { cutAfterTokens: 1, cutHow: 'drop' }],
];

describe.each(BREAKS)('a stream that %s', (_name, fault) => {
  const router = ', stream_timeout: 2';

  test('is gone on with by another deployment that says the same', async () => {
    const [bad, good] = [await provider(), await provider()];
    const whole = await ask((await gateway(configOf([{ at: good }]))).url);
    bad.setFaults({ '*': fault });
    const running = await gateway(
      configOf(
        [
          { at: bad, order: 1 },
          { at: good, order: 2 },
        ],
        router,
      ),
    );
    const got = await ask(running.url);
    expect(got).toMatchObject({ status: 200, text: whole.text, isDone: true, finish: 'stop', problems: [] });
    expect(got.error).toBeUndefined();
    expect(got.note).toEqual({
      recovered: 'replay',
      deployment: 'd1',
      broken_deployment: 'd0',
      attempted_retries: 1,
      attempted_fallbacks: 0,
    });
    expect([bad.requests.length, good.requests.length]).toEqual([1, 2]);
    expect(await inFlightOf(running.url)).toBe(0);
    bad.reset();
    expect((await ask(running.url)).text).toBe(whole.text);
  });

  test('is gone on with by a fallback', async () => {
    const [bad, good] = [await provider(), await provider()];
    const whole = await ask((await gateway(configOf([{ at: good }]))).url);
    bad.setFaults({ '*': fault });
    const entries = [{ at: bad }, { at: good, group: 'other' }];
    const got = await ask((await gateway(configOf(entries, `${router}, fallbacks: [{g: [other]}]`))).url);
    expect(got).toMatchObject({ text: whole.text, isDone: true, finish: 'stop', problems: [] });
    expect(bad.requests.length).toBe(1);
  });

  test('ends with the truth when the second answer differs', async () => {
    const [bad, good] = [await provider({ answers: 'sampled' }), await provider({ answers: 'sampled', seed: 99 })];
    bad.setFaults({ '*': fault });
    const running = await gateway(
      configOf(
        [
          { at: bad, order: 1 },
          { at: good, order: 2 },
        ],
        router,
      ),
    );
    const got = await ask(running.url);
    expect(got.isDone).toBe(false);
    expect(got.finish).toBeUndefined();
    expect(got.error?.code).toMatch(/^5\d\d$/);
    expect([bad.requests.length, good.requests.length]).toEqual([1, 1]);
    expect(await inFlightOf(running.url)).toBe(0);
    const failed = () => running.lines().filter(({ msg }) => msg === 'request failed');
    await expect.poll(() => failed().length).toBe(1);
    expect(failed()[0]).toMatchObject({ status: 200, attempts: 2, recovered: 'replay' });
  });
});

test('a stream that was sampled from a long prompt is not asked for again, unless it would be the same', async () => {
  const [bad, good] = [await provider(), await provider()];
  bad.setFaults({ '*': { cutAfterTokens: 10 } });
  const config = configOf(
    [
      { at: bad, order: 1 },
      { at: good, order: 2 },
    ],
    ', stream_recovery_max_prompt_tokens: 50',
  );
  const { url } = await gateway(config);
  const messages = [{ role: 'user', content: 'word '.repeat(500) }];
  expect((await ask(url, { messages })).error).toBeDefined();
  expect(good.requests.length).toBe(0);
  expect((await ask(url, { messages, temperature: 0 })).isDone).toBe(true);
  expect((await ask(url, { messages, seed: 7 })).isDone).toBe(true);
});

test.each([
  ['stream_recovery is off', ', stream_recovery: off', {}],
  ['several choices are in flight', '', { n: 2 }],
  ['the answer is structured', '', { response_format: { type: 'json_object' } }],
  ['a tool is being called', '', { tools: [{ type: 'function', function: { name: 'f' } }], tool_choice: 'required' }],
])('nothing is gone on with when %s', async (_name, router, body) => {
  const [bad, good] = [await provider(), await provider()];
  bad.setFaults({ '*': { cutAfterTokens: 2 } });
  const { url } = await gateway(
    configOf(
      [
        { at: bad, order: 1 },
        { at: good, order: 2 },
      ],
      router,
    ),
  );
  const got = await ask(url, body);
  expect(got.error).toBeDefined();
  expect(got.isDone).toBe(false);
  expect(good.requests.length).toBe(0);
});

test('num_retries: 0 forbids another attempt in the group', async () => {
  const [bad, good] = [await provider(), await provider()];
  bad.setFaults({ '*': { cutAfterTokens: 5 } });
  const { url } = await gateway(
    configOf([
      { at: bad, order: 1 },
      { at: good, order: 1 },
    ]),
  );
  for (let nth = 0; nth < 6; nth += 1) await ask(url, { num_retries: 0 });
  expect(bad.requests.length + good.requests.length).toBe(6);
});

test('one recovery a request: a second break is told', async () => {
  const providers = [await provider(), await provider(), await provider()];
  providers[0]?.setFaults({ '*': { cutAfterTokens: 10 } });
  providers[1]?.setFaults({ '*': { cutAfterTokens: 30 } });
  const { url } = await gateway(configOf(providers.map((at, order) => ({ at, order }))));
  const got = await ask(url);
  expect(got.error).toBeDefined();
  expect(got.text.split(' ')).toHaveLength(30);
  expect(providers.map(({ requests }) => requests.length)).toEqual([1, 1, 0]);
});

describe.each([
  ['hosted_vllm/m', (body: Record<string, unknown>) => body['continue_final_message'] === true],
  ['mistral/m', (body: Record<string, unknown>) => JSON.stringify(body['messages']).includes('"prefix":true')],
  [
    'deepseek/deepseek-chat',
    (body: Record<string, unknown>) => JSON.stringify(body['messages']).includes('"prefix":true'),
  ],
])('%s', (model, isPrefill) => {
  test('goes on from the beginning of an answer, sampled or not', async () => {
    const [bad, good] = [await provider(), await provider()];
    const whole = await ask((await gateway(configOf([{ at: good }]))).url);
    bad.setFaults({ '*': { cutAfterTokens: 40 } });
    const router = ', stream_recovery_max_prompt_tokens: 0';
    const { url } = await gateway(
      configOf(
        [
          { at: bad, order: 1, model },
          { at: good, order: 2, model },
        ],
        router,
      ),
    );
    const got = await ask(url);
    expect(got).toMatchObject({ text: whole.text, isDone: true, finish: 'stop', problems: [] });
    expect(got.note).toMatchObject({ recovered: 'prefill' });
    expect(isPrefill(good.requests.at(-1)?.body as Record<string, unknown>)).toBe(true);
  });

  test('that rejects the beginning is asked for the whole answer once more', async () => {
    const [bad, good] = [await provider(), await provider()];
    const whole = await ask((await gateway(configOf([{ at: good }]))).url);
    bad.setFaults({ '*': { cutAfterTokens: 40 } });
    good.reset();
    good.setFaults({ '*': { on: '1', status: 400 } });
    const entries = [
      { at: bad, model },
      { at: good, group: 'other', model },
      { at: good, group: 'third', model },
    ];
    const { url } = await gateway(configOf(entries, ', fallbacks: [{g: [other, third]}]'));
    const got = await ask(url);
    expect(got).toMatchObject({ text: whole.text, isDone: true, problems: [] });
    expect(got.note).toMatchObject({ recovered: 'replay' });
  });
});

test('the client libraries take a recovered stream for an ordinary one', async () => {
  const [bad, good] = [await provider(), await provider()];
  bad.setFaults({ '*': { cutAfterTokens: 40 } });
  const { url } = await gateway(
    configOf([
      { at: bad, order: 1 },
      { at: good, order: 2 },
    ]),
  );
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0 });
  const stream = client.chat.completions.stream({
    model: 'g',
    messages: [{ role: 'user', content: 'hello' }],
    stream_options: { include_usage: true },
  });
  const completion = await stream.finalChatCompletion();
  expect(completion.choices[0]?.message.content?.split(' ')).toHaveLength(60);
  expect(completion.choices[0]?.finish_reason).toBe('stop');
  // Both streams were paid for.
  expect(completion.usage?.completion_tokens).toBeGreaterThan(60);
});

describe('a stream that says nothing for long', () => {
  test('sends its headers and a comment after 25 s, and is then an ordinary stream', async () => {
    const slow = await provider();
    slow.setFaults({ '*': { firstTokenMs: 1_600 } });
    const running = await gateway(configOf([{ at: slow }]));
    const answer = await fetch(`${running.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'g', stream: true, messages: [{ role: 'user', content: 'hello' }] }),
    });
    const text = await answer.text();
    expect(text.startsWith(': ')).toBe(true);
    expect(text).toContain('data: [DONE]');
    expect(text).not.toContain('"loadstone"');
    expect(answer.headers.get('x-litellm-model-id')).toBe('d0');
  });

  test('may still be answered by another deployment, which the finish chunk names', async () => {
    const [silent, good] = [await provider(), await provider()];
    silent.setFaults({ '*': { connection: 'silence' } });
    const entries = [
      { at: silent, order: 1 },
      { at: good, order: 2 },
    ];
    const got = await ask((await gateway(configOf(entries, ', stream_timeout: 30, hedge: off'))).url);
    expect(got).toMatchObject({ isDone: true, finish: 'stop', problems: [] });
    expect(got.note).toEqual({ deployment: 'd1', attempted_retries: 1, attempted_fallbacks: 0 });
  });

  test('and fails is told so in-band, with what a status would have said', async () => {
    const silent = await provider();
    silent.setFaults({ '*': { connection: 'silence' } });
    const got = await ask((await gateway(configOf([{ at: silent }], ', stream_timeout: 30'))).url, { num_retries: 0 });
    expect(got).toMatchObject({ status: 200, isDone: false, text: '' });
    expect(got.error?.code).toBe('408');
  });
});
