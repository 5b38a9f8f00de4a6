// The steps of a plan as JSON shows them, in a header and on the admin routes: LiteLLM's spelling of names, whole
// milliseconds, and nothing that is at its default.
import type { ExplainedCandidate, ExplainedDecision } from '../core/explain/decision.ts';
import type { PlanStep } from '../core/explain/plan-trace.ts';

type Shown = Readonly<Record<string, unknown>>;

/** Members that are `undefined` disappear in JSON. */
export function shownStep(step: PlanStep): Shown {
  const at = { at_ms: rounded(step.atMs), step: step.kind };
  switch (step.kind) {
    case 'group':
      return { ...at, asked: step.asked, group: step.group, as: step.as };
    case 'decision':
      return {
        ...at,
        group: step.group,
        picked: step.picked ?? null,
        soonest_in_ms: optional(step.soonestInMs),
        ...(step.decision === undefined ? {} : shownDecision(step.decision)),
      };
    case 'race':
      return { ...at, group: step.group, silent: step.silent, rival: step.rival };
    case 'failed':
      return { ...at, deployment: step.deployment, ...step.failure };
    case 'retry': {
      const { retry, of, among, reason, pauseMs, isDeferred } = step;
      return { ...at, retry, of, among, reason, pause_ms: rounded(pauseMs), after_fallbacks: isDeferred || undefined };
    }
    case 'fallback':
      return { ...at, from: step.from, to: step.to, list: step.list };
    case 'wait':
      return { ...at, wait_ms: rounded(step.waitMs), reason: step.reason };
    case 'counted':
      return { ...at, prompt_tokens: step.promptTokens };
    case 'end':
      return { ...at, ...step.failure };
  }
}

export function shownDecision({ strategy, promptTokens, candidates, omitted }: ExplainedDecision): Shown {
  return {
    strategy,
    prompt_tokens: promptTokens,
    candidates: candidates.map(shownCandidate),
    omitted: omitted === 0 ? undefined : omitted,
  };
}

function shownCandidate(candidate: ExplainedCandidate): Shown {
  const { id, verdict, reason, freeInMs, probability, weight, score, order, tried, inFlight, limits } = candidate;
  return {
    id,
    verdict,
    reason,
    probability: rounded(probability),
    weight: optional(weight),
    score: optional(score),
    order,
    tried: tried || undefined,
    in_flight: inFlight,
    free_in_ms: freeInMs === 0 ? undefined : optional(freeInMs),
    limits: limits.length === 0 ? undefined : shownLimits(limits),
    breaker: shownBreaker(candidate.breaker),
  };
}

function shownLimits(limits: ExplainedCandidate['limits']): Shown {
  return Object.fromEntries(limits.map(({ name, ...numbers }) => [name, numbers]));
}

/** Absent when nothing is wrong: closed, free and at its full share. */
function shownBreaker({ state, why, availableInMs, ramp }: ExplainedCandidate['breaker']): Shown | undefined {
  if (state === 'closed' && why === undefined && ramp === 1) return undefined;
  return { state, why, available_in_ms: rounded(availableInMs), ramp: ramp === 1 ? undefined : rounded(ramp) };
}

function optional(value: number | undefined): number | undefined {
  return value === undefined ? undefined : rounded(value);
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
