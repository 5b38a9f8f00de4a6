// Configs found in the wild must load without errors. They are other people's and stay outside the repository: where
// they are absent the test is skipped and says so. The shapes they teach are the small configs below, always tested.
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { formatProblem } from './check-report.ts';
import { loadConfig, loadConfigText } from './load.ts';

const FOLDER = fileURLToPath(new URL('../../../shared/corpus/configs/', import.meta.url));
const FILES = existsSync(FOLDER) ? readdirSync(FOLDER).filter((name) => name.endsWith('.yaml')) : [];

describe.skipIf(FILES.length === 0)(
  `configs from the wild${FILES.length === 0 ? ': the folder ../shared/corpus is not here' : ''}`,
  () => {
    it.each(FILES)('load without errors: %s', (name) => {
      const config = loadConfig(`${FOLDER}${name}`, { env: {} });
      expect(config.problems.filter((problem) => problem.severity === 'error').map(formatProblem)).toEqual([]);
      expect(config.table.deployments.length + config.problems.length).toBeGreaterThan(0);
    });
  },
);

const ENTRY = '{model_name: m, litellm_params: {model: openai/m, api_key: k}}';

/** Shapes that occur in real files and once were a surprise; each loads, with as many warnings. */
const SHAPES: readonly (readonly [what: string, text: string, warnings: number])[] = [
  [
    'anchors for parameters and merge keys',
    'base: &b {api_key: k, api_base: "http://a.example/v1"}\nmodel_list: [{model_name: m, litellm_params: {<<: *b, model: openai/m}}]',
    1,
  ],
  [
    'CRLF and non-ASCII comments',
    'model_list:\r\n- model_name: m # größer\r\n  litellm_params: {model: openai/m, api_key: k}\r\n',
    0,
  ],
  [
    'a date where a version is meant',
    'model_list: [{model_name: m, litellm_params: {model: azure/d, api_key: k, api_base: "https://x.example", api_version: 2024-02-01}}]',
    0,
  ],
  [
    'a price as 1e-7',
    'model_list: [{model_name: m, litellm_params: {model: openai/m, api_key: k, input_cost_per_token: 1e-7}}]',
    0,
  ],
  [
    'a price that is no number in model_info',
    'model_list: [{model_name: m, litellm_params: {model: openai/m, api_key: k}, model_info: {input_cost_per_token: 0.0.6}}]',
    1,
  ],
  [
    'a strategy by the title of its page',
    `model_list: [${ENTRY}]\nrouter_settings: {routing_strategy: rate_limit_aware_v2}`,
    0,
  ],
  [
    'context fallbacks by match',
    `model_list: [${ENTRY}]\nrouter_settings: {context_window_fallbacks: [{match: context_window_exceeded, to_model: m}]}`,
    1,
  ],
  ['an alias for a list', `model_list: [${ENTRY}]\nrouter_settings: {model_group_alias: {fast: [m]}}`, 1],
  ['an empty list of fallbacks for one group', `model_list: [${ENTRY}]\nrouter_settings: {fallbacks: [{m: []}]}`, 0],
  [
    'settings in the wrong section',
    `model_list: [${ENTRY}]\ngeneral_settings: {num_retries: 2, allowed_fails: 1}\nlitellm_settings: {retry_after: 5}`,
    3,
  ],
  [
    'a variable in shell style',
    'model_list: [{model_name: m, litellm_params: {model: openai/m, api_key: "${KEY}"}}]',
    1,
  ],
  ['sections of other programs', `model_list: [${ENTRY}]\nserver: {port: 1}\nagent_model_mapping: {a: b}`, 2],
  [
    'features that are switched off',
    `model_list: [${ENTRY}]\nlitellm_settings: {cache: false, callbacks: []}\ngeneral_settings: {store_model_in_db: "False"}`,
    0,
  ],
  [
    'a credential that is named but not listed',
    'model_list: [{model_name: m, litellm_params: {model: openai/m, api_key: k, litellm_credential_name: gone}}]',
    1,
  ],
];

describe('a shape from real configs', () => {
  it.each(SHAPES)('loads: %s', (_what, text, warnings) => {
    const { problems } = loadConfigText(text, { env: {} });
    expect(problems.filter((problem) => problem.severity === 'error')).toEqual([]);
    expect(problems.map(formatProblem)).toHaveLength(warnings);
  });
});
