// Keys whose feature is not there must not be called honoured: `loadstone check` would then promise what nobody does.
import { describe, expect, it } from 'vitest';
import { INFO_KEYS, PARAM_KEYS } from './deployment-keys.ts';
import { GENERAL_KEYS } from './general-keys.ts';
import type { KeySpec, KeyTable } from './key-spec.ts';

describe('a key of a feature that is not there', () => {
  const rows: [string, KeyTable, KeySpec['verdict']][] = [
    ['aws_access_key_id', PARAM_KEYS, 'not supported'],
    ['aws_region_name', PARAM_KEYS, 'not supported'],
    ['aws_bedrock_runtime_endpoint', PARAM_KEYS, 'not supported'],
    ['watsonx_region_name', PARAM_KEYS, 'not supported'],
    ['vertex_credentials', PARAM_KEYS, 'not supported'],
    ['team_id', INFO_KEYS, 'not supported'],
    ['keepalive_seconds', PARAM_KEYS, 'not supported'],
    ['tier', INFO_KEYS, 'mapped'],
    ['include_call_id_in_error_body', GENERAL_KEYS, 'not supported'],
    ['dangerously_allow_mock_testing_request_params', GENERAL_KEYS, 'mapped'],
  ];
  it.each(rows)('%s says so', (key, table, verdict) => {
    expect(table.get(key)).toMatchObject({ verdict, note: expect.stringMatching(/\S/) });
  });
});
