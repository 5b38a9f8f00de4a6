// Whether and where a failed attempt is tried again inside its group: the column "Then" of the failure contract
// (DESIGN 5) as data, with the statuses of LiteLLM 1.106 (4c). Fallbacks and pauses are decided elsewhere.
import type { Deployment } from '../deployment.ts';
import type { Failure, FailureCause } from '../outcome.ts';
import type { RoutingTable } from '../routing-table.ts';
import type { DeploymentIndex } from '../units.ts';

/**
 * `again`: any deployment, the same one included. `shared`: the same, but only in a group of more than one: the breaker
 * has taken the failed one out, so that in effect another one is asked once. `elsewhere`: only deployments that this
 * request has not tried. `larger-window`: of those, the ones with a larger window.
 */
type RetryRule = 'again' | 'shared' | 'elsewhere' | 'larger-window' | 'never';

export const RETRY_RULES: Readonly<Record<FailureCause, RetryRule>> = {
  rate_limit: 'again',
  quota_exhausted: 'shared',
  server_error: 'again',
  conflict: 'again',
  bad_answer: 'again',
  connection: 'again',
  timeout: 'again',
  upstream_timeout: 'again',
  authentication: 'shared',
  misconfigured: 'shared',
  permission: 'shared',
  not_found: 'never',
  context_window: 'larger-window',
  content_policy: 'never',
  bad_request: 'never',
};

export interface RetryQuestion {
  readonly table: RoutingTable;
  readonly failure: Failure;
  /** The deployment that failed. */
  readonly deployment: Deployment;
  /** In rotation; the failed one is among them. */
  readonly group: readonly DeploymentIndex[];
  /** Tried by this request, the failed one included. */
  readonly tried: readonly DeploymentIndex[];
  readonly promptTokens: number;
  /** A fallback is at hand for this failure. */
  readonly hasFallback: boolean;
  /** Going on with a stream is for deployments that have not broken it. */
  readonly isRecovery: boolean;
  /** The deployment refused no more than the beginning of the answer: it may still be asked for the whole. */
  readonly hasRefusedBeginning: boolean;
  /** A `retry_policy` allows retries for this class of errors: that beats `never` and its kind (litellm-1.106.md 4e). */
  readonly byPolicy: boolean;
}

/** Deployments that a retry may go to; empty = no retry in this group. */
export function retryCandidates(question: RetryQuestion): readonly DeploymentIndex[] {
  const { failure, group, tried } = question;
  if (question.isRecovery) return recoveryCandidates(question);
  switch (ruleFor(failure, question.byPolicy)) {
    case 'never':
      return [];
    case 'shared':
      return group.length > 1 ? group : [];
    case 'elsewhere':
      return group.filter((index) => !tried.includes(index));
    case 'larger-window':
      return question.hasFallback ? [] : withLargerWindow(question);
    case 'again':
      return again(question);
  }
}

function recoveryCandidates({
  group,
  tried,
  deployment,
  hasRefusedBeginning,
}: RetryQuestion): readonly DeploymentIndex[] {
  const untried = group.filter((index) => !tried.includes(index));
  return untried.length === 0 && hasRefusedBeginning ? [deployment.index] : untried;
}

/** The provider's dialect cannot express the request: nothing was sent, so asking another deployment costs nothing. */
export function isUnsent(failure: Failure): boolean {
  return failure.exceptionClass === 'UnsupportedParamsError';
}

/** A request larger than a whole limit (`retryAfterMs` 0) fits no better a second time. */
function ruleFor(failure: Failure, byPolicy: boolean): RetryRule {
  if (isUnsent(failure)) return 'elsewhere';
  if (failure.cause === 'rate_limit' && failure.retryAfterMs === 0) return 'elsewhere';
  return byPolicy ? 'again' : RETRY_RULES[failure.cause];
}

/** After a timeout the same deployment is not asked again while anything else exists, a fallback included. */
function again({ failure, group, tried, hasFallback }: RetryQuestion): readonly DeploymentIndex[] {
  if (failure.cause !== 'timeout' || !hasFallback) return group;
  return group.filter((index) => !tried.includes(index));
}

function withLargerWindow({ table, deployment, group, tried, promptTokens }: RetryQuestion): DeploymentIndex[] {
  const tooSmall = deployment.maxInputTokens ?? promptTokens;
  return group.filter((index) => !tried.includes(index) && (table.deployments[index]?.maxInputTokens ?? 0) > tooSmall);
}
