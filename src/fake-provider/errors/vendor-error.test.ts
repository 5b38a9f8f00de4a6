import { describe, expect, test } from 'vitest';
import { ERROR_KINDS, VENDORS } from '../fault.ts';
import type { ErrorKind, Vendor } from '../fault.ts';
import { kindOfStatus, vendorError } from './vendor-error.ts';
import type { ErrorContext } from './error-context.ts';

const context: ErrorContext = {
  model: 'm',
  method: 'POST',
  path: '/v1/chat/completions',
  apiVersion: '2024-10-21',
  promptTokens: 5000,
  completionTokens: 16,
  contextWindowTokens: 4096,
  retryAfterSeconds: 7,
  limited: 'requests',
  limit: 6,
  used: 6,
  requested: 1,
  requestId: 'req_1',
  message: undefined,
};

/** Fragments that gateways and clients look for. */
test.each<[Vendor, ErrorKind, number, string[]]>([
  ['openai', 'context-length', 400, ["This model's maximum context length is 4096 tokens", 'context_length_exceeded']],
  ['openai', 'content-filter', 400, ['content_policy_violation', 'rejected as a result of our safety system']],
  ['openai', 'rate-limit', 429, ['rate_limit_exceeded', 'Please try again in 7s']],
  ['openai', 'quota', 429, ['insufficient_quota']],
  ['openai', 'not-found', 404, ['model_not_found']],
  ['openai', 'unavailable', 503, ['server_is_overloaded']],
  ['azure', 'context-length', 400, ['maximum context length is 4096', 'context_length_exceeded']],
  [
    'azure',
    'content-filter',
    400,
    ['content_filter', 'ResponsibleAIPolicyViolation', "Azure OpenAI's content management policy"],
  ],
  ['azure', 'rate-limit', 429, ['"code":"429"', 'Please retry after 7 seconds', 'call rate limit']],
  ['azure', 'auth', 401, ['"code":"401"', 'invalid subscription key']],
  ['azure', 'not-found', 404, ['DeploymentNotFound']],
  ['tgi', 'context-length', 422, ['`inputs` tokens + `max_new_tokens` must be <= 4096', 'validation']],
  ['tgi', 'rate-limit', 429, ['Model is overloaded', 'overloaded']],
  ['tgi', 'unavailable', 503, ['currently loading', 'estimated_time']],
  ['vllm', 'context-length', 400, ['"object":"error"', 'maximum context length is 4096', 'BadRequestError']],
  ['anthropic', 'context-length', 400, ['prompt is too long: 5000 tokens > 4096 maximum']],
  ['anthropic', 'overloaded', 529, ['overloaded_error', 'Overloaded']],
  ['anthropic', 'content-filter', 400, ['Output blocked by content filtering policy']],
])('%s says %s with %i', (vendor, kind, status, fragments) => {
  const error = vendorError(vendor, kind, context);
  expect(error.status).toBe(status);
  for (const fragment of fragments) expect(JSON.stringify(error.body)).toContain(fragment);
});

describe.each(VENDORS)('%s', (vendor) => {
  test.each(ERROR_KINDS)('has words for %s and takes others', (kind) => {
    const plain = vendorError(vendor, kind, context);
    expect(plain.status).toBeGreaterThanOrEqual(400);
    expect(JSON.stringify(vendorError(vendor, kind, { ...context, message: 'other words' }).body)).toContain(
      'other words',
    );
  });
});

test.each([
  [400, 'bad-request'],
  [401, 'auth'],
  [404, 'not-found'],
  [408, 'timeout'],
  [429, 'rate-limit'],
  [500, 'server'],
  [502, 'server'],
  [503, 'unavailable'],
  [529, 'overloaded'],
] as const)('status %i alone means %s', (status, kind) => {
  expect(kindOfStatus(status)).toBe(kind);
});
