import { expect, it } from 'vitest';
import { clientMessage, exceptionClassOf, keepsErrorFields, typeOfStatus } from './exception-class.ts';

it.each([
  ['openai', 'OpenAIException'],
  ['text-completion-openai', 'OpenAIException'],
  ['azure', 'AzureException'],
  ['hosted_vllm', 'Hosted_vllmException'],
])('the message of %s says %s', (provider, label) => {
  expect(clientMessage('RateLimitError', provider, 'slow')).toBe(`litellm.RateLimitError: ${label} - slow`);
});

it('no message shows a key', () => {
  expect(clientMessage('X', 'openai', 'not sk-abcdefghijkl')).toBe('litellm.X: OpenAIException - not [redacted]');
});

it.each([
  ['openai', true],
  ['azure', true],
  ['azure_text', true],
  ['custom_openai', true],
  ['text-completion-openai', true],
  ['hosted_vllm', false],
  ['', false],
])('the fields of %j reach the client: %s', (provider, isKept) => {
  expect(keepsErrorFields(provider)).toBe(isKept);
});

it.each([
  [400, 'invalid_request_error', 'BadRequestError'],
  [401, 'authentication_error', 'AuthenticationError'],
  [402, 'invalid_request_error', 'APIError'],
  [403, 'permission_error', 'APIError'],
  [404, 'invalid_request_error', 'NotFoundError'],
  [408, 'invalid_request_error', 'Timeout'],
  [413, 'invalid_request_error', 'BadRequestError'],
  [422, 'invalid_request_error', 'BadRequestError'],
  [429, 'throttling_error', 'RateLimitError'],
  [499, 'invalid_request_error', 'APIError'],
  [500, 'internal_server_error', 'InternalServerError'],
  [502, 'internal_server_error', 'BadGatewayError'],
  [503, 'internal_server_error', 'ServiceUnavailableError'],
  [504, 'internal_server_error', 'Timeout'],
  [529, 'internal_server_error', 'APIError'],
])('%i is %s, %s', (status, type, exceptionClass) => {
  expect([typeOfStatus(status), exceptionClassOf(status)]).toEqual([type, exceptionClass]);
});
