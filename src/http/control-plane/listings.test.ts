import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadConfigText } from '../../config/load.ts';
import { groupInfo } from './group-info.ts';
import { listedModels } from './listed-models.ts';
import { modelInfo, modelInfoById, modelInfoPage } from './model-info.ts';
import { findModel, modelList } from './model-list.ts';
import { wildcardModels } from './wildcard-models.ts';

const SECRET = 'sk-very-secret-key-123';
const CONFIG = loadConfigText(
  `
model_list:
- model_name: gpt-3.5-turbo
  litellm_params: {model: azure/my-deployment, api_base: "http://127.0.0.1:9/", api_key: ${SECRET}, rpm: 6}
  model_info: {id: az-1}
- model_name: gpt-3.5-turbo
  litellm_params: {model: openai/gpt-3.5-turbo, api_base: "http://127.0.0.1:9/v1", api_key: ${SECRET}, rpm: 100, tpm: 5000}
  model_info: {id: oai-2}
- model_name: other
  litellm_params: {model: openai/my-model, api_base: "http://127.0.0.1:9/v1", api_key: ${SECRET}}
  model_info: {id: other-1, mode: chat, max_tokens: 4096, max_input_tokens: 4000}
- model_name: wild/*
  litellm_params: {model: openai/*, api_base: "http://127.0.0.1:9/v1", api_key: ${SECRET}}
  model_info: {id: wild-1}
- model_name: late
  litellm_params: {model: openai/late, api_base: "http://127.0.0.1:9/v1", api_key: ${SECRET}}
router_settings:
  model_group_alias:
    alias: gpt-3.5-turbo
    hidden: {model: gpt-3.5-turbo, hidden: true}
    shown: {model: other, hidden: false}
    lost: no-such-group
  fallbacks: [{gpt-3.5-turbo: [other, late]}]
  context_window_fallbacks: [{other: [late]}]
`,
  { env: {} },
);
const ALL = { withPatterns: false, fallbackType: undefined };

describe('/v1/models', () => {
  test('shows aliases that are not hidden, then groups as configured, then what wildcards stand for', () => {
    const ids = modelList(CONFIG, ALL).data.map(({ id }) => id);
    expect(ids.slice(0, 5)).toEqual(['alias', 'shown', 'gpt-3.5-turbo', 'other', 'late']);
    expect(ids.slice(5).every((id) => id.startsWith('wild/') && !id.includes('*'))).toBe(true);
    expect(ids).toContain('wild/gpt-4o');
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('shows the pattern before its models when asked', () => {
    const ids = modelList(CONFIG, { ...ALL, withPatterns: true }).data.map(({ id }) => id);
    expect(ids.slice(4, 6)).toEqual(['late', 'wild/*']);
    expect(ids).toHaveLength(modelList(CONFIG, ALL).data.length + 1);
  });

  test('gives mode and windows of the deployments, else of the public model with the group name', () => {
    const byId = new Map(modelList(CONFIG, ALL).data.map((item) => [item.id, item]));
    const common = { object: 'model', created: 1677610602, owned_by: 'openai' };
    const turbo = { mode: 'chat', max_input_tokens: 16385, max_output_tokens: 4096 };
    expect(byId.get('gpt-3.5-turbo')).toEqual({ id: 'gpt-3.5-turbo', ...common, ...turbo });
    expect(byId.get('alias')).toEqual({ id: 'alias', ...common, ...turbo });
    expect(byId.get('shown')).toEqual({ id: 'shown', ...common, mode: 'chat', max_input_tokens: 4000 });
    expect(byId.get('late')).toEqual({ id: 'late', ...common });
    expect(byId.get('wild/gpt-4o')).toMatchObject({ mode: 'chat', max_input_tokens: 128000 });
  });

  test.each([
    { fallbackType: 'general', group: ['other', 'late'], alias: ['other', 'late'], other: [] },
    { fallbackType: 'context_window', group: [], alias: [], other: ['late'] },
    { fallbackType: 'content_policy', group: [], alias: [], other: [] },
  ])('metadata shows $fallbackType fallbacks', ({ fallbackType, group, alias, other }) => {
    const byId = new Map(modelList(CONFIG, { ...ALL, fallbackType }).data.map((item) => [item.id, item.metadata]));
    expect(byId.get('gpt-3.5-turbo')).toEqual({ fallbacks: group });
    expect(byId.get('alias')).toEqual({ fallbacks: alias });
    expect(byId.get('other')).toEqual({ fallbacks: other });
  });

  test.each([
    { id: 'gpt-3.5-turbo', kind: 'found', owner: 'azure' },
    { id: 'other', kind: 'found', owner: 'openai' },
    { id: 'alias', kind: 'alias', owner: undefined },
    { id: 'hidden', kind: 'unknown', owner: undefined },
    { id: 'az-1', kind: 'unknown', owner: undefined },
    { id: 'wild/*', kind: 'unknown', owner: undefined },
  ])('a single model $id is $kind', ({ id, kind, owner }) => {
    const found = findModel(CONFIG, id);
    expect(found.kind).toBe(kind);
    expect(found.kind === 'found' ? found.item.owned_by : undefined).toBe(owner);
  });
});

describe('/model/info', () => {
  test('shows every deployment, then those of shown aliases again', () => {
    const shown = modelInfo(CONFIG).map((item) => [item.model_name, item.model_info['id']]);
    expect(shown.slice(0, 4)).toEqual([
      ['gpt-3.5-turbo', 'az-1'],
      ['gpt-3.5-turbo', 'oai-2'],
      ['other', 'other-1'],
      ['wild/*', 'wild-1'],
    ]);
    expect(shown.slice(5)).toEqual([
      ['alias', 'az-1'],
      ['alias', 'oai-2'],
      ['shown', 'other-1'],
    ]);
  });

  test('has the fields that clients build forms from', () => {
    const [azure, openai] = modelInfo(CONFIG);
    expect(azure?.litellm_params).toMatchObject({ model: 'azure/my-deployment', rpm: 6 });
    expect(openai?.model_info).toMatchObject({ max_tokens: 4096, mode: 'chat', supports_function_calling: true });
    expect(openai?.model_info['supported_openai_params']).toEqual(expect.arrayContaining(['temperature', 'tools']));
  });

  test('finds one deployment by id, or nothing', () => {
    expect(modelInfoById(CONFIG, 'oai-2').map((item) => item.model_name)).toEqual(['gpt-3.5-turbo']);
    expect(modelInfoById(CONFIG, 'nope')).toEqual([]);
  });

  test('pages hold every item once and in order', () => {
    const all = modelInfo(CONFIG);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), (size) => {
        const first = modelInfoPage(CONFIG, { model: undefined, search: undefined, page: 1, size });
        const pages = Array.from({ length: first.total_pages }, (_, at) =>
          modelInfoPage(CONFIG, { model: undefined, search: undefined, page: at + 1, size }),
        );
        expect(pages.flatMap(({ data }) => data)).toEqual(all);
        expect(pages.every(({ data }) => data.length <= size && data.length > 0)).toBe(true);
        expect(first.total_count).toBe(all.length);
      }),
    );
  });

  test.each([
    { model: 'other', search: undefined, found: ['other'] },
    { model: 'openai/my-model', search: undefined, found: ['other', 'shown'] },
    { model: undefined, search: 'WILD', found: ['wild/*'] },
    { model: 'other', search: 'gpt', found: [] },
  ])('filters by model $model and part $search', ({ model, search, found }) => {
    const { data } = modelInfoPage(CONFIG, { model, search, page: 1, size: undefined });
    expect(data.map((item) => item.model_name)).toEqual(found);
  });
});

describe('/model_group/info', () => {
  test('gives the best of the deployments, and the first one its mode', () => {
    expect(groupInfo(CONFIG, 'gpt-3.5-turbo')).toEqual([
      expect.objectContaining({
        model_group: 'gpt-3.5-turbo',
        providers: ['azure', 'openai'],
        max_input_tokens: 16385,
        input_cost_per_token: 5e-7,
        mode: null,
        rpm: 106,
        tpm: 5000,
        itpm: null,
        supports_function_calling: true,
        supports_vision: false,
      }),
    ]);
  });

  test('shows an alias like its group, and an unknown or hidden name not at all', () => {
    const [alias] = groupInfo(CONFIG, 'alias');
    const [group] = groupInfo(CONFIG, 'gpt-3.5-turbo');
    expect({ ...alias, model_group: 'gpt-3.5-turbo' }).toEqual(group);
    expect(groupInfo(CONFIG, 'nope')).toEqual([]);
    expect(groupInfo(CONFIG, 'hidden')).toEqual([]);
  });

  test('lists the same names as /v1/models', () => {
    expect(groupInfo(CONFIG, undefined).map((item) => item['model_group'])).toEqual(
      listedModels(CONFIG).map(({ id }) => id),
    );
  });
});

test('no listing holds a secret', () => {
  const everything = JSON.stringify([modelList(CONFIG, ALL), modelInfo(CONFIG), groupInfo(CONFIG, undefined)]);
  expect(everything).not.toContain(SECRET);
});

describe('a wildcard', () => {
  test.each([
    { pattern: 'wild/*', upstreamModel: '*', has: 'wild/gpt-4o' },
    { pattern: '*', upstreamModel: '*', has: 'gpt-4o' },
    { pattern: 'my-*', upstreamModel: 'gpt-*', has: 'my-4o' },
    { pattern: 'fixed/*', upstreamModel: 'one', has: 'fixed/gpt-4o' },
  ])('$pattern to $upstreamModel lists $has', ({ pattern, upstreamModel, has }) => {
    const ids = wildcardModels({ pattern, provider: 'openai', upstreamModel }).map(({ id }) => id);
    expect(ids).toContain(has);
    expect(ids.every((id) => !id.includes('*'))).toBe(true);
  });

  test.each([
    { pattern: 'x/*', upstreamModel: 'no-such-model-*', provider: 'openai' },
    { pattern: 'x/*', upstreamModel: '*', provider: 'no-such-provider' },
    { pattern: '*/*', upstreamModel: '*', provider: 'openai' },
  ])('$pattern to $provider/$upstreamModel lists nothing', (source) => {
    expect(wildcardModels(source)).toEqual([]);
  });
});
