import { describe, expect, it } from 'vitest';
import { checkReport, formatCheckReport } from './check-report.ts';
import { loadConfigText } from './load.ts';
import { isSecretInfoKey, isSecretKey } from './secret-key.ts';

const FLAGS = {
  allow_client_keepalive_override: false,
  use_in_pass_through: false,
  use_litellm_proxy: false,
  use_xai_oauth: false,
  merge_reasoning_content_in_choices: false,
};

describe('what the listings show', () => {
  it('is what LiteLLM 1.106 shows of the same entry (golden b16)', () => {
    const text = `model_list:
- model_name: g2
  litellm_params: {model: openai/m, api_base: "http://a.example/v1", api_key: os.environ/MY_KEY, temperature: 0.5, extra_body: {a: {b: 1}}, tags: [x, y], drop_params: true}
- model_name: g4
  litellm_params: {model: openai/m, api_base: "http://a.example/v1", api_key: k}
  rpm: 7
  tpm: 100
`;
    const [g2, g4] = loadConfigText(text, { env: { MY_KEY: 'secret-value' } }).deployments;
    expect(g2?.shownParams).toEqual({
      ...FLAGS,
      api_base: 'http://a.example/v1',
      drop_params: true,
      tags: ['x', 'y'],
      model: 'openai/m',
      temperature: 0.5,
      extra_body: { a: { b: 1 } },
    });
    expect(g2?.shownInfo).toEqual({
      id: '4a59ba3f3d3cd5d804adeeb13ef4d512af033359c693997b9cb2f966e8383f4b',
      db_model: false,
      member_auto_router: false,
      pricing_overrides: [],
      key: 'openai/m',
      litellm_provider: 'openai',
    });
    expect(g4?.shownParams).toEqual({ ...FLAGS, api_base: 'http://a.example/v1', tpm: 100, rpm: 7, model: 'openai/m' });
    expect(g4?.shownEntry).toEqual({ rpm: 7, tpm: 100 });
  });

  it('holds what is known of a public model (golden a15), under what model_info says', () => {
    const text =
      'model_list: [{model_name: m, litellm_params: {model: gpt-3.5-turbo, api_key: k}, model_info: {max_tokens: 7, custom_key: x, id: 5}}]';
    expect(loadConfigText(text, { env: {} }).deployments[0]?.shownInfo).toMatchObject({
      id: '5',
      key: 'gpt-3.5-turbo',
      max_tokens: 7,
      max_input_tokens: 16_385,
      max_output_tokens: 4_096,
      input_cost_per_token: 5e-7,
      output_cost_per_token: 1.5e-6,
      litellm_provider: 'openai',
      mode: 'chat',
      supports_system_messages: true,
      supports_function_calling: true,
      supports_tool_choice: true,
      supports_prompt_caching: true,
      custom_key: 'x',
    });
  });
});

const SECRET = 'sk-do-not-show-me';
/** Secrets in every place where one can stand, some of them in the wrong place or of the wrong type. */
const LEAKY = `model_list:
- model_name: m
  litellm_params:
    model: openai/m
    api_base: https://user:${SECRET}@host.example/v1
    api_key: ${SECRET}
    aws_secret_access_key: ${SECRET}
    azure_ad_token: {a: ${SECRET}}
    rpm: ${SECRET}
    timeout: os.environ/MINE
    custom_thing: os.environ/MINE
    extra_headers: {Authorization: Bearer ${SECRET}, X-Api-Key: ${SECRET}, cookie: a=${SECRET}, x-team: blue}
    extra_body: {password: ${SECRET}, note: os.environ/MINE}
    vertex_credentials: '{"private_key": "${SECRET}"}'
  model_info: {mode: [${SECRET}], access_token: ${SECRET}}
general_settings: {master_key: [${SECRET}], mastr_key: ${SECRET}, database_url: ${SECRET}}
router_settings: {redis_password: ${SECRET}, routing_strategy: {a: ${SECRET}}, num_retries: os.environ/MINE}
litellm_settings: {cache_params: {password: ${SECRET}}}
environment_variables: {OTHER: ${SECRET}}
`;

describe('a secret', () => {
  it('appears in no problem, verdict, report or listing', () => {
    const config = loadConfigText(LEAKY, { env: { MINE: SECRET } });
    const shown = config.deployments.map((one) => [one.shownParams, one.shownInfo, one.shownEntry]);
    expect(config.problems.length).toBeGreaterThan(5);
    expect(
      JSON.stringify([config.problems, config.verdicts, checkReport(config), shown.map(([, ...rest]) => rest)]),
    ).not.toContain(SECRET);
    expect(formatCheckReport(config)).not.toContain(SECRET);
    const { rpm, ...params } = shown[0]?.[0] ?? {};
    expect(JSON.stringify(params)).not.toContain(SECRET);
    expect(params).toMatchObject({ api_base: 'https://host.example/v1', extra_headers: { 'x-team': 'blue' } });
    expect(rpm).toBeUndefined();
  });

  it.each([
    'api_key',
    'X-Api-Key',
    'azure_ad_token',
    'client_secret',
    'redis_password',
    'Authorization',
    'aws_session_token',
    'vertex_credentials',
    'privateKey',
  ])('is expected under %s', (key) => expect(isSecretKey(key)).toBe(true));

  it.each([
    'model',
    'max_tokens',
    'input_cost_per_token',
    'litellm_credential_name',
    'api_base',
    'keepalive_seconds',
    'configurable_clientside_auth_params',
    'author',
  ])('is not expected under %s', (key) => expect(isSecretKey(key)).toBe(false));

  it.each([
    ['custom_key', false],
    ['api_key', true],
    ['access_key', true],
    ['access_token', true],
  ])('is expected in model_info under %s: %s', (key, expected) => expect(isSecretInfoKey(key)).toBe(expected));
});
