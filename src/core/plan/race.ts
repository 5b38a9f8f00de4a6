// The race (DESIGN 5): beside a stream that has been silent for far longer than its deployment usually is, a second
// attempt begins elsewhere; the first content of either wins and the other is given up. Budgeted, once per request, and
// only to a deployment that nothing is known against and that has room to spare.
import { standingOf } from '../breaker/standing.ts';
import type { Deployment } from '../deployment.ts';
import { expectedFirstContentMs } from '../first-content.ts';
import { budgetOf, rowOf } from '../fleet/fleet.ts';
import { microsBefore } from '../fleet/micros.ts';
import { headroom } from '../limiter/headroom.ts';
import type { PhaseTimeouts } from '../outcome.ts';
import type { Picked, SelectContext } from '../select/select-context.ts';
import { select } from '../select/select.ts';
import type { DeploymentIndex, Millis } from '../units.ts';
import { inRotation, type Hop } from './hop.ts';
import type { Moment } from './plan-context.ts';
import type { PlanState } from './plan-state.ts';
import { drawRace, mayDrawRace } from './race-budget.ts';

/** So much silence is never worth a race. */
const LEAST_SILENCE_MS: Millis = 10_000;
/** Above that: so many times what was to be expected. */
const TIMES_EXPECTED = 5;
/** Share of each limit that the rival's deployment must have left. */
const LEAST_HEADROOM = 0.2;

/** How long the attempt may be silent before a rival is wanted; `undefined` = there will be none. */
export function raceAfterMs(
  { table, fleet, intent, recovery, rival }: PlanState,
  deployment: Deployment,
  { firstContentMs }: PhaseTimeouts,
): Millis | undefined {
  if (firstContentMs === undefined || table.settings.hedge === 'off') return undefined;
  // What a caller pays for with a key of its own is not doubled, and what may have effects happens once.
  if (rival !== undefined || recovery !== undefined || intent.callerCredentials || intent.retryUnsafe) return undefined;
  const isReasoning = deployment.isReasoning || intent.asksReasoning;
  const expectedMs = expectedFirstContentMs(rowOf(fleet, deployment.index), isReasoning);
  const silenceMs = Math.max(LEAST_SILENCE_MS, TIMES_EXPECTED * expectedMs);
  return silenceMs < firstContentMs ? silenceMs : undefined;
}

/** Who races, and for which hop. Charged and in flight. */
export interface RivalPick {
  readonly hop: Hop;
  readonly picked: Picked;
}

/** A rival for the attempt on `current`, which is a stream without content; `undefined` = it goes on alone. */
export function pickRival(
  state: PlanState,
  hop: Hop,
  at: Moment & { readonly current: DeploymentIndex },
): RivalPick | undefined {
  const budget = budgetOf(state.fleet, at.current);
  if (hasAllAttempts(state) || !mayDrawRace(budget)) return undefined;
  const others = inRotation(state.table, hop.members).filter((index) => index !== at.current);
  const rival = others.length > 0 ? inGroup(state, hop, { ...at, others }) : inFallback(state, hop, at);
  if (rival !== undefined) drawRace(budget);
  return rival;
}

function hasAllAttempts({ table, attempts }: PlanState): boolean {
  return attempts > (table.settings.retriesPerRequest ?? Infinity);
}

type Race = Moment & { readonly current: DeploymentIndex };

/** It is one of the retries that the hop allows: nobody asks a group more often than the operator said. */
function inGroup(
  state: PlanState,
  hop: Hop,
  at: Race & { readonly others: readonly DeploymentIndex[] },
): RivalPick | undefined {
  if (hop.retries >= hop.maxRetries) return undefined;
  const picked = pickAmong(state, hop, at);
  if (picked === undefined) return undefined;
  hop.retries += 1;
  return { hop, picked };
}

/** The model is answered by another one, so only where the group itself has nobody else. */
function inFallback(state: PlanState, hop: Hop, at: Race): RivalPick | undefined {
  if (state.table.settings.hedge === 'group' || !state.hasFallbackFor('timeout')) return undefined;
  const next = state.hops().peek(hop, state.group);
  if (next === undefined) return undefined;
  const others = inRotation(state.table, next.members).filter((index) => index !== at.current);
  const picked = pickAmong(state, next, { ...at, others });
  if (picked === undefined) return undefined;
  state.hops().take({ hop, model: state.group, depth: hop.depth, cause: 'timeout', spare: [] });
  return { hop: next, picked };
}

function pickAmong(
  state: PlanState,
  { policy }: Hop,
  { others, current, now, rng }: Race & { readonly others: readonly DeploymentIndex[] },
): Picked | undefined {
  const { table, fleet, intent, tried, promptTokens, promptIsCounted, maxTokens, stream, tags, minInputTokens } = state;
  const candidates = others.filter((index) => {
    if (tried.includes(index) || standingOf(rowOf(fleet, index), microsBefore(now)) !== 'ready') return false;
    return headroom(fleet, index, now) >= LEAST_HEADROOM;
  });
  if (candidates.length === 0) return undefined;
  const context: SelectContext = {
    table,
    fleet,
    // Whoever helps out once is not who the session stays with.
    intent: { ...intent, sticky: undefined },
    policy,
    candidates,
    tried: [...tried, current],
    promptTokens,
    promptIsCounted,
    maxTokens,
    stream,
    tags,
    minInputTokens,
    hasFallback: true,
    keepLast: false,
    ignoreHealth: false,
  };
  const selection = select(context, now, rng);
  return selection.kind === 'picked' ? selection : undefined;
}
