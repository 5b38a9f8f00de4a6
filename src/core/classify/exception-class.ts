// LiteLLM's names for what an upstream did: exception class by status, provider label, `error.type`. Clients of LiteLLM
// match on these, so they are interface; nothing here decides what happens next.
import { prefixed } from '../errors.ts';
import { maskSecrets } from '../mask-secrets.ts';

const CLASS_BY_STATUS: Readonly<Record<number, string>> = {
  400: 'BadRequestError',
  401: 'AuthenticationError',
  404: 'NotFoundError',
  408: 'Timeout',
  413: 'BadRequestError',
  422: 'BadRequestError',
  429: 'RateLimitError',
  500: 'InternalServerError',
  502: 'BadGatewayError',
  503: 'ServiceUnavailableError',
  504: 'Timeout',
};

/** Statuses without a class of their own (402, 403, 409, 529, ...) pass as generic API errors (litellm-1.106.md 10.8b). */
export function exceptionClassOf(status: number): string {
  return CLASS_BY_STATUS[status] ?? 'APIError';
}

/** `error.type` where the upstream's own is not kept (10.8a). */
export function typeOfStatus(status: number): string {
  if (status === 401) return 'authentication_error';
  if (status === 403) return 'permission_error';
  if (status === 429) return 'throttling_error';
  return status >= 500 ? 'internal_server_error' : 'invalid_request_error';
}

/**
 * Providers whose error fields reach the client: 1.106 calls them through OpenAI's library, which parses them. Of all
 * others the client sees the body as text and fields by status (golden c60 to c62).
 */
const PARSED_PROVIDERS: ReadonlySet<string> = new Set([
  'openai',
  'azure',
  'azure_text',
  'custom_openai',
  'text-completion-openai',
]);

export function keepsErrorFields(provider: string): boolean {
  return PARSED_PROVIDERS.has(provider);
}

/** `OpenAIException`, `AzureException`, `Hosted_vllmException`. */
function providerLabel(provider: string): string {
  if (provider === 'openai' || provider === 'text-completion-openai') return 'OpenAIException';
  return `${provider.charAt(0).toUpperCase()}${provider.slice(1)}Exception`;
}

/** Class, provider and text as one message, without secrets. */
export function clientMessage(exceptionClass: string, provider: string, text: string): string {
  return prefixed(exceptionClass, `${providerLabel(provider)} - ${maskSecrets(text)}`);
}
