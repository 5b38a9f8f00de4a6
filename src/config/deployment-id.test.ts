import { describe, expect, it } from 'vitest';
import { loadConfigText } from './load.ts';

const ids = (text: string, env: Record<string, string> = {}): string[] =>
  loadConfigText(text, { env }).table.deployments.map((deployment) => deployment.id);

/** Ids that LiteLLM 1.106 showed in /model/info for the same entries (golden b16 and a24). */
const RECORDED: readonly (readonly [what: string, entry: string, id: string])[] = [
  [
    'text parameters',
    '{model_name: g1, litellm_params: {model: openai/m, api_base: http://a.example/v1, api_key: k1}}',
    '78de85d31401ddeef46afa9beea14acaf142fa140f0201639bd3ea4235aaeb92',
  ],
  [
    'an integer',
    '{model_name: g1, litellm_params: {model: openai/m, api_base: http://a.example/v1, api_key: k2, rpm: 6}}',
    'f65a5a14d8a1b66af6c6c64c360056c2701be408ddd75b07bac0594ccd46b93b',
  ],
  [
    'a variable, a float, a map, a list and a boolean',
    '{model_name: g2, litellm_params: {model: openai/m, api_base: http://a.example/v1, api_key: os.environ/MY_KEY, temperature: 0.5, extra_body: {a: {b: 1}}, tags: [x, y], drop_params: true}}',
    '4a59ba3f3d3cd5d804adeeb13ef4d512af033359c693997b9cb2f966e8383f4b',
  ],
  [
    'an id of its own',
    '{model_name: g3, litellm_params: {model: openai/m, api_base: http://a.example/v1, api_key: k}, model_info: {id: 123}}',
    '123',
  ],
  [
    'limits beside litellm_params, which do not count',
    '{model_name: g4, litellm_params: {model: openai/m, api_base: http://a.example/v1, api_key: k}, rpm: 7, tpm: 100}',
    'ef6b621efb6a466b9347b12ce79f996ec9cdd0440a52a602cc8e5f6e2eded476',
  ],
  [
    'placeholders',
    '{model_name: gpt-3.5-turbo, litellm_params: {model: azure/<your-deployment-name>, api_base: <your-azure-endpoint>, api_key: <your-azure-api-key>, rpm: 6}}',
    '62da4fadfee38fc8378cbb53f05ba0bb4127c21eee963b8481cb1f70bb1ec41e',
  ],
  [
    'an azure deployment',
    '{model_name: gpt-3.5-turbo, litellm_params: {model: azure/gpt-turbo-large, api_base: "https://openai-france-1234.openai.azure.com/", api_key: <your-azure-api-key>, rpm: 1440}}',
    '80e34df376dbd58dc328f939d108fcb16dffb0a27cb886e835cec5ae73cad681',
  ],
];

describe('the id of a deployment', () => {
  it.each(RECORDED)('is the one that LiteLLM gives for %s', (_what, entry, id) => {
    expect(ids(`model_list: [${entry}]`, { MY_KEY: 'secret-value' })).toEqual([id]);
  });

  it('is the same for two equal entries and different after any change of a parameter', () => {
    const entry = (params: string): string => `{model_name: m, litellm_params: {model: openai/m, api_key: k${params}}}`;
    const [a, b, c, d] = ids(`model_list: [${['', '', ', rpm: 1', ', rpm: 1.0'].map(entry).join(', ')}]`);
    expect(a).toBe(b);
    expect(new Set([a, c, d]).size).toBe(3);
  });

  it('is shared by the copies for a list of organizations, which all get their own organization', () => {
    const config = loadConfigText(
      'model_list: [{model_name: m, litellm_params: {model: openai/m, api_key: k, organization: [o1, o2]}}]',
      { env: {} },
    );
    expect(new Set(config.table.deployments.map((one) => one.id)).size).toBe(1);
    expect(config.deployments.map((one) => one.spec.params['organization'])).toEqual(['o1', 'o2']);
    expect(config.table.groups.get('m')?.deployments).toEqual([0, 1]);
  });
});
