// The first step of a decision: which candidates may be used right now. Reasons are not kept here, because a decision
// that finds something never needs them; see shortage.ts.
import { standingOf } from '../breaker/standing.ts';
import type { Deployment } from '../deployment.ts';
import { rowOf } from '../fleet/fleet.ts';
import type { Micros } from '../fleet/micros.ts';
import type { Row } from '../fleet/row.ts';
import { slotLeaseAtUs } from '../lease/lease-admission.ts';
import { parallelFull, rowFreeAtUs } from '../limiter/limiter.ts';
import type { DeploymentIndex } from '../units.ts';
import type { SelectContext } from './select-context.ts';
import { optionalReason, optionalRules, type OptionalReason, type OptionalRules } from './optional-filter.ts';
import type { TagMode, TagRequest } from './tag-filter.ts';
import { passesTags, readTags, tagMode } from './tag-filter.ts';

/** Settings and tags of a decision, read once. */
export interface FilterRules {
  readonly enforceLimits: boolean;
  /** `undefined` = tags do not matter. */
  readonly tagRequest: TagRequest | undefined;
  readonly tagMode: TagMode;
  /** `undefined` = no other filter of the config or the request applies. */
  readonly optional: OptionalRules | undefined;
}

const ENFORCED: FilterRules = { enforceLimits: true, tagRequest: undefined, tagMode: 'all', optional: undefined };
const WEIGHTS_ONLY: FilterRules = { ...ENFORCED, enforceLimits: false };

/** A plain decision shares one of two constants. */
export function filterRules(context: SelectContext, nowUs: Micros): FilterRules {
  const plain = context.table.settings.enforceLimits ? ENFORCED : WEIGHTS_ONLY;
  const optional = optionalRules(context, nowUs);
  const tagRequest = tagRequestOf(context);
  if (tagRequest === undefined) return optional === undefined ? plain : settled(context, plain, optional);
  const mode = tagMode(tagRequest, context.table.deployments, context.candidates);
  const tagged = { ...plain, tagRequest, tagMode: mode };
  return optional === undefined ? tagged : settled(context, tagged, optional);
}

/** Formats are known from a table and health from a probe: neither may leave a request with nobody to ask. */
function settled(context: SelectContext, rules: FilterRules, wanted: OptionalRules): FilterRules {
  const { responseFormat, health } = wanted;
  if (responseFormat === undefined && health === undefined) return { ...rules, optional: wanted };
  let optional: OptionalRules = { ...wanted, responseFormat: undefined, health: undefined };
  for (const lenient of [{ responseFormat }, { health }]) {
    const tried = { ...optional, ...lenient };
    if (leavesSomebody(context, { ...rules, optional: tried }, wanted.nowUs)) optional = tried;
  }
  return { ...rules, optional };
}

/** Somebody whom these rules and its breaker let have the request, room or not. */
function leavesSomebody(context: SelectContext, rules: FilterRules, nowUs: Micros): boolean {
  return context.candidates.some((index) => {
    const deployment = context.table.deployments[index];
    if (deployment === undefined || !isEligible(deployment, context, rules)) return false;
    return isHealthy(rowOf(context.fleet, index), nowUs);
  });
}

/** `undefined` where tags do not matter. The group's own word beats the router's. */
function tagRequestOf({ table, candidates, tags, intent }: SelectContext): TagRequest | undefined {
  const { enableTagFiltering, tagFilteringByGroup, tagFilteringMatchAny, tagRoutingPrefix } = table.settings;
  const group = tagFilteringByGroup === undefined ? undefined : table.deployments[candidates[0] ?? -1]?.group;
  const isOn = tagFilteringByGroup?.get(group ?? '') ?? enableTagFiltering;
  if (!isOn && intent.routing?.enableTagFiltering !== true) return undefined;
  return readTags({ tags, prefix: tagRoutingPrefix, matchAny: tagFilteringMatchAny, userAgent: intent.userAgent });
}

/** Config and request allow it, whatever its state. */
export function isEligible(deployment: Deployment, context: SelectContext, rules: FilterRules): boolean {
  if (deployment.outOfRotation !== undefined) return false;
  return passesRules(deployment, rules) && fitsWindow(deployment, context) && fitsLimits(deployment, context, rules);
}

function passesRules(deployment: Deployment, rules: FilterRules): boolean {
  return ruleReason(deployment, rules) === undefined;
}

/** The first of the tags and the other filters that keeps the deployment out. */
export function ruleReason(deployment: Deployment, rules: FilterRules): 'tagged' | OptionalReason | undefined {
  const { tagRequest, optional } = rules;
  if (tagRequest !== undefined && !passesTags(deployment, tagRequest, rules.tagMode)) return 'tagged';
  return optional === undefined ? undefined : optionalReason(deployment, optional);
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
  if (parallelFull(row, moment.nowUs)) {
    slotLeaseAtUs(row, moment.nowUs, false);
    return false;
  }
  if (!row.metered || !moment.rules.enforceLimits) return true;
  return rowFreeAtUs(row, context, moment.nowUs) === 0;
}

/** May have the request now: allowed, healthy, with room. */
export function isUsable(context: SelectContext, moment: Moment, index: DeploymentIndex): boolean {
  const deployment = context.table.deployments[index];
  if (deployment === undefined || !isEligible(deployment, context, moment.rules)) return false;
  const row = rowOf(context.fleet, index);
  return (context.ignoreHealth || isHealthy(row, moment.nowUs)) && hasRoom(row, context, moment);
}

/** Writes the usable candidates to the fleet's scratch space and returns how many they are. */
export function filterCandidates(context: SelectContext, moment: Moment): number {
  const { candidates, fleet } = context;
  let count = 0;
  for (const index of candidates) {
    if (!isUsable(context, moment, index)) continue;
    fleet.scratch[count] = index;
    count++;
  }
  return count;
}
