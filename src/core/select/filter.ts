// The first step of a decision: which candidates may be used right now. Reasons are not kept here, because a decision
// that finds something never needs them; see shortage.ts.
import { standingOf } from '../breaker/standing.ts';
import type { Deployment } from '../deployment.ts';
import { rowOf } from '../fleet/fleet.ts';
import type { Micros } from '../fleet/micros.ts';
import type { Row } from '../fleet/row.ts';
import { parallelFull, rowFreeAtUs } from '../limiter/limiter.ts';
import type { SelectContext } from './select-context.ts';
import type { TagMode, TagRequest } from './tag-filter.ts';
import { passesTags, tagMode } from './tag-filter.ts';

/** Settings and tags of a decision, read once. */
export interface FilterRules {
  readonly enforceLimits: boolean;
  /** `undefined` = tags do not matter. */
  readonly tagRequest: TagRequest | undefined;
  readonly tagMode: TagMode;
}

const ENFORCED: FilterRules = { enforceLimits: true, tagRequest: undefined, tagMode: 'all' };
const WEIGHTS_ONLY: FilterRules = { enforceLimits: false, tagRequest: undefined, tagMode: 'all' };

export function filterRules(context: SelectContext): FilterRules {
  const { settings, deployments } = context.table;
  if (!settings.enableTagFiltering && context.intent.routing?.enableTagFiltering !== true)
    return settings.enforceLimits ? ENFORCED : WEIGHTS_ONLY;
  const tagRequest = { tags: context.tags, matchAny: settings.tagFilteringMatchAny };
  return {
    enforceLimits: settings.enforceLimits,
    tagRequest,
    tagMode: tagMode(tagRequest, deployments, context.candidates),
  };
}

/** Config and request allow it, whatever its state. */
export function isEligible(deployment: Deployment, context: SelectContext, rules: FilterRules): boolean {
  if (deployment.outOfRotation !== undefined) return false;
  return passesRules(deployment, rules) && fitsWindow(deployment, context) && fitsLimits(deployment, context, rules);
}

export function passesRules(deployment: Deployment, rules: FilterRules): boolean {
  return rules.tagRequest === undefined || passesTags(deployment, rules.tagRequest, rules.tagMode);
}

export function fitsWindow(deployment: Deployment, context: SelectContext): boolean {
  if (context.minInputTokens === 0 || deployment.maxInputTokens === undefined) return true;
  return deployment.maxInputTokens >= context.minInputTokens;
}

/** Whether the prompt alone, as it was counted, is within the limits of tokens: else it would never be let through. */
export function fitsLimits({ limits }: Deployment, context: SelectContext, rules: FilterRules): boolean {
  if (!context.promptIsCounted || !rules.enforceLimits) return true;
  return context.promptTokens <= Math.min(limits.tpm ?? Infinity, limits.itpm ?? Infinity);
}

/** The breaker lets a request through: closed, or half-open with its probe due. */
export function isHealthy(row: Row, nowUs: Micros): boolean {
  const standing = standingOf(row, nowUs);
  return standing === 'ready' || standing === 'probe-due';
}

/** Time and rules of a decision, for the functions that look at one candidate. */
export interface Moment {
  readonly nowUs: Micros;
  readonly rules: FilterRules;
}

/** Limits and parallel slots have room. */
export function hasRoom(row: Row, context: SelectContext, moment: Moment): boolean {
  if (parallelFull(row)) return false;
  if (!row.metered || !moment.rules.enforceLimits) return true;
  return rowFreeAtUs(row, context, moment.nowUs) === 0;
}

/** Writes the usable candidates to the fleet's scratch space and returns how many they are. */
export function filterCandidates(context: SelectContext, moment: Moment): number {
  const { candidates, fleet, table } = context;
  let count = 0;
  for (const index of candidates) {
    const deployment = table.deployments[index];
    if (deployment === undefined || !isEligible(deployment, context, moment.rules)) continue;
    const row = rowOf(fleet, index);
    if (!context.ignoreHealth && !isHealthy(row, moment.nowUs)) continue;
    if (!hasRoom(row, context, moment)) continue;
    fleet.scratch[count] = index;
    count++;
  }
  return count;
}
