import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadConfigText } from '../config/load.ts';
import { MAX_WILDCARD_NAMES, ModelLabels, OTHER_MODEL } from './model-labels.ts';

const CONFIG = `
model_list:
- model_name: gpt
  litellm_params: {model: openai/m, api_base: http://127.0.0.1:9/v1, api_key: k}
  model_info: {id: d1}
- model_name: wild/*
  litellm_params: {model: openai/*, api_base: http://127.0.0.1:9/v1, api_key: k}
router_settings: {model_group_alias: {other-name: gpt}}
`;

function labels(): { of: (name: string) => string; names: readonly string[] } {
  const made = new ModelLabels();
  made.admit(loadConfigText(CONFIG, { env: {} }).table);
  return { of: (name) => made.names[made.of(name)] ?? '', names: made.names };
}

test.each(['gpt', 'other-name', 'd1', 'openai/m', 'wild/x', 'wild/*', ''])('%j is a label of its own', (name) => {
  expect(labels().of(name)).toBe(name);
});

test('a name that nothing serves is one of the others', () => {
  const { of, names } = labels();
  const before = names.length;
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (name) => {
      fc.pre(!['gpt', 'other-name', 'd1', 'openai/m'].includes(name) && !name.startsWith('wild/'));
      expect(of(name)).toBe(OTHER_MODEL);
    }),
  );
  expect(names).toHaveLength(before);
});

test('names behind a wildcard count for themselves up to the bound, then as their pattern', () => {
  const { of, names } = labels();
  const before = names.length;
  for (let nth = 0; nth < MAX_WILDCARD_NAMES; nth += 1) expect(of(`wild/${nth}`)).toBe(`wild/${nth}`);
  for (let nth = 0; nth < 100; nth += 1) expect(of(`wild/late-${nth}`)).toBe('wild/*');
  expect(of('wild/7')).toBe('wild/7');
  expect(of('gpt')).toBe('gpt');
  expect(names).toHaveLength(before + MAX_WILDCARD_NAMES);
});
