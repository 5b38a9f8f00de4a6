// Fallbacks, as LiteLLM's own tests state them (reference 15.2, cases 36 to 42 and 45), over real HTTP.
import { afterEach, describe, expect, it } from 'vitest';
import { startFakeProvider, type FakeProvider } from '../../src/fake-provider/fake-provider.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

let provider: FakeProvider | undefined;
let gateway: TestGateway | undefined;

afterEach(async () => {
  await gateway?.drain();
  await provider?.close();
});

/** Groups by name, each of one deployment whose upstream model carries the name of the group. */
async function start(groups: readonly string[], settings: string, more = ''): Promise<FakeProvider> {
  provider = await startFakeProvider();
  const base = `api_base: ${provider.url}/v1, api_key: k`;
  const entries = groups.map(
    (group) => `  - {model_name: ${group}, litellm_params: {model: openai/${group}, ${base}}}\n`,
  );
  const text = `model_list:\n${entries.join('')}${more.replaceAll('BASE', base)}router_settings: {num_retries: 0, ${settings}}\n`;
  gateway = await startGateway(text);
  return provider;
}

interface Answer {
  readonly status: number;
  readonly group: string | null;
  readonly fallbacks: string | null;
  readonly error: string;
}

async function ask(body: Record<string, unknown>): Promise<Answer> {
  const answer = await fetch(`${gateway?.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ messages: [{ role: 'user', content: 'hi' }], ...body }),
  });
  const text = await answer.text();
  return {
    status: answer.status,
    group: answer.headers.get('x-litellm-model-group'),
    fallbacks: answer.headers.get('x-litellm-attempted-fallbacks'),
    error: answer.status === 200 ? '' : text,
  };
}

const models = (): (string | undefined)[] => provider?.requests.map(({ model }) => model) ?? [];

describe('fallbacks', () => {
  it('15.2 case 36: of the list [bad, good] the good one answers, and the header counts the outermost', async () => {
    const upstream = await start(['a', 'bad', 'good'], 'fallbacks: [{a: [bad, good]}]');
    upstream.setFaults({ a: { status: 500 }, bad: { status: 500 } });
    // 1.106 goes on with the list inside the hop that failed, so that the outermost level has taken one step (6c).
    expect(await ask({ model: 'a' })).toMatchObject({ status: 200, group: 'good', fallbacks: '1' });
    expect(models()).toEqual(['a', 'bad', 'good']);
  });

  it('15.2 case 37: when all of them fail, the client gets the class of the first error', async () => {
    const upstream = await start(['a', 'b', 'c'], 'fallbacks: [{a: [b, c]}]');
    upstream.setFaults({ a: { status: 429 }, b: { status: 500 }, c: { status: 401 } });
    const answer = await ask({ model: 'a' });
    expect(answer.status).toBe(429);
    expect(answer.error).toContain('litellm.RateLimitError');
    expect(models()).toEqual(['a', 'b', 'c']);
  });

  it('15.2 case 38: with disable_fallbacks nobody else is asked', async () => {
    const upstream = await start(['a', 'b'], 'fallbacks: [{a: [b]}]');
    upstream.setFaults({ a: { status: 500 } });
    const answer = await ask({ model: 'a', disable_fallbacks: true });
    expect(answer.status).toBe(500);
    expect(answer.error).not.toContain('Fallback to');
    expect(models()).toEqual(['a']);
  });

  it('15.2 case 39: a fallback to an id of the same group serves although the group is cooling down', async () => {
    const cooled = ['1', '123'].map(
      (id) => `  - {model_name: g, litellm_params: {model: openai/g${id}, BASE}, model_info: {id: '${id}'}}\n`,
    );
    const upstream = await start([], 'allowed_fails: 0, cooldown_time: 600', cooled.join(''));
    upstream.setFaults({ '*': { on: '1', status: 500 } });
    for (let nth = 0; nth < 2; nth++) expect((await ask({ model: 'g' })).status).toBe(500);
    expect(await ask({ model: 'g' })).toMatchObject({ status: 429 });
    const answer = await ask({ model: 'g', mock_testing_fallbacks: true, fallbacks: ['123'] });
    expect(answer).toMatchObject({ status: 200, fallbacks: '1' });
    expect(models().at(-1)).toBe('g123');
  });

  it('15.2 case 40: an entry with messages of its own sends those', async () => {
    const own = '{model: b, messages: [{role: user, content: from the entry}]}';
    const upstream = await start(['a', 'b'], `fallbacks: [{a: [${own}]}]`);
    upstream.setFaults({ a: { status: 500 } });
    expect((await ask({ model: 'a' })).status).toBe(200);
    expect(provider?.requests.map(({ body }) => (body as { messages: unknown }).messages)).toEqual([
      [{ role: 'user', content: 'hi' }],
      [{ role: 'user', content: 'from the entry' }],
    ]);
  });

  it('15.2 case 41: a default and a specific fallback that lead in a circle end with the refused key', async () => {
    const upstream = await start(['a', 'b'], 'fallbacks: [{b: [a]}], default_fallbacks: [b]');
    upstream.setFaults({ '*': { status: 401 } });
    const answer = await ask({ model: 'a' });
    expect(answer.status).toBe(401);
    expect(answer.error).toContain('litellm.AuthenticationError');
    expect(models()).toEqual(['a', 'b']);
  });

  it('15.2 case 42: behind a wildcard a default fallback answers for an unknown model', async () => {
    await start(
      ['spare'],
      'default_fallbacks: [spare]',
      '  - {model_name: "openai/*", litellm_params: {model: "openai/*", BASE}}\n',
    );
    expect((await ask({ model: 'nobody-knows-this' })).status).toBe(200);
    expect(models()).toEqual(['spare']);
  });

  it('15.2 case 45: a target that a list repeats is asked once', async () => {
    const upstream = await start(['a', 'b', 'c'], 'fallbacks: [{a: [b, b, a, b, c]}]');
    upstream.setFaults({ '*': { status: 500 } });
    expect((await ask({ model: 'a' })).status).toBe(500);
    expect(models()).toEqual(['a', 'b', 'c']);
  });
});
