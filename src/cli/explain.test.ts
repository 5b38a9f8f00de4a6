import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfigText } from '../config/load.ts';
import { explain, type ExplainResult } from './explain.ts';
import type { ExplainArguments } from './parse-arguments.ts';
import { readRequestFile } from './request-file.ts';

const CONFIG = loadConfigText(
  `
model_list:
  - {model_name: m, litellm_params: {model: openai/m0, api_base: "http://x/v1", api_key: k, rpm: 100}, model_info: {id: m0}}
  - {model_name: m, litellm_params: {model: openai/m1, api_base: "http://x/v1", api_key: k, rpm: 300}, model_info: {id: m1}}
  - {model_name: spare, litellm_params: {model: openai/spare, api_base: "http://x/v1", api_key: k}, model_info: {id: s1}}
  - {model_name: tiny, litellm_params: {model: openai/tiny, api_base: "http://x/v1", api_key: k, tpm: 5}, model_info: {id: t1}}
  - {model_name: any/*, litellm_params: {model: openai/*, api_base: "http://x/v1", api_key: k, tags: [a]}, model_info: {id: w1}}
router_settings: {num_retries: 1, fallbacks: [{m: [spare]}], model_group_alias: {al: m}}
`,
  { env: {} },
);

let folder = '';
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'loadstone-explain-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function ask(request: unknown, more: Partial<ExplainArguments> = {}): Promise<ExplainResult> {
  const requestFile = join(folder, 'request.json');
  writeFileSync(requestFile, JSON.stringify(request));
  const args = { configFile: 'c.yaml', requestFile, path: undefined, headers: [], asJson: false, ...more };
  return explain(CONFIG, args);
}

async function told(
  request: unknown,
  more: Partial<ExplainArguments> = {},
): Promise<{ text: string; isRefused: boolean }> {
  const result = await ask(request, more);
  if ('mistake' in result) throw new Error(result.mistake);
  return result;
}

const chat = (model: string) => ({ model, messages: [{ role: 'user', content: 'hello there' }] });

describe('loadstone explain', () => {
  it('says what a name stands for, and the chance of each candidate', async () => {
    const { text, isRefused } = await told(chat('al'));
    expect(isRefused).toBe(false);
    expect(text).toContain('/v1/chat/completions, model al, about 17 prompt tokens');
    expect(text).toContain('al is an alias of m\n');
    expect(text).toMatch(/m0 +kept +25\.0 % +100 +- +rpm 100\n +m1 +kept +75\.0 % +300 +- +rpm 300/);
    expect(text).toMatch(/an answer\n/);
  });

  it('says what follows a failure', async () => {
    const { text } = await told(chat('m'));
    const [, after500 = ''] = text.split('If every attempt fails with 500:\n');
    expect(
      after500
        .split('\n\n')[0]
        ?.split('\n')
        .map((line) => line.replace(/ m[01] /, ' m ').trim()),
    ).toEqual([
      '0 ms  m is a group',
      '0 ms  m is asked',
      '0 ms  m fails: 500 server_error',
      '0 ms  retry 1 of 1 at once',
      '0 ms  m is asked',
      '0 ms  m fails: 500 server_error',
      '0 ms  fallback from m to spare (fallbacks)',
      '0 ms  spare is a group',
      '0 ms  s1 is asked',
      '0 ms  s1 fails: 500 server_error',
      '0 ms  retry 1 of 1 after 250 ms (backoff)',
      '0 ms  waits 250 ms (backoff)',
      '250 ms  s1 is asked',
      '250 ms  s1 fails: 500 server_error',
      '250 ms  end: 500 InternalServerError',
    ]);
    expect(text).toContain('If every attempt fails with 429:');
    expect(text).toContain('If every attempt fails with context window:');
  });

  it('counts the prompt where the decision hangs on it, and refuses as the gateway would', async () => {
    const { text, isRefused } = await told(chat('tiny'));
    expect(isRefused).toBe(true);
    expect(text).toContain('model tiny, 9 prompt tokens, counted');
    expect(text).toContain('t1          dropped: prompt exceeds tpm or itpm');
    expect(text).toContain('the client gets 400: litellm.BadRequestError: the prompt alone exceeds the tpm');
    expect(text).not.toContain('If every attempt');
  });

  it('tells machines the same', async () => {
    const { text } = await told(chat('m'), { asJson: true });
    const shown = JSON.parse(text) as Record<string, unknown>;
    expect(shown).toMatchObject({
      model: 'm',
      stream: false,
      prompt_tokens: 17,
      is_counted: false,
      refused: null,
      steps: [{ step: 'group' }, { step: 'decision', candidates: [{ id: 'm0' }, { id: 'm1' }] }],
      if_it_fails: { '500': { refused: { status: 500 } }, '429': {}, 'context window': { refused: { status: 400 } } },
    });
  });

  it('says why a request is refused before routing', async () => {
    expect(await told({ model: 'm' })).toEqual({
      text: "refused with 400: /chat/completions: Missing required parameter: 'messages'.",
      isRefused: true,
    });
    const { text, isRefused } = await told(chat('nope'), { asJson: true });
    expect(isRefused).toBe(true);
    expect(JSON.parse(text)).toMatchObject({ refused: { status: 400 }, if_it_fails: {} });
    expect((await told({ model: 'm' }, { asJson: true })).text).toContain('"status": 400');
  });

  it.each([
    ['a wildcard', chat('any/thing'), 'any/thing is matched by a wildcard: any/thing'],
    ['an id', chat('s1'), 's1 is a deployment id: s1'],
    ['the model of deployments', chat('openai/m0'), 'openai/m0 is the model of deployments: openai/m0'],
  ])('names %s', async (_, request, line) => {
    expect((await told(request)).text).toContain(line);
  });

  it('takes path and headers from the file or the flags', async () => {
    const body = { model: 'm', input: 'x' };
    const { text } = await told({ path: '/embeddings', headers: { 'X-Litellm-Num-Retries': 0 }, body });
    expect(text).toContain('/embeddings, model m');
    expect(text).not.toContain('retry 1');
    const { text: flagged } = await told(chat('m'), { headers: ['x-litellm-num-retries: 0'] });
    expect(flagged).not.toContain('retry 1');
    expect(await ask(chat('m'), { path: '/nowhere' })).toEqual({
      mistake: '"/nowhere" is no inference path: /v1/chat/completions is one',
    });
  });
});

describe('the request file', () => {
  const flags = { requestFile: 'r.json', path: undefined, headers: [] };

  it.each([
    [undefined, 'r.json cannot be read'],
    ['{"model"', 'r.json: '],
  ])('that is none is a mistake: %s', (text, start) => {
    const read = readRequestFile(text, flags);
    expect('mistake' in read && read.mistake.startsWith(start)).toBe(true);
  });

  it('may be a body that has a member of that name', () => {
    const text = '{"model":"m","body":{}}';
    expect(readRequestFile(text, flags)).toMatchObject({ path: '/v1/chat/completions', body: Buffer.from(text) });
  });

  it('gives way to the flags', () => {
    const text = '{"path":"/a","headers":{"X-A":"1","X-B":"2"},"body":{}}';
    expect(readRequestFile(text, { ...flags, path: '/b', headers: ['x-a:3'] })).toEqual({
      path: '/b',
      headers: { 'x-a': '3', 'x-b': '2' },
      body: Buffer.from('{}'),
    });
  });
});
