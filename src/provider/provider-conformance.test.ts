import { expect, test } from 'vitest';
import { CALLABLE_PROVIDERS, compileTarget } from './compile-target.ts';
import { describeProvider, type ConformanceSubject } from './provider-conformance.ts';
import { VENDOR_TABLE } from './vendor-table.ts';

const FOLDERS: readonly ConformanceSubject[] = [
  { provider: 'azure', params: { api_base: 'https://r.openai.azure.com/' } },
  { provider: 'azure_text', params: { api_base: 'https://r.openai.azure.com' } },
  { provider: 'azure_ai', params: { api_base: 'https://r.services.ai.azure.com/' } },
  { provider: 'huggingface', params: {} },
  { provider: 'vertex_ai', params: { vertex_project: 'p' } },
  { provider: 'cloudflare', params: {}, env: { CLOUDFLARE_ACCOUNT_ID: 'a' } },
];

/** Rows that only embed have no chat to try. */
const chatting = VENDOR_TABLE.filter(({ endpoints }) => /[CT]/.test(endpoints));

for (const { provider, base } of chatting) {
  describeProvider({ provider, params: base === undefined ? { api_base: 'http://127.0.0.1:8000/v1/' } : {} });
}
for (const subject of FOLDERS) describeProvider(subject);

test('every provider that can be called is tried', () => {
  const tried = new Set([...VENDOR_TABLE, ...FOLDERS].map(({ provider }) => provider));
  expect(CALLABLE_PROVIDERS.filter((provider) => !tried.has(provider))).toEqual([]);
});

test('no provider stands in the table twice', () => {
  expect(CALLABLE_PROVIDERS.length).toBe(VENDOR_TABLE.length + FOLDERS.length);
});

test('a provider that is only known by name is a problem of the model', () => {
  const spec = { params: {}, modelInfo: {}, provider: 'bedrock', upstreamModel: 'm', dropParams: false };
  expect(compileTarget(spec, {})).toEqual({ kind: 'problem', key: 'model', message: 'bedrock/ is not supported yet' });
});
