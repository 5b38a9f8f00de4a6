import { describe, expect, test } from 'vitest';
import { DEFAULT_SETTINGS } from '../../test/support/routing-fixture.ts';
import type { AffinityFlags } from '../core/affinity/affinity-settings.ts';
import { plainIntent, type RequestIntent } from '../core/request-intent.ts';
import type { RouterSettings } from '../core/routing-table.ts';
import { withFilterFields, type FilteredRequest } from './filter-intent.ts';

const PLAIN = plainIntent({ model: 'm', stream: false, maxTokens: 0 }, 2_000);

function sticking(flags: Partial<AffinityFlags>): Partial<RouterSettings> {
  const all = { session: false, prompt: false, caller: false, ...flags };
  return { affinity: { flags: all, byGroup: new Map(), anywhere: all, ttlMs: 1 } };
}

function read(
  settings: Partial<RouterSettings>,
  body: Record<string, unknown>,
  more: Partial<FilteredRequest> = {},
): RequestIntent {
  return withFilterFields(
    PLAIN,
    { ...DEFAULT_SETTINGS, ...settings },
    {
      headers: {},
      body: { get: (key) => body[key], raw: (key) => JSON.stringify(body[key]), promptTokens: 2_000 },
      keyHeader: undefined,
      ...more,
    },
  );
}

test('a config without filters asks a request nothing', () => {
  const body = { get: (): never => expect.fail('read'), promptTokens: 1 };
  expect(withFilterFields(PLAIN, DEFAULT_SETTINGS, { headers: {}, body, keyHeader: undefined })).toBe(PLAIN);
});

describe('with pre-call checks', () => {
  const checks = { enablePreCallChecks: true };

  test.each([
    ['eu', 'eu'],
    ['', undefined],
    [5, undefined],
    [undefined, undefined],
  ])('the region %j is %j', (sent, region) => {
    expect(read(checks, { allowed_model_region: sent }).allowedRegion).toBe(region);
  });

  test.each([
    [{ type: 'json_schema', json_schema: {} }, 'json_schema'],
    [{ type: 'json_object' }, 'json_object'],
    [{ type: 'text' }, undefined],
    ['json_object', undefined],
    [null, undefined],
  ])('the format %j is %j', (sent, format) => {
    expect(read(checks, { response_format: sent }).responseFormat).toBe(format);
  });

  test('nothing else is read', () => {
    const { userAgent, sticky } = read(checks, { litellm_session_id: 's' }, { headers: { 'user-agent': 'curl' } });
    expect([userAgent, sticky]).toEqual([undefined, undefined]);
  });
});

test('the User-Agent is read where it is asked for', () => {
  const intent = read(
    { readsUserAgent: true },
    { allowed_model_region: 'eu' },
    { headers: { 'user-agent': 'curl/8' } },
  );
  expect([intent.userAgent, intent.allowedRegion]).toEqual(['curl/8', undefined]);
});

describe('where requests stick', () => {
  test('a session is the same wherever its id stands, and another for another caller', () => {
    const on = sticking({ session: true });
    const one = read(on, { litellm_session_id: 's' }).sticky;
    expect(one?.session).toMatch(/^[\w-]{43}$/);
    expect(one).toMatchObject({ caller: undefined, prompts: [] });
    expect(read(on, { metadata: { session_id: 's' } }).sticky).toEqual(one);
    expect(read(on, { litellm_metadata: { session_id: 's' } }).sticky).toEqual(one);
    expect(read(on, {}, { headers: { 'x-litellm-session-id': 's' } }).sticky).toEqual(one);
    expect(read(on, { litellm_session_id: 't' }).sticky).not.toEqual(one);
    expect(read(on, { litellm_session_id: 's' }, { headers: { authorization: 'Bearer k' } }).sticky).not.toEqual(one);
    expect(read(on, { litellm_session_id: 5, metadata: 'x' }).sticky?.session).toBeUndefined();
  });

  test('a caller is the key that it shows, in whatever header the config has it', () => {
    const on = sticking({ caller: true });
    const one = read(on, { litellm_session_id: 's' }, { headers: { authorization: 'Bearer k' } }).sticky;
    expect(one?.caller).toMatch(/^[\w-]{43}$/);
    expect(one).toMatchObject({ session: undefined, prompts: [] });
    expect(read(on, {}, { headers: { 'x-own': 'Bearer k' }, keyHeader: 'X-Own' }).sticky).toEqual(one);
    expect(read(on, {}, { headers: { 'api-key': 'other' } }).sticky?.caller).not.toBe(one?.caller);
    expect(read(on, {}).sticky?.caller).toBeUndefined();
  });

  test('a prompt is read only where prompts count, with its tools', () => {
    const messages = [{ role: 'user', content: 'x'.repeat(5_000) }];
    const on = sticking({ prompt: true });
    const one = read(on, { messages }).sticky;
    expect(one).toMatchObject({ session: undefined, caller: undefined, prompts: [expect.any(String)] });
    expect(read(on, { messages, tools: [] }).sticky?.prompts).not.toEqual(one?.prompts);
    expect(read(sticking({ session: true }), { messages }).sticky?.prompts).toEqual([]);
    const form = { get: () => messages, promptTokens: 2_000 };
    expect(read(on, {}, { body: form }).sticky?.prompts).toEqual(one?.prompts);
  });
});
