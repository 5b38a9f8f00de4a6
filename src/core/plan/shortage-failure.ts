// What to do when no deployment can take a request now: what the client is told, and whether waiting could help.
import { coolingDeployments, standingOf } from '../breaker/standing.ts';
import { BLOCKED } from '../deployment.ts';
import { budgetsOfDeployment, budgetsOfTags, crossedText, isCrossed, type Budgets } from '../budget/budgets.ts';
import { gatewayFailure, prefixed } from '../errors.ts';
import { rowOf } from '../fleet/fleet.ts';
import { microsBefore } from '../fleet/micros.ts';
import type { Failure } from '../outcome.ts';
import {
  deploymentPausedFailure,
  modelBlockedFailure,
  crossedBudgetFailure,
  noDeploymentsFailure,
  noHealthyDeploymentsFailure,
  promptOverLimitFailure,
  promptTooLargeFailure,
  tagsRefusedFailure,
} from '../own-failures.ts';
import { deploymentAt } from '../routing-table.ts';
import type { NonePicked, SelectContext } from '../select/select-context.ts';
import type { Millis } from '../units.ts';

export interface ShortageSpot {
  readonly group: string;
  /** The group is one deployment, which a fallback names by its id. */
  readonly isFallbackById: boolean;
  readonly now: Millis;
}

/** The failure that describes a shortage in `group`, with the true remaining time where a clock can tell. */
export function shortageFailure(context: SelectContext, none: NonePicked, at: ShortageSpot): Failure {
  const { group, now } = at;
  if (none.total === 0) return noHealthyDeploymentsFailure(group, []);
  const usable = none.total - none.outOfRotation;
  if (usable === 0) return outOfRotationFailure(context, at);
  if (none.tagged === usable) return tagsRefusedFailure(group, context.tags);
  const allowed = usable - none.tagged - none.wrongRegion - none.unsupported;
  const serving = allowed - none.tooSmall - none.overLimit;
  if (serving === 0 && none.overLimit > 0) {
    return promptOverLimitFailure(group, context.promptTokens, largestLimit(context));
  }
  if (allowed > 0 && serving === 0) return promptTooLargeFailure(group, context.promptTokens, largestWindow(context));
  const retryAfterMs = none.returnMs === undefined ? undefined : none.returnMs - now;
  const { budgets } = context.table.settings;
  if (budgets !== undefined && none.overBudget === serving && serving > 0) {
    return crossedBudgetFailure(group, crossedTexts(context, budgets, now), retryAfterMs);
  }
  return noDeploymentsFailure({
    group,
    retryAfterMs,
    allCooling: serving > 0 && none.open + none.blocked === serving,
    isLimited: none.limited + none.parallel > 0,
    coolingIds: coolingDeployments(context.fleet, now).map((index) => deploymentAt(context.table, index).id),
    preCallChecks: context.table.settings.enablePreCallChecks,
    reasons: reasonsOf(none),
  });
}

/**
 * Until when waiting is worth it: for a unit of a limit, or for a time that a provider named. An open breaker and a
 * refusal without a time are no promise that anything will be free, so a new request does not wait for them; one that
 * was refused itself and may retry (`hasFailed`) does. `undefined` = do not wait.
 */
export function worthWaitingUntil(
  context: SelectContext,
  none: NonePicked,
  at: { readonly hasFailed: boolean; readonly now: Millis },
): { readonly untilMs: Millis; readonly reason: 'retry-after' | 'capacity' } | undefined {
  if (none.soonestMs === undefined) return undefined;
  if (none.limited > 0) return { untilMs: none.soonestMs, reason: 'capacity' };
  const hasWord = none.blocked > 0 && (at.hasFailed || hasNamedTime(context, at.now));
  return hasWord ? { untilMs: none.soonestMs, reason: 'retry-after' } : undefined;
}

function hasNamedTime(context: SelectContext, now: Millis): boolean {
  const nowUs = microsBefore(now);
  return context.candidates.some((index) => standingOf(rowOf(context.fleet, index), nowUs) === 'blocked');
}

function outOfRotationFailure(context: SelectContext, { group, isFallbackById }: ShortageSpot): Failure {
  const reasons = new Set(context.candidates.map((index) => deploymentAt(context.table, index).outOfRotation));
  if (reasons.size === 1 && reasons.has(BLOCKED)) {
    return isFallbackById ? deploymentPausedFailure(group) : modelBlockedFailure(group);
  }
  const text = `every deployment of ${group} is out of rotation: ${[...reasons].filter((reason) => reason !== undefined).join('; ')}`;
  return gatewayFailure('out_of_rotation', prefixed('InternalServerError', text));
}

/** The budgets that stand in the way, each once. */
function crossedTexts(context: SelectContext, budgets: Budgets, now: Millis): string[] {
  const { fleet, candidates, tags } = context;
  const drawnOn = [
    ...candidates.flatMap((index) => budgetsOfDeployment(budgets, index)),
    ...budgetsOfTags(budgets, tags),
  ];
  const nowUs = microsBefore(now);
  const crossed = [...new Set(drawnOn)].filter((budget) => isCrossed({ budgets, fleet }, budget, nowUs));
  return crossed.map((budget) => crossedText({ budgets, fleet }, budget, nowUs));
}

function largestWindow(context: SelectContext): number {
  return Math.max(0, ...context.candidates.map((index) => deploymentAt(context.table, index).maxInputTokens ?? 0));
}

/** The most that any deployment of the group takes in a minute, and the limit that says so. */
function largestLimit(context: SelectContext): { readonly name: 'tpm' | 'itpm'; readonly limit: number } {
  let largest: { readonly name: 'tpm' | 'itpm'; readonly limit: number } = { name: 'tpm', limit: 0 };
  for (const index of context.candidates) {
    const { tpm = Infinity, itpm = Infinity } = deploymentAt(context.table, index).limits;
    const limit = Math.min(tpm, itpm);
    if (Number.isFinite(limit) && limit > largest.limit) largest = { name: itpm < tpm ? 'itpm' : 'tpm', limit };
  }
  return largest;
}

function reasonsOf(none: NonePicked): string {
  const parts: [number, string][] = [
    [none.open, 'cooling down'],
    [none.blocked, 'refused by the provider'],
    [none.limited, 'over rpm or tpm'],
    [none.parallel, 'with all max_parallel_requests in use'],
    [none.overBudget, 'over budget'],
    [none.failedCheck, 'with a failed health check'],
    [none.tooSmall, 'with too small a window'],
    [none.overLimit, 'with a tpm or itpm below the prompt'],
    [none.wrongRegion, 'outside the region asked for'],
    [none.unsupported, 'without the response_format'],
    [none.tagged, 'not allowed by tags'],
    [none.outOfRotation, 'out of rotation'],
  ];
  return parts
    .filter(([count]) => count > 0)
    .map(([count, text]) => `${count} ${text}`)
    .join(', ');
}
