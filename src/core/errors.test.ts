import { describe, expect, it } from 'vitest';
import { GATEWAY_ERRORS, gatewayFailure, prefixed, type GatewayErrorCode } from './errors.ts';
import {
  deadlineFailure,
  mockFailure,
  noDeploymentsFailure,
  noHealthyDeploymentsFailure,
  promptTooLargeFailure,
  providerNotProvidedFailure,
  tagsRefusedFailure,
  unknownModelFailure,
  unsupportedFailure,
} from './own-failures.ts';

const cooling = {
  group: 'm',
  retryAfterMs: 3_200,
  allCooling: true,
  isLimited: false,
  coolingIds: ['a', 'b'],
  preCallChecks: false,
  reasons: '',
};

describe('a failure of our own', () => {
  it.each(Object.keys(GATEWAY_ERRORS) as GatewayErrorCode[])(
    '%s has a status, a class and advice, and is nobody’s health',
    (code) => {
      const spec = GATEWAY_ERRORS[code];
      expect(spec.remedy).toMatch(/\.$/);
      expect(gatewayFailure(code, 'x')).toMatchObject({
        status: spec.status,
        code: String(spec.status),
        scope: 'request',
        type: spec.type,
      });
    },
  );

  // The pieces of text that clients of LiteLLM look for.
  const fragments: [string, number, string, string][] = [
    [
      'unknown model',
      400,
      unknownModelFailure('x', '/chat/completions', []).message,
      '/chat/completions: Invalid model name passed in model=x',
    ],
    [
      'unknown model in the router',
      400,
      noHealthyDeploymentsFailure('x', []).message,
      'litellm.BadRequestError: You passed in model=x. There are no healthy deployments for this model',
    ],
    ['no provider', 400, providerNotProvidedFailure('x').message, 'LLM Provider NOT provided'],
    ['unsupported', 400, unsupportedFailure('no', 'n').message, 'litellm.UnsupportedParamsError: no'],
    [
      'window',
      400,
      promptTooLargeFailure('m', 9, 5).message,
      'litellm.ContextWindowExceededError: litellm.BadRequestError: ',
    ],
    ['tags', 401, tagsRefusedFailure('m', ['a']).message, "Passed model=m and tags=['a']"],
    [
      'cooldown',
      429,
      noDeploymentsFailure(cooling).message,
      "No deployments available for selected model, Try again in 4 seconds. All deployments for selected model are in cooldown. Passed model=m. pre-call-checks=False, cooldown_list=['a', 'b']",
    ],
    ['deadline', 408, deadlineFailure(2_000).message, 'litellm.Timeout: '],
    [
      'mock rate limit',
      429,
      mockFailure('rate_limit', 'm').message,
      'litellm.RateLimitError: This is a mock exception for model=m',
    ],
    [
      'mock refusal',
      400,
      mockFailure('content_policy', 'm').message,
      'litellm.BadRequestError: litellm.ContentPolicyViolationError: ',
    ],
  ];
  it.each(fragments)('says what clients look for: %s', (_name, _status, message, fragment) => {
    expect(message).toContain(fragment);
  });

  it('names the time that is really left, and none when nobody knows', () => {
    expect(noDeploymentsFailure(cooling)).toMatchObject({ retryAfterMs: 3_200, type: 'all_deployments_in_cooldown' });
    const unknown = noDeploymentsFailure({
      ...cooling,
      retryAfterMs: undefined,
      allCooling: false,
      isLimited: false,
      reasons: '2 with all max_parallel_requests in use',
    });
    expect(unknown).toMatchObject({ retryAfterMs: undefined, type: 'rate_limit_error' });
    expect(unknown.message).toContain('max_parallel_requests');
  });

  it('suggests names that are close', () => {
    expect(unknownModelFailure('gpt4', '/r', ['gpt-4', 'gpt-4o']).message).toContain(
      'Did you mean `gpt-4` or `gpt-4o`?',
    );
  });

  it('carries the class in front', () => {
    expect(prefixed('RateLimitError', 'x')).toBe('litellm.RateLimitError: x');
  });
});
