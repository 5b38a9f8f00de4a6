// A stream that is silent for long: a second attempt beside it, over real HTTP, on a clock that runs fast.
import { describe, expect, test } from 'vitest';
import { startFakeProvider, type FakeProvider } from '../../src/fake-provider/fake-provider.ts';
import type { FaultInput } from '../../src/fake-provider/fault.ts';
import { clientView, decodeEvents } from '../support/reference-client.ts';
import { opened } from '../support/opened.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

const SPEED = 50;
/** Later than the 10 s after which a rival is wanted, in the time of this machine. */
const LATE_MS = 14_000 / SPEED;
const SILENT: FaultInput = { connection: 'silence' };

interface Race {
  readonly gateway: TestGateway;
  readonly first: FakeProvider;
  readonly second: FakeProvider;
}

async function startRace(first: FaultInput, second: FaultInput = {}, settings = ''): Promise<Race> {
  const providers = [
    opened(await startFakeProvider({ answerTokens: 5 })),
    opened(await startFakeProvider({ answerTokens: 5 })),
  ];
  const [one, two] = providers;
  if (one === undefined || two === undefined) throw new Error('no provider');
  one.setFaults({ '*': first });
  two.setFaults({ '*': second });
  const entry = ({ url }: FakeProvider, nth: number): string =>
    `- {model_name: g, litellm_params: {model: openai/m${nth}, api_base: "${url}/v1", api_key: sk-up, order: ${nth}}, model_info: {id: d${nth + 1}}}`;
  const gateway = await startGateway(
    `model_list:\n${providers.map(entry).join('\n')}\nrouter_settings: {num_retries: 2${settings}}`,
    { speed: SPEED },
  );
  opened({ close: () => gateway.drain() });
  return { gateway, first: one, second: two };
}

interface Got {
  readonly text: string;
  readonly isDone: boolean;
  readonly id: string | null;
  readonly retries: string | null;
  readonly note: unknown;
  readonly error: unknown;
}

async function ask(url: string, more: Record<string, unknown> = {}, signal?: AbortSignal): Promise<Got> {
  const answer = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'g', stream: true, messages: [{ role: 'user', content: 'hello' }], ...more }),
    ...(signal === undefined ? {} : { signal }),
  });
  const text = await answer.text();
  const refusal = answer.status === 200 ? undefined : (JSON.parse(text) as { error: unknown }).error;
  const events = decodeEvents(new TextEncoder().encode(text));
  const view = clientView(events);
  const chunks = events
    .filter(({ data }) => data.startsWith('{'))
    .map(({ data }) => JSON.parse(data) as Record<string, unknown>);
  return {
    text: view.content,
    isDone: view.isDone,
    id: answer.headers.get('x-litellm-model-id'),
    retries: answer.headers.get('x-litellm-attempted-retries'),
    note: chunks.map((chunk) => chunk['loadstone']).find((note) => note !== undefined),
    error: refusal ?? chunks.map((chunk) => chunk['error']).find((error) => error !== undefined),
  };
}

async function metrics(url: string): Promise<string> {
  return (await fetch(`${url}/metrics`)).text();
}

/** Attempts under way, over all deployments. */
async function flights(url: string): Promise<number> {
  const counts = (await metrics(url)).matchAll(/^loadstone_deployment_in_flight\{.*\} (\d+)$/gm);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

const requestLine = ({ gateway }: Race): Record<string, unknown> | undefined =>
  gateway.lines().find((line) => 'raced' in line);

describe('a stream without content for 10 s', () => {
  test('is answered by another deployment, and the silent one is left', async () => {
    const race = await startRace(SILENT);
    const got = await ask(race.gateway.url);
    expect(got).toMatchObject({ isDone: true, id: 'd2', retries: '1', note: undefined, error: undefined });
    expect(got.text).not.toBe('');
    expect([race.first.requests.length, race.second.requests.length]).toEqual([1, 1]);
    expect(await flights(race.gateway.url)).toBe(0);
    expect(await metrics(race.gateway.url)).toMatch(/loadstone_races_total\{[^}]*winner="second"[^}]*\} 1\n/);
    await expect.poll(() => requestLine(race)).toMatchObject({ raced: 'second', deployment: 'd2', attempts: 2 });
  });

  test('may win all the same, and the rival is left', async () => {
    const race = await startRace({ firstTokenMs: LATE_MS }, SILENT);
    const got = await ask(race.gateway.url);
    expect(got).toMatchObject({ isDone: true, id: 'd1', retries: '0', note: undefined });
    expect([race.first.requests.length, race.second.requests.length]).toEqual([1, 1]);
    expect(await flights(race.gateway.url)).toBe(0);
    await expect.poll(() => requestLine(race)).toMatchObject({ raced: 'first', deployment: 'd1' });
  });

  test('waits for its own first content where the rival fails', async () => {
    const race = await startRace({ firstTokenMs: LATE_MS }, { status: 500 });
    expect(await ask(race.gateway.url)).toMatchObject({ isDone: true, id: 'd1' });
    expect([race.first.requests.length, race.second.requests.length]).toEqual([1, 1]);
    expect(await flights(race.gateway.url)).toBe(0);
  });

  test('goes to its rival where it fails itself', async () => {
    const race = await startRace({ latencyMs: LATE_MS, status: 500 }, { firstTokenMs: LATE_MS });
    expect(await ask(race.gateway.url)).toMatchObject({ isDone: true, id: 'd2', error: undefined });
    expect([race.first.requests.length, race.second.requests.length]).toEqual([1, 1]);
    expect(await flights(race.gateway.url)).toBe(0);
  });

  test('keeps its refusal: nobody else is asked for an answer to it', async () => {
    const race = await startRace({ latencyMs: LATE_MS, error: 'content-filter' }, { firstTokenMs: 4 * LATE_MS });
    const got = await ask(race.gateway.url);
    expect(got).toMatchObject({ text: '', isDone: false });
    expect(got.error).toMatchObject({ message: expect.stringContaining('ContentPolicyViolationError') });
    expect(await flights(race.gateway.url)).toBe(0);
  });

  test('has headers of the first and a note on the second where the headers had gone out', async () => {
    const race = await startRace(SILENT, { firstTokenMs: 25_000 / SPEED });
    const got = await ask(race.gateway.url);
    expect(got).toMatchObject({ isDone: true, id: 'd1' });
    expect(got.note).toEqual({ deployment: 'd2', attempted_retries: 1, attempted_fallbacks: 0 });
  });

  test('is left at once, rival included, when the client leaves', async () => {
    const race = await startRace(SILENT, SILENT);
    const leave = new AbortController();
    const asked = ask(race.gateway.url, {}, leave.signal).catch((error: unknown) => error);
    await expect.poll(() => race.second.requests.length).toBe(1);
    leave.abort();
    expect(await asked).toBeInstanceOf(Error);
    await expect.poll(() => flights(race.gateway.url)).toBe(0);
  });
});

describe('no rival is sent', () => {
  test.each([
    ['for a tool that runs at the provider', { tools: [{ type: 'web_search' }] }, ''],
    ['for an answer that the provider keeps', { store: true }, ''],
    ['where hedge is off', {}, ', hedge: off'],
    ['where no retry is allowed', { num_retries: 0 }, ''],
  ])('%s', async (_, body, settings) => {
    const race = await startRace({ firstTokenMs: LATE_MS }, {}, settings);
    expect(await ask(race.gateway.url, body)).toMatchObject({ isDone: true, id: 'd1' });
    expect([race.first.requests.length, race.second.requests.length]).toEqual([1, 0]);
  });
});
