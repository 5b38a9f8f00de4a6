// How Azure words its errors: codes are statuses as text for what its front answers, OpenAI's for what the model's
// host answers, and filtered prompts carry an inner error with the result of each category.
import type { ErrorKind } from '../fault.ts';
import { openaiError } from './openai.ts';
import type { ErrorContext, VendorError } from './error-context.ts';

const coded = (status: number, code: string, message: string): VendorError => ({
  status,
  body: { error: { code, message } },
});

const SAFE = { filtered: false, severity: 'safe' };

function filteredPrompt(context: ErrorContext): VendorError {
  const message =
    context.message ??
    "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please modify " +
      'your prompt and retry. To learn more about our content filtering policies please read our documentation: ' +
      'https://go.microsoft.com/fwlink/?linkid=2198766';
  const result = {
    hate: SAFE,
    jailbreak: { filtered: false, detected: false },
    self_harm: SAFE,
    sexual: SAFE,
    violence: { filtered: true, severity: 'medium' },
  };
  const innererror = { code: 'ResponsibleAIPolicyViolation', content_filter_result: result };
  const error = { message, type: null, param: 'prompt', code: 'content_filter', status: 400, innererror };
  return { status: 400, body: { error } };
}

function rateLimitText(context: ErrorContext): string {
  return (
    'Requests to the ChatCompletions_Create Operation under Azure OpenAI API version ' +
    `${context.apiVersion ?? '2024-10-21'} have exceeded ${context.limited === 'tokens' ? 'token' : 'call'} rate limit ` +
    `of your current OpenAI S0 pricing tier. Please retry after ${context.retryAfterSeconds} seconds. Please go here: ` +
    'https://aka.ms/oai/quotaincrease if you would like to further increase the default rate limit.'
  );
}

const COMMON: Readonly<Partial<Record<ErrorKind, readonly [status: number, code: string, message: string]>>> = {
  server: [500, 'InternalServerError', 'The server had an error processing your request. Sorry about that!'],
  unavailable: [503, 'ServiceUnavailable', 'The service is temporarily unable to process your request.'],
  timeout: [408, 'Timeout', 'The operation was timeout.'],
  auth: [
    401,
    '401',
    'Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an ' +
      'active subscription and use a correct regional API endpoint for your resource.',
  ],
  permission: [403, '403', 'Access denied due to Virtual Network/Firewall rules.'],
  'not-found': [
    404,
    'DeploymentNotFound',
    'The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, ' +
      'please wait a moment and try again.',
  ],
};

/** Azure's answer for `kind`. */
export function azureError(kind: ErrorKind, context: ErrorContext): VendorError {
  if (kind === 'content-filter') return filteredPrompt(context);
  if (kind === 'rate-limit') return coded(429, '429', context.message ?? rateLimitText(context));
  const common = COMMON[kind];
  if (common === undefined) return openaiError(kind, context);
  return coded(common[0], common[1], context.message ?? common[2]);
}

/** What Azure's front says to a path or api-version that it does not know. */
export function azurePathNotFound(): VendorError {
  return coded(404, '404', 'Resource not found');
}
