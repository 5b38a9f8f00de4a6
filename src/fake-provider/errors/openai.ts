// How OpenAI words its errors: always `{error: {message, type, param, code}}`.
import type { ErrorKind } from '../fault.ts';
import type { ErrorContext, VendorError } from './error-context.ts';

interface Wording {
  readonly status: number;
  readonly message: string;
  readonly type: string;
  readonly param?: string;
  readonly code: string | null;
}

function rateLimit(context: ErrorContext): Wording {
  const unit = context.limited === 'tokens' ? 'tokens per min (TPM)' : 'requests per min (RPM)';
  const message =
    `Rate limit reached for ${context.model} in organization org-fake on ${unit}: Limit ${context.limit}, ` +
    `Used ${context.used}, Requested ${context.requested}. Please try again in ${context.retryAfterSeconds}s. ` +
    'Visit https://platform.openai.com/account/rate-limits to learn more.';
  return { status: 429, message, type: context.limited, code: 'rate_limit_exceeded' };
}

function contextLength(context: ErrorContext): Wording {
  const total = context.promptTokens + context.completionTokens;
  const message =
    `This model's maximum context length is ${context.contextWindowTokens} tokens. However, you requested ${total} ` +
    `tokens (${context.promptTokens} in the messages, ${context.completionTokens} in the completion). ` +
    'Please reduce the length of the messages or completion.';
  return { status: 400, message, type: 'invalid_request_error', param: 'messages', code: 'context_length_exceeded' };
}

const invalid = 'invalid_request_error';

const WORDINGS: Readonly<Record<ErrorKind, (context: ErrorContext) => Wording>> = {
  'rate-limit': rateLimit,
  quota: () => ({
    status: 429,
    message: 'You exceeded your current quota, please check your plan and billing details.',
    type: 'insufficient_quota',
    code: 'insufficient_quota',
  }),
  'context-length': contextLength,
  'content-filter': () => ({
    status: 400,
    message: 'Your request was rejected as a result of our safety system.',
    type: invalid,
    code: 'content_policy_violation',
  }),
  server: () => ({
    status: 500,
    message: 'The server had an error while processing your request. Sorry about that!',
    type: 'server_error',
    code: null,
  }),
  unavailable: () => ({
    status: 503,
    message: 'The engine is currently overloaded, please try again later.',
    type: 'service_unavailable_error',
    code: 'server_is_overloaded',
  }),
  overloaded: () => ({ status: 529, message: 'Overloaded', type: 'overloaded_error', code: 'slow_down' }),
  timeout: () => ({ status: 408, message: 'Request timed out.', type: 'timeout', code: 'timeout' }),
  auth: () => ({ status: 401, message: 'Incorrect API key provided.', type: invalid, code: 'invalid_api_key' }),
  permission: () => ({
    status: 403,
    message: 'Country, region, or territory not supported',
    type: 'request_forbidden',
    code: 'unsupported_country_region_territory',
  }),
  'not-found': (context) => ({
    status: 404,
    message: `The model \`${context.model}\` does not exist or you do not have access to it.`,
    type: invalid,
    code: 'model_not_found',
  }),
  'bad-request': () => ({ status: 400, message: 'The request is invalid.', type: invalid, code: null }),
};

/** OpenAI's answer for `kind`. */
export function openaiError(kind: ErrorKind, context: ErrorContext): VendorError {
  const { status, message, type, param, code } = WORDINGS[kind](context);
  return { status, body: { error: { message: context.message ?? message, type, param: param ?? null, code } } };
}
