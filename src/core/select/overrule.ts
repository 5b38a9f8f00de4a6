// When the breaker's own judgement gives way. Without a fallback the failure rate ejects at most half of a group, and
// the last deployment keeps its traffic: a poor answer beats none. Never overruled: a provider that named a time, a
// misconfigured deployment, and an operator's explicit `allowed_fails` (LiteLLM 1.106 answers 429 there too).
import { standingOf, TRIGGER, triggerOf } from '../breaker/standing.ts';
import { load } from '../fleet/cells.ts';
import { rowOf } from '../fleet/fleet.ts';
import type { Micros } from '../fleet/micros.ts';
import type { Row } from '../fleet/row.ts';
import { CELL, COUNTER } from '../fleet/row.ts';
import type { DeploymentIndex } from '../units.ts';
import type { Moment } from './filter.ts';
import { hasRoom, isEligible } from './filter.ts';
import type { SelectContext } from './select-context.ts';

function eligible(context: SelectContext, moment: Moment): DeploymentIndex[] {
  return context.candidates.filter((index) => {
    const deployment = context.table.deployments[index];
    return deployment !== undefined && isEligible(deployment, context, moment.rules);
  });
}

function isEjected(row: Row, nowUs: Micros): boolean {
  const standing = standingOf(row, nowUs);
  return (standing === 'open' || standing === 'probing') && triggerOf(row) === TRIGGER.rate;
}

/** Brings back what the rate trigger ejected beyond half of the group, soonest due first; returns the new count. */
export function readmitEjected(context: SelectContext, moment: Moment, count: number): number {
  if (!context.candidates.some((index) => isEjected(rowOf(context.fleet, index), moment.nowUs))) return count;
  const group = eligible(context, moment);
  const ejected = group.filter((index) => isEjected(rowOf(context.fleet, index), moment.nowUs));
  const excess = ejected.length - Math.floor(group.length / 2);
  if (excess <= 0) return count;
  const bySoonest = ejected.toSorted((a, b) => openUntil(context, a) - openUntil(context, b));
  let readmitted = count;
  for (const index of bySoonest.slice(0, excess)) {
    if (!hasRoom(rowOf(context.fleet, index), context, moment)) continue;
    context.fleet.scratch[readmitted] = index;
    readmitted++;
  }
  return readmitted;
}

function openUntil(context: SelectContext, index: DeploymentIndex): Micros {
  const row = rowOf(context.fleet, index);
  return load(row.cells, row.cellAt + CELL.openUntilUs);
}

/** Only our judgement keeps traffic from this one. */
function isOverrulable(row: Row, nowUs: Micros, isLone: boolean): boolean {
  switch (standingOf(row, nowUs)) {
    case 'open':
    case 'probing': {
      const trigger = triggerOf(row);
      return trigger === TRIGGER.consecutive || trigger === TRIGGER.rate || (isLone && trigger === TRIGGER.quota);
    }
    case 'resting':
      return isLone;
    case 'ready':
    case 'probe-due':
    case 'blocked':
      return false;
  }
}

/**
 * The candidate to use although none is healthy: of those that the request has not tried, the one with the fewest
 * failures in a row, then the one due soonest. `undefined` when something else than failures stands in the way.
 */
export function leastBad(context: SelectContext, moment: Moment): DeploymentIndex | undefined {
  const group = eligible(context, moment);
  const rows = group.map((index) => rowOf(context.fleet, index));
  if (!rows.every((row) => isOverrulable(row, moment.nowUs, group.length === 1))) return undefined;
  const withRoom = group.filter((index) => hasRoom(rowOf(context.fleet, index), context, moment));
  return withRoom.toSorted((a, b) => compareBadness(context, a, b))[0];
}

function compareBadness(context: SelectContext, a: DeploymentIndex, b: DeploymentIndex): number {
  const triedFirst = Number(context.tried.includes(a)) - Number(context.tried.includes(b));
  if (triedFirst !== 0) return triedFirst;
  const failures = failuresInARow(context, a) - failuresInARow(context, b);
  return failures !== 0 ? failures : openUntil(context, a) - openUntil(context, b);
}

function failuresInARow(context: SelectContext, index: DeploymentIndex): number {
  const row = rowOf(context.fleet, index);
  return load(row.counters, row.counterAt + COUNTER.consecutiveFailures);
}
