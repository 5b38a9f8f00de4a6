import { expect, test } from 'vitest';
import { loadConfigText } from './load.ts';
import { threadNotes } from './thread-notes.ts';

const base = 'model: openai/m, api_base: "http://127.0.0.1:9/v1", api_key: sk-up';

function notes(params: string, settings = '{}', threads = 2): string[] {
  const entries = [
    `- {model_name: g, litellm_params: {${base}${params}}}`,
    `- {model_name: h, litellm_params: {${base}}}`,
  ];
  const text = ['model_list:', ...entries, `router_settings: ${settings}`].join('\n');
  return threadNotes(loadConfigText(text, { env: {} }), threads).map((note) => note.replace(/:.*/, ''));
}

test.each([
  ['', '{}', []],
  [', rpm: 5', '{}', ['queue']],
  [', otpm: 5', '{}', ['queue']],
  [', rpm: 5', '{queue_timeout: 0}', []],
  [', rpm: 5', '{enforce_limits: false}', []],
  [', silent_model: h', '{}', ['silent_model']],
  ['', '{optional_pre_call_checks: [deployment_affinity]}', ['affinity']],
  ['', '{redis_host: 127.0.0.1}', []],
])('a deployment with "%s" under %s', (params, settings, expected) => {
  expect(notes(params, settings)).toEqual(expected);
});

test('a token endpoint is asked by each thread', () => {
  const entra = 'model: azure/m, api_base: "https://x.openai.azure.com", tenant_id: t, client_id: c, client_secret: s';
  const config = loadConfigText(`model_list:\n- {model_name: g, litellm_params: {${entra}}}`, { env: {} });
  expect(threadNotes(config, 4)).toEqual(['credentials: each thread fetches tokens for itself']);
});

test('one thread has nothing to say', () => {
  expect(notes(', rpm: 5, silent_model: h', '{optional_pre_call_checks: [deployment_affinity]}', 1)).toEqual([]);
});
