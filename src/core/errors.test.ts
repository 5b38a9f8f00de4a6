import { describe, expect, it } from 'vitest';
import { GATEWAY_ERRORS, gatewayFailure, prefixed, type GatewayErrorCode } from './errors.ts';
import {
  deadlineFailure,
  internalFailure,
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

  it('says everything about what stands in the way', () => {
    const text = (more: Partial<typeof cooling>) => noDeploymentsFailure({ ...cooling, ...more }).message;
    const start = 'No deployments available for selected model, Try again in';
    expect(text({ allCooling: false, coolingIds: [], retryAfterMs: 1, reasons: '1 over rpm' })).toBe(
      `${start} 1 seconds. Passed model=m. pre-call-checks=False, cooldown_list=[] (1 over rpm)`,
    );
    expect(text({ allCooling: false, coolingIds: ['a'], preCallChecks: true, retryAfterMs: 0 })).toBe(
      `${start} 1 seconds. Passed model=m. pre-call-checks=True, cooldown_list=['a']`,
    );
    const limited = noDeploymentsFailure({ ...cooling, allCooling: false, isLimited: true });
    expect(limited.type).toBe('throttling_error');
  });

  const whole: [string, string, string][] = [
    [
      'unknown model',
      unknownModelFailure('x', '/r', []).message,
      '/r: Invalid model name passed in model=x. Call `/v1/models` to view available models for your key.',
    ],
    [
      'nothing healthy',
      noHealthyDeploymentsFailure('x', ['y']).message,
      'litellm.BadRequestError: You passed in model=x. There are no healthy deployments for this model. Did you mean `y`?',
    ],
    [
      'no provider',
      providerNotProvidedFailure('x').message,
      'litellm.BadRequestError: LLM Provider NOT provided. Write it in front of the model: openai/x. You passed model=x',
    ],
    [
      'tags',
      tagsRefusedFailure('m', ['a', 'b']).message,
      "Not allowed to access model due to tags configuration. Passed model=m and tags=['a', 'b']",
    ],
    [
      'window',
      promptTooLargeFailure('m', 9, 5).message,
      'litellm.ContextWindowExceededError: litellm.BadRequestError: the prompt is larger than the maximum context length of every deployment of m: about 9 tokens, largest window 5',
    ],
    [
      'deadline',
      deadlineFailure(2_500).message,
      'litellm.Timeout: Request timed out. The deadline of 2.5 s has passed.',
    ],
    [
      'a bug',
      internalFailure().message,
      'litellm.InternalServerError: The gateway failed to make the upstream request.',
    ],
  ];
  it.each(whole)('says it in full: %s', (_name, message, expected) => {
    expect(message).toBe(expected);
  });

  it.each([
    ['rate_limit', 'litellm.RateLimitError: ', 429, 'rate_limit'],
    ['fallbacks', 'litellm.InternalServerError: ', 500, 'server_error'],
    ['context_window', 'litellm.ContextWindowExceededError: litellm.BadRequestError: ', 400, 'context_window'],
    ['content_policy', 'litellm.BadRequestError: litellm.ContentPolicyViolationError: ', 400, 'content_policy'],
  ] as const)('that a request asks for is what it asked for: %s', (kind, prefix, status, cause) => {
    const text = 'This is a mock exception for model=m, raised because the request asked for it.';
    expect(mockFailure(kind, 'm')).toMatchObject({ message: prefix + text, status, cause });
  });

  it('names the field that is to blame', () => {
    expect(unsupportedFailure('no', 'n').param).toBe('n');
    expect(unsupportedFailure('no', null).param).toBeNull();
    expect(internalFailure().param).toBeNull();
  });
});
