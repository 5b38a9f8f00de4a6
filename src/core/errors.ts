// The registry of failures that the gateway itself raises: code, status, OpenAI type, who is at fault and what to do.
// Errors that a provider answered with are not here; they are read in classify.ts.
import type { Failure, FailureCause } from './outcome.ts';
import type { Millis } from './units.ts';

export interface GatewayErrorSpec {
  readonly status: number;
  /** OpenAI `error.type`, as LiteLLM 1.106 fills it. */
  readonly type: string;
  /** LiteLLM's exception class, which clients look for at the start of the message. */
  readonly exceptionClass: string;
  readonly cause: FailureCause;
  readonly scope: Failure['scope'];
  readonly source: 'client' | 'gateway' | 'upstream';
  /** What whoever reads it can do. */
  readonly remedy: string;
}

const badRequest = { status: 400, type: 'invalid_request_error', cause: 'bad_request', scope: 'request' } as const;

/** Every failure of our own, by code. The codes are for logs and documents; clients see the status as `error.code`. */
export const GATEWAY_ERRORS = {
  unknown_model: {
    ...badRequest,
    exceptionClass: 'BadRequestError',
    source: 'client',
    remedy: 'Ask for a name that /v1/models lists, or add it to model_list.',
  },
  no_healthy_deployments: {
    ...badRequest,
    exceptionClass: 'BadRequestError',
    source: 'client',
    remedy: 'Ask for a name that a group, an alias or a wildcard covers.',
  },
  provider_not_provided: {
    ...badRequest,
    exceptionClass: 'BadRequestError',
    source: 'gateway',
    remedy: 'Write the provider in front of the model: openai/<model>, azure/<deployment>.',
  },
  unsupported_call: {
    ...badRequest,
    exceptionClass: 'UnsupportedParamsError',
    source: 'client',
    remedy: 'Leave the parameter out, set drop_params, or use a deployment that supports it.',
  },
  prompt_too_large: {
    ...badRequest,
    cause: 'context_window',
    exceptionClass: 'ContextWindowExceededError',
    source: 'client',
    remedy: 'Shorten the prompt, or configure context_window_fallbacks.',
  },
  prompt_over_limit: {
    ...badRequest,
    exceptionClass: 'BadRequestError',
    source: 'client',
    remedy: 'Shorten the prompt, raise tpm or itpm, or configure fallbacks.',
  },
  out_of_rotation: {
    status: 500,
    type: 'internal_server_error',
    exceptionClass: 'InternalServerError',
    cause: 'misconfigured',
    scope: 'request',
    source: 'gateway',
    remedy: 'Fill in what the start-up warnings name: a placeholder, an empty value or an unset variable.',
  },
  model_blocked: {
    status: 403,
    type: 'permission_error',
    exceptionClass: 'PermissionDeniedError',
    cause: 'misconfigured',
    scope: 'request',
    source: 'gateway',
    remedy: 'Take model_info.blocked away from a deployment of the group, or ask for another model.',
  },
  deployment_paused: {
    status: 503,
    type: 'internal_server_error',
    exceptionClass: 'ServiceUnavailableError',
    cause: 'misconfigured',
    scope: 'request',
    source: 'gateway',
    remedy: 'Take model_info.blocked away, or let the fallback name another deployment.',
  },
  tags_refused: {
    status: 401,
    type: 'internal_server_error',
    exceptionClass: 'AuthenticationError',
    cause: 'bad_request',
    scope: 'request',
    source: 'client',
    remedy: 'Send tags that a deployment of the group carries, or give one the tag "default".',
  },
  no_deployments_available: {
    status: 429,
    type: 'rate_limit_error',
    exceptionClass: 'RateLimitError',
    cause: 'rate_limit',
    scope: 'request',
    source: 'gateway',
    remedy: 'Come back after Retry-After, raise the limits, or configure fallbacks.',
  },
  limits_reached: {
    status: 429,
    type: 'throttling_error',
    exceptionClass: 'RateLimitError',
    cause: 'rate_limit',
    scope: 'request',
    source: 'gateway',
    remedy: 'Come back after Retry-After, raise rpm, tpm or max_parallel_requests, or configure fallbacks.',
  },
  budget_crossed: {
    status: 429,
    type: 'rate_limit_error',
    exceptionClass: 'RateLimitError',
    cause: 'rate_limit',
    scope: 'request',
    source: 'gateway',
    remedy:
      'Come back after Retry-After, raise the budget, or configure fallbacks; /provider/budgets shows what was spent.',
  },
  all_deployments_in_cooldown: {
    status: 429,
    type: 'all_deployments_in_cooldown',
    exceptionClass: 'RateLimitError',
    cause: 'rate_limit',
    scope: 'request',
    source: 'gateway',
    remedy: 'Come back after Retry-After; /health shows why the deployments are out.',
  },
  deadline_exceeded: {
    status: 408,
    type: 'invalid_request_error',
    exceptionClass: 'Timeout',
    cause: 'timeout',
    scope: 'request',
    source: 'gateway',
    remedy: 'Raise `deadline` in router_settings.',
  },
  internal: {
    status: 500,
    type: 'internal_server_error',
    exceptionClass: 'InternalServerError',
    cause: 'server_error',
    scope: 'request',
    source: 'gateway',
    remedy: 'Report it, with the warning that stands in the log at the same time.',
  },
  mock_rate_limit: {
    status: 429,
    type: 'throttling_error',
    exceptionClass: 'RateLimitError',
    cause: 'rate_limit',
    scope: 'request',
    source: 'client',
    remedy: 'Drop mock_testing_rate_limit_error from the request.',
  },
  mock_fallbacks: {
    status: 500,
    type: 'internal_server_error',
    exceptionClass: 'InternalServerError',
    cause: 'server_error',
    scope: 'request',
    source: 'client',
    remedy: 'Drop mock_testing_fallbacks from the request, or configure fallbacks for the group.',
  },
  mock_context_window: {
    ...badRequest,
    cause: 'context_window',
    exceptionClass: 'ContextWindowExceededError',
    source: 'client',
    remedy: 'Drop the flag, or configure context_window_fallbacks for the group.',
  },
  mock_content_policy: {
    ...badRequest,
    cause: 'content_policy',
    exceptionClass: 'ContentPolicyViolationError',
    source: 'client',
    remedy: 'Drop the flag, or configure content_policy_fallbacks for the group.',
  },
} as const satisfies Readonly<Record<string, GatewayErrorSpec>>;

export type GatewayErrorCode = keyof typeof GATEWAY_ERRORS;

/** A failure of our own with its text; `param` names the request field that is to blame. */
export function gatewayFailure(
  code: GatewayErrorCode,
  message: string,
  more?: { readonly param?: string | null; readonly retryAfterMs?: Millis | undefined },
): Failure {
  const { status, type, exceptionClass, cause, scope } = GATEWAY_ERRORS[code];
  const { param = null, retryAfterMs } = more ?? {};
  return { cause, scope, status, message, type, param, code: String(status), retryAfterMs, exceptionClass };
}

/**
 * LiteLLM's class prefix: clients tell errors apart by it (`litellm.RateLimitError: ...`). The two refinements of a bad
 * request show both classes.
 */
export function prefixed(exceptionClass: string, text: string): string {
  if (exceptionClass === 'ContextWindowExceededError') {
    return `litellm.ContextWindowExceededError: litellm.BadRequestError: ${text}`;
  }
  if (exceptionClass === 'ContentPolicyViolationError') {
    return `litellm.BadRequestError: litellm.ContentPolicyViolationError: ${text}`;
  }
  return `litellm.${exceptionClass}: ${text}`;
}
