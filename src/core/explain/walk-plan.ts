// What would happen if: runs a plan to its end on a clock of its own, every attempt coming to the same assumed outcome.
// Nothing is sent; the fleet that the plan was made with is the world in which it happens.
import type { Failure, FailureCause, Outcome } from '../outcome.ts';
import type { Plan } from '../plan.ts';
import type { DeploymentIndex, Millis } from '../units.ts';

export interface Walk {
  /** What the client is told; `undefined`: an answer. */
  readonly ending: Failure | undefined;
  readonly attempts: number;
  /** The plan asked for a count of the prompt, by the tokenizer of this deployment's model. */
  readonly countedFor: DeploymentIndex | undefined;
}

export interface WalkOptions {
  /** What every attempt comes to; `undefined`: an answer. */
  readonly failure: Failure | undefined;
  /** What a count comes to; `undefined`: nobody can tell. */
  readonly promptTokens: number | undefined;
  readonly startedAtMs: Millis;
}

/** The middle of every chance: the walk is one of the ways that it can go. */
const middle = (): number => 0.5;
const ANSWER: Outcome = { kind: 'success', usage: undefined, timing: { totalMs: 0, firstContentMs: undefined } };

/** Attempts take no time, waits their whole time. */
export function walkPlan(plan: Plan, { failure, promptTokens, startedAtMs }: WalkOptions): Walk {
  let now = startedAtMs;
  let attempts = 0;
  let countedFor: DeploymentIndex | undefined;
  for (;;) {
    const action = plan.next(now, middle);
    switch (action.kind) {
      case 'fail':
        return { ending: action.failure, attempts, countedFor };
      case 'wait':
        now = action.untilMs;
        break;
      case 'count':
        countedFor = action.deployment;
        plan.counted(promptTokens, now);
        break;
      case 'attempt': {
        attempts += 1;
        const outcome = failure && ({ kind: 'failure', failure, committed: false, unsent: false } as const);
        plan.record(outcome ?? ANSWER, now, middle);
        if (outcome === undefined) return { ending: undefined, attempts, countedFor };
      }
    }
  }
}

/** The failures that operators ask about. */
export const ASSUMED_FAILURES: Readonly<Record<'500' | '429' | 'context window', Failure>> = {
  '500': assumed('server_error', { scope: 'deployment', status: 500, exceptionClass: 'InternalServerError' }),
  '429': assumed('rate_limit', { scope: 'deployment', status: 429, exceptionClass: 'RateLimitError' }),
  'context window': assumed('context_window', {
    scope: 'request',
    status: 400,
    exceptionClass: 'ContextWindowExceededError',
  }),
};

function assumed(cause: FailureCause, more: Pick<Failure, 'scope' | 'status' | 'exceptionClass'>): Failure {
  const code = String(more.status);
  return { cause, ...more, message: 'assumed', type: null, param: null, code, retryAfterMs: undefined };
}
