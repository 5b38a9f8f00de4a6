// What must hold for a target of any provider, whatever its dialect. Every row of the vendor table and every folder runs
// it; a new native dialect is added to them first. Test code: needs vitest and fast-check.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jsonBodyOf } from '../wire/json-body.ts';
import { compileTarget } from './compile-target.ts';
import { GATEWAY_ONLY_FIELDS } from './gateway-fields.ts';
import type { DeploymentSpec, ProviderCall, ProviderTarget, UpstreamRequest } from './types.ts';

export interface ConformanceSubject {
  readonly provider: string;
  /** Enough for the deployment to be callable, beside the key. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
}

const SECRET = 'sk-conformance-secret';
const MODEL = 'some-model';

export function describeProvider(subject: ConformanceSubject): void {
  describe(`provider ${subject.provider}`, () => {
    test.each<[string, () => void]>([
      ['addresses and authenticates a chat', () => expectAddressed(chat(subject, {}))],
      ['sends the model in a body of the announced length', () => expectBody(subject)],
      ['asks for usage in a stream and keeps what the client asked for', () => expectStream(subject)],
      ['cuts what only the gateway reads', () => expectCut(subject)],
      ['shows a base without query and credentials', () => expectShownBase(subject)],
      ['never puts the key into a message', () => expectSilence(subject)],
      ['forwards unknown members as they came', () => expectUnknownMembers(subject)],
    ])('%s', (_, check) => {
      expect.hasAssertions();
      check();
    });

    test('answers a second call like the first', () => {
      expect(chat(subject, { top: 1 })).toEqual(chat(subject, { top: 1 }));
    });
  });
}

export function callOf(changes: Partial<ProviderCall>): ProviderCall {
  return {
    endpoint: 'chat',
    stream: false,
    body: undefined,
    raw: undefined,
    upstreamModel: MODEL,
    overrides: undefined,
    apiVersion: undefined,
    token: undefined,
    clientHeaders: [],
    ...changes,
  };
}

export function headerOf(request: UpstreamRequest, name: string): string | undefined {
  const at = request.headers.findIndex((item, index) => index % 2 === 0 && item === name);
  return at < 0 ? undefined : request.headers[at + 1];
}

export function sentBody(request: UpstreamRequest): Record<string, unknown> {
  const text = Buffer.concat(request.body?.chunks ?? []).toString('utf8');
  return JSON.parse(text) as Record<string, unknown>;
}

/** The target, or a failing test that says why there is none. */
export function targetOf(spec: Partial<DeploymentSpec>, env: Readonly<Record<string, string>> = {}): ProviderTarget {
  const full = { params: {}, modelInfo: {}, provider: 'openai', upstreamModel: MODEL, dropParams: false, ...spec };
  const compiled = compileTarget(full, env);
  if ('kind' in compiled) throw new Error(`${compiled.key}: ${compiled.message}`);
  return compiled;
}

/** The request, or a failing test that says why there is none. */
export function requestOf(callee: ProviderTarget, call: Partial<ProviderCall>): UpstreamRequest {
  const request = callee.request(callOf(call));
  if ('kind' in request) throw new Error(request.message);
  return request;
}

function target({ provider, params, env }: ConformanceSubject): ProviderTarget {
  return targetOf({ provider, params: { api_key: SECRET, ...params } }, env);
}

function chat(
  subject: ConformanceSubject,
  members: Readonly<Record<string, unknown>>,
  stream = false,
): UpstreamRequest {
  const messages = [{ role: 'user', content: 'hi' }];
  const body = jsonBodyOf({ model: 'group', messages, ...members, ...(stream ? { stream } : {}) });
  return requestOf(target(subject), { body, stream });
}

function expectAddressed(request: UpstreamRequest): void {
  expect(request.method).toBe('POST');
  expect(new URL(request.origin).origin).toBe(request.origin);
  expect(request.path).toMatch(/^\/[^/ ]/);
  expect(request.path).not.toContain('//');
  const names = request.headers.filter((_, index) => index % 2 === 0);
  expect(names.map((name) => name.toLowerCase())).toEqual(names);
  expect(new Set(names).size).toBe(names.length);
  expect(headerOf(request, 'content-type')).toBe('application/json');
  const secret = headerOf(request, 'authorization') ?? headerOf(request, 'api-key');
  expect(secret).toContain(SECRET);
}

function expectBody(subject: ConformanceSubject): void {
  const request = chat(subject, {});
  const bytes = Buffer.concat(request.body?.chunks ?? []).byteLength;
  expect(request.body?.byteLength).toBe(bytes);
  expect(headerOf(request, 'content-length')).toBe(String(bytes));
  const body = sentBody(request);
  expect(String(body['model'])).toMatch(new RegExp(`${MODEL}$`));
  expect(body['messages'] ?? body['prompt']).toBeDefined();
  expect(body).not.toHaveProperty('stream_options');
}

function expectStream(subject: ConformanceSubject): void {
  const plain = sentBody(chat(subject, {}, true));
  expect(plain['stream']).toBe(true);
  expect(plain['stream_options']).toEqual({ include_usage: true });
  const asked = sentBody(chat(subject, { stream_options: { include_obfuscation: false } }, true));
  expect(asked['stream_options']).toEqual({ include_obfuscation: false, include_usage: true });
}

function expectCut(subject: ConformanceSubject): void {
  const harmless = [...GATEWAY_ONLY_FIELDS].filter((field) => !field.startsWith('api_') && field !== 'base_url');
  const body = sentBody(chat(subject, Object.fromEntries(harmless.map((field) => [field, null]))));
  expect(Object.keys(body).filter((key) => GATEWAY_ONLY_FIELDS.has(key))).toEqual([]);
}

function expectShownBase(subject: ConformanceSubject): void {
  const { apiBase } = target(subject);
  expect(apiBase).not.toMatch(/[?@]/);
  expect(URL.parse(apiBase)).not.toBeNull();
}

function expectSilence({ provider, params, env }: ConformanceSubject): void {
  const broken = { ...params, api_key: `${SECRET}\n`, api_base: `not a url ${SECRET}` };
  const spec = { provider, params: broken, modelInfo: {}, upstreamModel: MODEL, dropParams: false };
  const problem = compileTarget(spec, env ?? {});
  expect(problem).toHaveProperty('kind', 'problem');
  expect(JSON.stringify(problem)).not.toContain(SECRET);
}

function expectUnknownMembers(subject: ConformanceSubject): void {
  const subjectTarget = target(subject);
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.string({ minLength: 1 }).map((name) => `x_${name}`),
        fc.jsonValue(),
      ),
      (members) => {
        const body = jsonBodyOf({ model: 'group', messages: [], prompt: 'hi', ...members });
        const sent = sentBody(requestOf(subjectTarget, { body }));
        for (const [key, value] of Object.entries(members)) {
          expect(sent[key]).toEqual(JSON.parse(JSON.stringify(value)));
        }
      },
    ),
    { numRuns: 30 },
  );
}
