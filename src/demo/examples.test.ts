// The files in examples/ stand for themselves: they must be readable, point at nothing but the fake provider's usual
// ports, and hold no real key.
import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

const directory = new URL('../../examples/', import.meta.url);
const files = readdirSync(directory).filter((name) => name.endsWith('.yaml'));

test('there are some', () => {
  expect(files).toContain('load-balancing.yaml');
  expect(files).toContain('fallbacks.yaml');
});

describe.each(files)('%s', (name) => {
  const text = readFileSync(new URL(name, directory), 'utf8');
  const config = parse(text) as { model_list: { litellm_params: Record<string, unknown> }[] };

  test('says what it shows', () => {
    expect(text).toMatch(/^# \S/);
  });

  test('works against `loadstone fake-provider` as it is', () => {
    for (const { litellm_params: params } of config.model_list) {
      expect(params['api_base']).toMatch(/^http:\/\/(127\.0\.0\.1|0\.0\.0\.0):800[123](\/|\/v1)?$/);
      expect(params['api_key'] ?? 'my-').toMatch(/^(my-|os\.environ\/)/);
    }
  });
});
