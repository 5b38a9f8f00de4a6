// Explains one decision before it is made: every candidate with its verdict, its numbers and its chance. It runs the
// same steps as `select`, on a copy of the numbers, so that it cannot say anything else than what `select` does.
import { standingOf, TRIGGER, triggerOf } from '../breaker/standing.ts';
import { rowOf } from '../fleet/fleet.ts';
import { microsBefore } from '../fleet/micros.ts';
import type { Row } from '../fleet/row.ts';
import { snapshot, type DeploymentSnapshot } from '../fleet/snapshot.ts';
import { lacksLeaseAlone } from '../limiter/limiter.ts';
import { filterCandidates, filterRules, type Moment } from '../select/filter.ts';
import { leastBad, readmitEjected } from '../select/overrule.ts';
import { preferCandidates } from '../select/prefer.ts';
import type { SelectContext } from '../select/select-context.ts';
import { usableSticky } from '../select/select.ts';
import { freeAtUs, reasonOf, type Reason } from '../select/shortage.ts';
import type { DeploymentIndex, Millis } from '../units.ts';
import { chancesOf, type Chance } from './chances.ts';
import type {
  ExplainedBreaker,
  ExplainedCandidate,
  ExplainedDecision,
  ExplainedLimit,
  PassedOver,
  Unleased,
} from './decision.ts';
import { frozenFleet } from './frozen-fleet.ts';

/** What `select` would choose from at `now`, and how. The fleet's numbers are the same afterwards. */
export function explainDecision(live: SelectContext, now: Millis): ExplainedDecision {
  const context = frozenContext(live);
  const nowUs = microsBefore(now);
  const moment: Moment = { nowUs, rules: filterRules(context, nowUs) };
  const finalists = choose(context, moment, now);
  const at: ExplainedMoment = { context, moment, now, finalists };
  const shown = shownCandidates(context.candidates, finalists);
  return {
    strategy: context.policy.strategy,
    strategyArgs: context.policy.strategyArgs,
    promptTokens: context.promptTokens,
    candidates: shown.map((index) => explainCandidate(at, index)),
    omitted: context.candidates.length - shown.length,
  };
}

/** Nobody reads more, and every explanation is kept for a while. */
const MOST_CANDIDATES = 100;

function shownCandidates(candidates: readonly DeploymentIndex[], { chances }: Finalists): readonly DeploymentIndex[] {
  if (candidates.length <= MOST_CANDIDATES) return candidates;
  const others = candidates.filter((index) => !chances.has(index));
  return [...chances.keys(), ...others].slice(0, MOST_CANDIDATES);
}

/** The fields of the context one by one: a plan has them as getters. */
function frozenContext(live: SelectContext): SelectContext {
  const { table, intent, policy, candidates, tried, promptTokens, maxTokens, stream, tags, minInputTokens } = live;
  const { hasFallback, keepLast, ignoreHealth, promptIsCounted, affinity } = live;
  const fleet = frozenFleet(live.fleet, candidates);
  const asked = { table, fleet, intent, policy, candidates, tried, promptTokens, maxTokens, stream, tags };
  return { ...asked, minInputTokens, promptIsCounted, hasFallback, keepLast, ignoreHealth, affinity };
}

interface Finalists {
  /** Passed the filter. */
  readonly usable: ReadonlySet<DeploymentIndex>;
  /** Used although their breaker is open. */
  readonly overruled: ReadonlySet<DeploymentIndex>;
  /** Served a request like this one before, and serves this one. */
  readonly stuck: DeploymentIndex | undefined;
  /** Those that the strategy chooses among. */
  readonly chances: ReadonlyMap<DeploymentIndex, Chance>;
}

interface ExplainedMoment {
  readonly context: SelectContext;
  readonly moment: Moment;
  readonly now: Millis;
  readonly finalists: Finalists;
}

/** The steps of `select`. */
function choose(context: SelectContext, moment: Moment, now: Millis): Finalists {
  const { scratch } = context.fleet;
  const stuck = usableSticky(context, moment, now);
  const filtered = filterCandidates(context, moment);
  let count = filtered;
  if (!context.hasFallback && !context.ignoreHealth) count = readmitEjected(context, moment, count);
  if (count === 0) {
    const last = context.keepLast && !context.ignoreHealth ? leastBad(context, moment) : undefined;
    if (last === undefined) return { usable: new Set(), overruled: new Set(), stuck, chances: new Map() };
    const chances = chancesOf(context, moment.nowUs, [last]);
    return { usable: new Set([last]), overruled: new Set([last]), stuck, chances };
  }
  const usable = new Set(scratch.subarray(0, count));
  const overruled = new Set(scratch.subarray(filtered, count));
  const kept = stuck === undefined ? [...scratch.subarray(0, preferCandidates(context, count))] : [stuck];
  return { usable, overruled, stuck, chances: chancesOf(context, moment.nowUs, kept) };
}

function explainCandidate(at: ExplainedMoment, index: DeploymentIndex): ExplainedCandidate {
  const { context, moment, now } = at;
  const deployment = context.table.deployments[index];
  const row = rowOf(context.fleet, index);
  const numbers = snapshot(context.fleet, index, now);
  const chance = at.finalists.chances.get(index);
  const isTried = context.tried.includes(index);
  return {
    index,
    id: deployment?.id ?? '',
    ...verdictOf(at, index, isTried),
    freeInMs: freeInMs(at, index),
    probability: chance?.probability ?? 0,
    weight: chance?.weight,
    score: chance?.score,
    order: deployment?.order,
    tried: isTried,
    inFlight: numbers.inFlight,
    limits: limitsOf(row, numbers),
    breaker: breakerOf(row, { numbers, now, nowUs: moment.nowUs }),
  };
}

function verdictOf(
  { context, moment, finalists }: ExplainedMoment,
  index: DeploymentIndex,
  isTried: boolean,
): Pick<ExplainedCandidate, 'verdict' | 'reason'> {
  if (finalists.chances.has(index)) {
    return { verdict: finalists.overruled.has(index) ? 'overruled' : 'kept', reason: undefined };
  }
  if (!finalists.usable.has(index)) return { verdict: 'dropped', reason: droppedFor(context, moment, index) };
  return { verdict: 'passed over', reason: passedOver(finalists, isTried) };
}

function droppedFor(context: SelectContext, moment: Moment, index: DeploymentIndex): Reason | Unleased {
  const reason = reasonOf(context, moment, index);
  const row = rowOf(context.fleet, index);
  return reason === 'limited' && lacksLeaseAlone(row, context, moment.nowUs) ? 'noLease' : reason;
}

function passedOver({ stuck }: Finalists, isTried: boolean): PassedOver {
  if (isTried) return 'tried';
  return stuck === undefined ? 'order' : 'sticky';
}

/** By the first reason against it. */
function freeInMs({ context, moment, finalists }: ExplainedMoment, index: DeploymentIndex): Millis | undefined {
  if (finalists.usable.has(index)) return 0;
  const atUs = freeAtUs(context, moment, { index, reason: reasonOf(context, moment, index) });
  if (atUs <= moment.nowUs) return 0;
  return Number.isFinite(atUs) ? (atUs - moment.nowUs) / 1000 : undefined;
}

function limitsOf(row: Row, numbers: DeploymentSnapshot): ExplainedLimit[] {
  const limits: ExplainedLimit[] = [];
  for (const name of ['rpm', 'tpm', 'itpm', 'otpm'] as const) {
    const limit = numbers[name];
    if (limit !== undefined) limits.push({ name, ...limit });
  }
  if (Number.isFinite(row.maxParallel)) {
    const { inFlight: used } = numbers;
    const limit = row.maxParallel;
    limits.push({ name: 'max_parallel_requests', limit, used, left: Math.max(0, limit - used) });
  }
  return limits;
}

const TRIGGER_WORDS: ReadonlyMap<number, ExplainedBreaker['why']> = new Map([
  [TRIGGER.consecutive, 'failures in a row'],
  [TRIGGER.rate, 'failure rate'],
  [TRIGGER.allowedFails, 'allowed_fails'],
  [TRIGGER.misconfigured, 'misconfigured'],
  [TRIGGER.quota, 'quota'],
]);

function breakerOf(
  row: Row,
  at: { readonly numbers: DeploymentSnapshot; readonly now: Millis; readonly nowUs: number },
): ExplainedBreaker {
  const { numbers, now, nowUs } = at;
  const standing = standingOf(row, nowUs);
  const isRefused = standing === 'blocked' || standing === 'resting';
  return {
    state: numbers.breaker,
    why: isRefused ? 'refused' : TRIGGER_WORDS.get(triggerOf(row)),
    availableInMs: numbers.availableAtMs === undefined ? 0 : numbers.availableAtMs - now,
    ramp: numbers.ramp,
  };
}
