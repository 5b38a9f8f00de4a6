// The texts of the gateway's own failures: what happened, where, what now, with the fragments that clients of LiteLLM
// look for. Separate from the registry, which holds what does not depend on the request.
import { gatewayFailure, prefixed } from './errors.ts';
import type { Failure } from './outcome.ts';
import type { MockFailure } from './request-intent.ts';
import type { Millis } from './units.ts';

/** A name that nothing serves, in a config without wildcards (litellm-1.106.md 3.1a); `routeName` is `/chat/completions` etc. */
export function unknownModelFailure(model: string, routeName: string, nearest: readonly string[]): Failure {
  const text = `${routeName}: Invalid model name passed in model=${model}. Call \`/v1/models\` to view available models for your key.`;
  return gatewayFailure('unknown_model', text + didYouMean(nearest));
}

/** The same where a wildcard exists or for a fallback target (3.1b). */
export function noHealthyDeploymentsFailure(model: string, nearest: readonly string[]): Failure {
  const text = `You passed in model=${model}. There are no healthy deployments for this model.`;
  return gatewayFailure('no_healthy_deployments', prefixed('BadRequestError', text) + didYouMean(nearest));
}

/** A model string of the config that no provider matches. */
export function providerNotProvidedFailure(litellmModel: string): Failure {
  const text = `LLM Provider NOT provided. Write it in front of the model: openai/${litellmModel}. You passed model=${litellmModel}`;
  return gatewayFailure('provider_not_provided', prefixed('BadRequestError', text));
}

/** The provider cannot express the request; no attempt was made. `param` names the field. */
export function unsupportedFailure(message: string, param: string | null): Failure {
  return gatewayFailure('unsupported_call', prefixed('UnsupportedParamsError', message), { param });
}

/** What stands between a request and every deployment of its group. */
export interface Unavailability {
  readonly group: string;
  /** Until the soonest deployment is free again; `undefined` = nobody knows. */
  readonly retryAfterMs: Millis | undefined;
  /** Every member is cooling down or blocked, as opposed to over a limit. */
  readonly allCooling: boolean;
  /** At least one member would serve if it were not for its limits. */
  readonly isLimited: boolean;
  /** Ids of the members that are cooling down. */
  readonly coolingIds: readonly string[];
  readonly preCallChecks: boolean;
  /** `2 cooling down, 1 over rpm`, or empty. */
  readonly reasons: string;
}

const MS_PER_S = 1_000;

/** Nothing of the group can take the request and waiting is not worth it: 429 with the true remaining time. */
export function noDeploymentsFailure(what: Unavailability): Failure {
  const { group, retryAfterMs, allCooling, isLimited, coolingIds, preCallChecks, reasons } = what;
  const seconds = Math.max(1, Math.ceil((retryAfterMs ?? MS_PER_S) / MS_PER_S));
  const message =
    `No deployments available for selected model, Try again in ${seconds} seconds. ` +
    (allCooling ? 'All deployments for selected model are in cooldown. ' : '') +
    `Passed model=${group}. pre-call-checks=${preCallChecks ? 'True' : 'False'}, ` +
    `cooldown_list=[${coolingIds.map((id) => `'${id}'`).join(', ')}]${reasons === '' ? '' : ` (${reasons})`}`;
  const code = isLimited ? 'limits_reached' : 'no_deployments_available';
  return gatewayFailure(allCooling ? 'all_deployments_in_cooldown' : code, message, { retryAfterMs });
}

/** Every deployment of the group is blocked in the config (litellm-1.106.md, Part 2). */
export function modelBlockedFailure(group: string): Failure {
  return gatewayFailure('model_blocked', prefixed('PermissionDeniedError', `Model is blocked. Passed model=${group}`));
}

/** The same for one deployment that a fallback names by its id. */
export function deploymentPausedFailure(id: string): Failure {
  return gatewayFailure(
    'deployment_paused',
    prefixed('ServiceUnavailableError', `Deployment ${id} is currently paused`),
  );
}

/** Every deployment of the group has crossed a budget; `crossed` says which (LiteLLM: `crossed budget`). */
export function crossedBudgetFailure(
  group: string,
  crossed: readonly string[],
  retryAfterMs: Millis | undefined,
): Failure {
  const text = `No deployments available - crossed budget: ${crossed.join('; ')}. Passed model=${group}`;
  return gatewayFailure('budget_crossed', text, { retryAfterMs });
}

/** No deployment of the group carries the tags (litellm-1.106.md 3.7a). */
export function tagsRefusedFailure(group: string, tags: readonly string[]): Failure {
  const list = tags.map((tag) => `'${tag}'`).join(', ');
  return gatewayFailure(
    'tags_refused',
    `Not allowed to access model due to tags configuration. Passed model=${group} and tags=[${list}]`,
  );
}

/** Every deployment left has a window smaller than the prompt (`enable_pre_call_checks`). */
export function promptTooLargeFailure(group: string, promptTokens: number, largestWindow: number): Failure {
  const text =
    `the prompt is larger than the maximum context length of every deployment of ${group}: ` +
    `about ${promptTokens} tokens, largest window ${largestWindow}`;
  return gatewayFailure('prompt_too_large', prefixed('ContextWindowExceededError', text));
}

/** The prompt alone, counted, exceeds the tpm or itpm of every deployment left: no time would make room for it. */
export function promptOverLimitFailure(
  group: string,
  promptTokens: number,
  largest: { readonly name: 'tpm' | 'itpm'; readonly limit: number },
): Failure {
  const text =
    `the prompt alone exceeds the ${largest.name} of every deployment of ${group}: ` +
    `${promptTokens} tokens, largest ${largest.name} ${largest.limit}`;
  return gatewayFailure('prompt_over_limit', prefixed('BadRequestError', text));
}

/** The request's own deadline ran out before anything answered. */
export function deadlineFailure(deadlineMs: Millis): Failure {
  const text = `Request timed out. The deadline of ${deadlineMs / MS_PER_S} s has passed.`;
  return { ...gatewayFailure('deadline_exceeded', prefixed('Timeout', text)), timer: 'request' };
}

/** A bug of ours stopped an attempt: no deployment is to blame, and its text is not for clients. */
export function internalFailure(): Failure {
  return gatewayFailure(
    'internal',
    prefixed('InternalServerError', 'The gateway failed to make the upstream request.'),
  );
}

/** The failure that a `mock_testing_*` flag asks for, raised before any deployment is reached. */
export function mockFailure(kind: MockFailure, model: string): Failure {
  const text = `This is a mock exception for model=${model}, raised because the request asked for it.`;
  switch (kind) {
    case 'rate_limit':
      return gatewayFailure('mock_rate_limit', prefixed('RateLimitError', text));
    case 'fallbacks':
      return gatewayFailure('mock_fallbacks', prefixed('InternalServerError', text));
    case 'context_window':
      return gatewayFailure('mock_context_window', prefixed('ContextWindowExceededError', text));
    case 'content_policy':
      return gatewayFailure('mock_content_policy', prefixed('ContentPolicyViolationError', text));
  }
}

function didYouMean(nearest: readonly string[]): string {
  return nearest.length === 0 ? '' : ` Did you mean ${nearest.map((name) => `\`${name}\``).join(' or ')}?`;
}
