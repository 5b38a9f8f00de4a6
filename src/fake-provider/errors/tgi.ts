// How Hugging Face's text-generation-inference words its errors: `{error: text, error_type}`, validation as 422,
// overload as 429 without any header.
import type { ErrorKind } from '../fault.ts';
import type { ErrorContext, VendorError } from './error-context.ts';

type Wording = readonly [status: number, type: string, message: string];

const WORDINGS: Readonly<Record<ErrorKind, (context: ErrorContext) => Wording>> = {
  'rate-limit': () => [429, 'overloaded', 'Model is overloaded'],
  quota: () => [402, 'payment_required', 'You have exceeded your monthly included credits for Inference Providers.'],
  'context-length': (context) => [
    422,
    'validation',
    `Input validation error: \`inputs\` tokens + \`max_new_tokens\` must be <= ${context.contextWindowTokens}. ` +
      `Given: ${context.promptTokens} \`inputs\` tokens and ${context.completionTokens} \`max_new_tokens\``,
  ],
  'content-filter': () => [400, 'validation', 'Input validation error: the prompt was refused by the content policy'],
  server: () => [500, 'generation', 'Request failed during generation: Server error: CUDA error: device-side assert'],
  unavailable: (context) => [503, 'unhealthy', `Model ${context.model} is currently loading`],
  overloaded: () => [529, 'overloaded', 'Model is overloaded'],
  timeout: () => [504, 'timeout', 'Request timed out'],
  auth: () => [401, 'authorization', 'Invalid credentials in Authorization header'],
  permission: () => [403, 'authorization', 'This authentication method does not have sufficient permissions'],
  'not-found': (context) => [404, 'not_found', `Model ${context.model} does not exist`],
  'bad-request': () => [422, 'validation', 'Input validation error: `inputs` cannot be empty'],
};

/** TGI's answer for `kind`. */
export function tgiError(kind: ErrorKind, context: ErrorContext): VendorError {
  const [status, type, message] = WORDINGS[kind](context);
  const body = { error: context.message ?? message, error_type: type };
  return { status, body: kind === 'unavailable' ? { ...body, estimated_time: 20 } : body };
}
