// `x-loadstone-decision`: the steps of a request so far in one header, for callers who asked and may know. Clients and
// proxies bound their headers, so what does not fit is left out, the least important first.
import type { PlanStep } from '../core/explain/plan-trace.ts';
import { shownStep } from './shown-steps.ts';

const MOST_BYTES = 8_192;

/** Compact JSON of printable ASCII, at most 8 kB. */
export function decisionHeader(steps: readonly PlanStep[]): string {
  const whole = ascii({ steps: steps.map(shownStep) });
  if (whole.length <= MOST_BYTES) return whole;
  for (let kept = steps.length; kept > 0; kept = Math.floor(kept / 2)) {
    const short = ascii({ steps: steps.slice(0, kept).map(shortStep), cut: CUT });
    if (short.length <= MOST_BYTES) return short;
  }
  return ascii({ steps: [], cut: CUT });
}

const CUT = 'see GET /admin/requests/{call id}';
const LONGEST_NAME = 100;
const MOST_CANDIDATES = 20;

/** Of each candidate its verdict; the numbers are what takes the room. */
function shortStep(step: PlanStep): Readonly<Record<string, unknown>> {
  const { candidates: _candidates, ...rest } = shownStep(step);
  const names = Object.fromEntries(
    Object.entries(rest).map(([key, value]) => [key, typeof value === 'string' ? value.slice(0, LONGEST_NAME) : value]),
  );
  if (step.kind !== 'decision' || step.decision === undefined) return names;
  const shown = step.decision.candidates.slice(0, MOST_CANDIDATES);
  return {
    ...names,
    candidates: shown.map(({ id, verdict, reason, probability }) => ({
      id: id.slice(0, LONGEST_NAME),
      verdict,
      reason,
      probability: Math.round(probability * 1000) / 1000,
    })),
    omitted: step.decision.omitted + step.decision.candidates.length - shown.length || undefined,
  };
}

function ascii(value: unknown): string {
  return JSON.stringify(value).replaceAll(/[^\x20-\x7e]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
