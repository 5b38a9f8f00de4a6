// How many retries a hop allows after a failure: a policy's number for the class of the error, else the request's, the
// deployment's, the router's (litellm-1.106.md 4e, 4f).
import { numberFor, type ClassNumbers } from '../class-numbers.ts';
import type { Deployment } from '../deployment.ts';
import type { RequestIntent } from '../request-intent.ts';
import type { RouterSettings } from '../routing-table.ts';
import type { ResolvedModel } from '../select/resolve.ts';

export interface RetryCount {
  readonly count: number;
  /** A policy allows them: then even errors are retried that otherwise never are (a 400 among them). */
  readonly byPolicy: boolean;
}

export interface CountQuestion {
  readonly settings: RouterSettings;
  readonly intent: RequestIntent;
  readonly resolution: ResolvedModel;
  /** The one that failed; `undefined`: nothing was attempted. */
  readonly deployment: Deployment | undefined;
  readonly exceptionClass: string;
}

/** A request that says `num_retries: 0` is not retried, whatever a policy says. */
export function retryCount(question: CountQuestion): RetryCount {
  const { settings, intent, resolution, deployment, exceptionClass } = question;
  if (resolution.byId || intent.numRetries === 0) return { count: 0, byPolicy: false };
  const policy = policyOf(question);
  const count = policy && numberFor(policy, exceptionClass);
  if (count !== undefined) return { count, byPolicy: true };
  return { count: intent.numRetries ?? deployment?.numRetries ?? settings.numRetries, byPolicy: false };
}

/** The policy of a group takes the place of the router's, also for classes that it does not name. */
function policyOf({ settings, intent, resolution }: CountQuestion): ClassNumbers | undefined {
  const { requested, group } = resolution;
  const own = intent.groupRetryPolicies;
  return (
    own?.get(requested) ??
    own?.get(group) ??
    settings.groupRetryPolicies.get(requested) ??
    settings.groupRetryPolicies.get(group) ??
    settings.retryPolicy
  );
}
