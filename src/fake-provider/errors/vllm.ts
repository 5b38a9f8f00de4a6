// How vLLM words its errors, in the form without an `error` wrapper that many installations still run.
import type { ErrorKind } from '../fault.ts';
import type { ErrorContext, VendorError } from './error-context.ts';

type Wording = readonly [status: number, type: string, message: string];

function contextLength(context: ErrorContext): Wording {
  const total = context.promptTokens + context.completionTokens;
  return [
    400,
    'BadRequestError',
    `This model's maximum context length is ${context.contextWindowTokens} tokens. However, you requested ${total} ` +
      `tokens (${context.promptTokens} in the messages, ${context.completionTokens} in the completion). ` +
      'Please reduce the length of the messages or completion.',
  ];
}

const WORDINGS: Readonly<Record<ErrorKind, (context: ErrorContext) => Wording>> = {
  'rate-limit': () => [429, 'TooManyRequestsError', 'Too many requests'],
  quota: () => [402, 'BadRequestError', 'Quota exhausted'],
  'context-length': contextLength,
  'content-filter': () => [400, 'BadRequestError', 'The prompt was refused by the content policy of this server.'],
  server: () => [500, 'InternalServerError', 'EngineCore encountered an issue. See stack trace for the root cause.'],
  unavailable: () => [503, 'ServiceUnavailableError', 'The engine is not ready'],
  overloaded: () => [529, 'ServiceUnavailableError', 'Overloaded'],
  timeout: () => [504, 'TimeoutError', 'Request timed out'],
  auth: () => [401, 'AuthenticationError', 'Unauthorized'],
  permission: () => [403, 'PermissionDeniedError', 'Forbidden'],
  'not-found': (context) => [404, 'NotFoundError', `The model \`${context.model}\` does not exist.`],
  'bad-request': () => [
    400,
    'BadRequestError',
    '[{"type":"missing","loc":["body","messages"],"msg":"Field required"}]',
  ],
};

/** vLLM's answer for `kind`. */
export function vllmError(kind: ErrorKind, context: ErrorContext): VendorError {
  const [status, type, message] = WORDINGS[kind](context);
  return { status, body: { object: 'error', message: context.message ?? message, type, param: null, code: status } };
}
