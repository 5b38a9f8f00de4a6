import { expect, it } from 'vitest';
import type { FailureCause } from '../outcome.ts';
import { causeOf } from './cause.ts';
import { readErrorValue } from './provider-error.ts';

const rows: [string, number, unknown, FailureCause][] = [
  ['402 without words', 402, '', 'quota_exhausted'],
  ['402 before throttling', 402, { code: 'rate_limit_exceeded' }, 'quota_exhausted'],
  ['quota words before 429', 429, { code: 'insufficient_quota' }, 'quota_exhausted'],
  ['throttling under 400', 400, { code: 'ThrottlingException' }, 'rate_limit'],
  ['401 is about the key, whatever it says', 401, { code: 'rate_limit_exceeded' }, 'authentication'],
  ['403 is about permission, whatever it says', 403, { message: 'no', code: 'rate_limit_exceeded' }, 'permission'],
  ['401 before content', 401, { code: 'content_filter' }, 'authentication'],
  ['content under 403', 403, { code: 'content_filter' }, 'content_policy'],
  ['an overflow under 400', 400, { code: 'context_length_exceeded' }, 'context_window'],
  ['an overflow under 403', 403, { code: 'context_length_exceeded' }, 'context_window'],
  ['an overflow under 413', 413, { code: 'context_length_exceeded' }, 'context_window'],
  ['an overflow under 422', 422, { code: 'context_length_exceeded' }, 'context_window'],
  ['an overflow under 500', 500, { code: 'context_length_exceeded' }, 'context_window'],
  ['no overflow under 404', 404, { message: 'no', code: 'context_length_exceeded' }, 'not_found'],
  ['no overflow under 499', 499, { code: 'context_length_exceeded' }, 'bad_request'],
  ['a rate limit that speaks of tokens', 400, 'rate limit: too many tokens', 'bad_request'],
  [
    'a user field that is too long',
    400,
    { message: 'string too long. Expected a string with maximum length 9', code: 'string_above_max_length' },
    'bad_request',
  ],
  ['a bad key under 400', 400, { code: 'API_KEY_INVALID' }, 'authentication'],
  ['403 that names the model', 403, { message: 'no access', code: 'model_not_found' }, 'misconfigured'],
  ['405 without an error', 405, '', 'bad_request'],
  ['499', 499, '', 'bad_request'],
];
it.each(rows)('what a status and words mean: %s', (_name, status, value, cause) => {
  expect(causeOf(status, readErrorValue(value))).toBe(cause);
});
