// How Anthropic words its errors: `{type: "error", error: {type, message}, request_id}`.
import type { ErrorKind } from '../fault.ts';
import type { ErrorContext, VendorError } from './error-context.ts';

type Wording = readonly [status: number, type: string, message: string];

const WORDINGS: Readonly<Record<ErrorKind, (context: ErrorContext) => Wording>> = {
  'rate-limit': (context) => [
    429,
    'rate_limit_error',
    `This request would exceed your organization's rate limit of ${context.limit} ` +
      `${context.limited === 'tokens' ? 'input tokens' : 'requests'} per minute.`,
  ],
  quota: () => [400, 'invalid_request_error', 'Your credit balance is too low to access the Anthropic API.'],
  'context-length': (context) => [
    400,
    'invalid_request_error',
    `prompt is too long: ${context.promptTokens} tokens > ${context.contextWindowTokens} maximum`,
  ],
  'content-filter': () => [400, 'invalid_request_error', 'Output blocked by content filtering policy'],
  server: () => [500, 'api_error', 'Internal server error'],
  unavailable: () => [503, 'api_error', 'Service unavailable'],
  overloaded: () => [529, 'overloaded_error', 'Overloaded'],
  timeout: () => [504, 'timeout_error', 'The request timed out while processing.'],
  auth: () => [401, 'authentication_error', 'invalid x-api-key'],
  permission: () => [403, 'permission_error', 'Your API key does not have permission to use the specified resource.'],
  'not-found': (context) => [404, 'not_found_error', `model: ${context.model}`],
  'bad-request': () => [400, 'invalid_request_error', 'messages: at least one message is required'],
};

/** Anthropic's answer for `kind`. */
export function anthropicError(kind: ErrorKind, context: ErrorContext): VendorError {
  const [status, type, message] = WORDINGS[kind](context);
  const error = { type, message: context.message ?? message };
  return { status, body: { type: 'error', error, request_id: context.requestId } };
}
