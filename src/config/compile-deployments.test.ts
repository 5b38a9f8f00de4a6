import { describe, expect, it } from 'vitest';
import { BLOCKED } from '../core/deployment.ts';
import { loadConfigText } from './load.ts';

const load = (entries: string, rest = '', env: Record<string, string> = {}) =>
  loadConfigText(`model_list: [${entries}]\n${rest}`, { env });
const entry = (params: string, more = ''): string =>
  `{model_name: m, litellm_params: {model: openai/x, api_base: "http://a.example/v1", api_key: k${params}}${more}}`;

function only(entries: string, rest = '', env: Record<string, string> = {}) {
  const { table, deployments, problems } = load(entries, rest, env);
  const [deployment] = table.deployments;
  const [configured] = deployments;
  if (deployment === undefined || configured === undefined) throw new Error('the test needs a deployment');
  return { deployment, configured, problems };
}

describe('a deployment', () => {
  it('knows what routing asks for', () => {
    const { deployment, problems } = only(
      entry(
        ", rpm: '6', tpm: 100, itpm: 60, otpm: 40, max_parallel_requests: 3, weight: 0.5, order: 2, tags: [a, b], region_name: eu, timeout: 7, stream_timeout: 2, num_retries: 0, cooldown_time: 0",
      ),
    );
    expect(problems).toEqual([]);
    expect(deployment).toMatchObject({
      index: 0,
      group: 'm',
      provider: 'openai',
      litellmModel: 'openai/x',
      upstreamModel: 'x',
      isWildcard: false,
      outOfRotation: undefined,
      limits: { rpm: 6, tpm: 100, itpm: 60, otpm: 40, maxParallelRequests: 3 },
      weight: 0.5,
      order: 2,
      tags: ['a', 'b'],
      region: 'eu',
      timeoutMs: 7_000,
      streamTimeoutMs: 2_000,
      numRetries: 0,
      cooldownMs: 0,
    });
  });

  it('15.2 case 3: has the same rpm and tpm from beside litellm_params as from within', () => {
    const { table } = load(`${entry('', ', rpm: 6, tpm: 5')}, ${entry(', rpm: 6, tpm: 5')}`);
    expect(table.deployments[0]?.limits).toMatchObject({ rpm: 6, tpm: 5 });
    expect(table.deployments[0]?.limits).toEqual(table.deployments[1]?.limits);
  });

  it.each([
    ['the entry', entry('', ', rpm: 5, tpm: 50'), { rpm: 5, tpm: 50 }],
    ['litellm_params before the entry', entry(', rpm: 1', ', rpm: 5, tpm: 50'), { rpm: 1, tpm: 50 }],
    ['model_info in the end', entry('', ', model_info: {rpm: 9}'), { rpm: 9, tpm: undefined }],
  ])('takes its limits from %s', (_place, text, limits) => {
    expect(only(text).deployment.limits).toMatchObject(limits);
  });

  it.each([
    [
      'cooldown_time of model_info before that of litellm_params',
      entry(', cooldown_time: 5', ', model_info: {cooldown_time: 9}'),
      { cooldownMs: 9_000 },
    ],
    [
      'order of litellm_params before that of model_info',
      entry(', order: 1', ', model_info: {order: 2}'),
      { order: 1 },
    ],
    ['order of model_info where there is no other', entry('', ', model_info: {order: 2}'), { order: 2 }],
    ['request_timeout where there is no timeout', entry(', request_timeout: 4'), { timeoutMs: 4_000 }],
    ['timeout before request_timeout', entry(', request_timeout: 4, timeout: 3'), { timeoutMs: 3_000 }],
    ['the window of model_info', entry('', ', model_info: {max_input_tokens: 5}'), { maxInputTokens: 5 }],
    [
      'prices written as 1e-7, which YAML takes for text',
      entry(', input_cost_per_token: 1e-7'),
      { inputCostPerToken: 1e-7 },
    ],
    [
      'the window and prices of a known base model',
      entry('', ', model_info: {base_model: gpt-3.5-turbo}'),
      { maxInputTokens: 16_385, inputCostPerToken: 5e-7 },
    ],
  ])('uses %s', (_what, text, expected) => {
    expect(only(text).deployment).toMatchObject(expected);
  });

  it('hands the provider its parameters without those of the router, filled up from a credential and the defaults', () => {
    const { configured } = only(
      '{model_name: m, litellm_params: {model: openai/x, litellm_credential_name: c, rpm: 5, temperature: 0.5, timeout: 3, api_version:, base_url: "http://b.example/v1"}}',
      'credential_list: [{credential_name: c, credential_values: {api_key: ck, temperature: 1}}]\nrouter_settings: {default_litellm_params: {max_tokens: 9, timeout: 1, metadata: {a: 1}}}\n',
    );
    expect(configured.spec.params).toEqual({
      model: 'openai/x',
      temperature: 0.5,
      api_base: 'http://b.example/v1',
      api_key: 'ck',
      max_tokens: 9,
    });
  });

  it.each([
    ['its own word', entry(', drop_params: false'), 'litellm_settings: {drop_params: true}', false],
    ['the word of litellm_settings', entry(''), 'litellm_settings: {drop_params: true}', true],
    ['no, by default', entry(''), '', false],
  ])('drops parameters by %s', (_what, text, rest, drops) => {
    expect(only(text, rest).configured.spec.dropParams).toBe(drops);
  });

  it('gets default_max_parallel_requests where it has none of its own', () => {
    const { table } = load(
      `${entry('')}, ${entry(', max_parallel_requests: 1')}`,
      'router_settings: {default_max_parallel_requests: 4}\n',
    );
    expect(table.deployments.map((one) => one.limits.maxParallelRequests)).toEqual([4, 1]);
  });

  it('without a weight beside weighted ones is named in a warning', () => {
    const { problems } = load(`${entry(', weight: 3')}, ${entry(', rpm: 9')}`);
    expect(problems).toMatchObject([
      { severity: 'warning', where: 'model_list[1].litellm_params', what: expect.stringContaining('no weight') },
    ]);
  });
});

describe('a deployment that cannot be called', () => {
  it.each([
    ['a placeholder', entry(', organization: <your-org>'), 'organization: still a placeholder'],
    ['a template', entry(', organization: "${ORG}"'), 'organization: ${...} is not read'],
    ['an empty model', '{model_name: m, litellm_params: {model: "", api_key: k}}', 'model: empty'],
    [
      'a model from a variable that is not set',
      '{model_name: m, litellm_params: {model: os.environ/GONE, api_key: k}}',
      'model: the environment variable GONE is not set',
    ],
    ['a block', entry('', ', model_info: {blocked: true}'), 'blocked by model_info.blocked'],
  ])('because of %s stays in the table, out of rotation', (_why, text, reason) => {
    const { deployment, configured } = only(text);
    expect(deployment.outOfRotation).toContain(reason);
    expect(configured.target).toBeUndefined();
  });

  it('does not keep the others of its group from serving', () => {
    const { table, deployments } = load(`${entry('')}, ${entry(', api_version: <x>')}`);
    expect(table.groups.get('m')?.deployments).toEqual([0, 1]);
    expect(deployments.map((one) => one.target !== undefined)).toEqual([true, false]);
  });

  it('because no provider matches is left out, and its group with it', () => {
    const { table } = load(`${entry('')}, {model_name: other, litellm_params: {model: nosuchprovider/x}}`);
    expect([...table.groups.keys()]).toEqual(['m']);
    expect(table.deployments).toHaveLength(1);
  });

  it.each([
    ['in the list', { LITELLM_ENVIRONMENT: 'production' }, 1],
    ['not in the list', { LITELLM_ENVIRONMENT: 'staging' }, 0],
    ['not given', {}, 0],
  ])('is left out unless its environment is %s', (_what, env, count) => {
    const { table } = load(entry('', ', model_info: {supported_environments: [production]}'), '', env);
    expect(table.deployments).toHaveLength(count);
  });
});

describe('the table of names', () => {
  it('finds the first deployment of an id, all of a model string, and wildcards beside groups', () => {
    const { table } = load(
      `${entry('', ', model_info: {id: a}')}, ${entry('', ', model_info: {id: a}')}, {model_name: w/*, litellm_params: {model: openai/*, api_key: k}}`,
    );
    expect(table.byId.get('a')).toBe(0);
    expect(table.byLitellmModel.get('openai/x')).toEqual([0, 1]);
    expect(table.wildcards.map((route) => [route.pattern, route.deployments])).toEqual([['w/*', [2]]]);
    expect([...table.groups.keys()]).toEqual(['m', 'w/*']);
    expect(table.deployments[2]?.isWildcard).toBe(true);
  });
});

describe('a deployment that answers by itself', () => {
  it.each([
    ['no address and no key', '{model_name: m, litellm_params: {model: azure/x, mock_response: hello}}'],
    ['a placeholder', entry(', mock_response: hello').replace('api_key: k', 'api_key: "<your key>"')],
  ])('serves with %s, and no word is said about it', (_what, text) => {
    const { deployment, configured, problems } = only(text);
    expect(problems).toEqual([]);
    expect(deployment.outOfRotation).toBeUndefined();
    expect(configured.target).toBeUndefined();
    expect(configured.mock).toEqual({ content: { kind: 'text', text: 'hello' }, toolCalls: [], delayMs: 0 });
  });

  it('keeps its provider where it has one, for the endpoints that are not mocked', () => {
    const { configured } = only(entry(', mock_response: [0.5, 1], mock_delay: 2'));
    expect(configured.target?.apiBase).toBe('http://a.example/v1');
    expect(configured.mock).toEqual({ content: { kind: 'vector', vector: [0.5, 1] }, toolCalls: [], delayMs: 2_000 });
  });

  it('stays out of rotation when it is blocked', () => {
    const { deployment } = only(entry(', mock_response: hello', ', model_info: {blocked: true}'));
    expect(deployment.outOfRotation).toBe(BLOCKED);
  });

  it('with a value that is no mock is an error at its place', () => {
    expect(only(entry(', mock_response: 5')).problems).toMatchObject([
      { severity: 'error', line: 1, where: 'model_list[0].litellm_params.mock_response' },
    ]);
  });
});

describe('silent_model', () => {
  it.each([
    ['m', ['m']],
    ['[m, other]', ['m', 'other']],
    ['null', []],
  ])('of %s names its groups', (text, mirrors) => {
    expect(only(entry(`, silent_model: ${text}`)).configured.mirrors).toEqual(mirrors);
  });

  it('that leads nowhere is a warning, with a suggestion', () => {
    const { problems } = load(
      `${entry(', silent_model: [m, shado]')}, {model_name: shadow, litellm_params: {model: openai/x, api_key: k}}`,
    );
    expect(problems).toMatchObject([{ severity: 'warning', where: 'model_list[0].litellm_params.silent_model' }]);
    expect(problems[0]?.what).toMatch(/"shado".*shadow/);
  });
});
