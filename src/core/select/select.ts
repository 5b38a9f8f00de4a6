// One decision, the same for every endpoint: filter, prefer, pick, charge. The winner is charged and in flight when
// this returns, so that two decisions can never spend the same unit.
import { rememberChoice, stickyCandidates } from '../affinity/stick.ts';
import { markProbe } from '../breaker/breaker.ts';
import { isOpen } from '../breaker/standing.ts';
import type { Charge } from '../fleet/charge.ts';
import { freeChargeOf, rowOf } from '../fleet/fleet.ts';
import { microsBefore } from '../fleet/micros.ts';
import { startedInRow } from '../fleet/operations.ts';
import type { Row } from '../fleet/row.ts';
import { chargeRow } from '../limiter/limiter.ts';
import { chargeUsage, expectedTokens } from '../strategy/usage-window.ts';
import type { DeploymentIndex, Millis, Rng } from '../units.ts';
import { drawBlindly } from './blind-draw.ts';
import type { Moment } from './filter.ts';
import { filterCandidates, filterRules, isUsable } from './filter.ts';
import { leastBad, readmitEjected } from './overrule.ts';
import { pick } from './pick.ts';
import { preferCandidates } from './prefer.ts';
import type { Picked, SelectContext, Selection } from './select-context.ts';
import { shortage } from './shortage.ts';

/** Picks, charges and starts a deployment, or says why there is none. */
export function select(context: SelectContext, now: Millis, rng: Rng): Selection {
  const selection = decide(context, now, rng);
  if (context.intent.sticky !== undefined && selection.kind === 'picked') {
    rememberChoice(context, selection.deployment, now);
  }
  return selection;
}

function decide(context: SelectContext, now: Millis, rng: Rng): Selection {
  const nowUs = microsBefore(now);
  const moment: Moment = { nowUs, rules: filterRules(context, nowUs) };
  const stuck = usableSticky(context, moment, now);
  if (stuck !== undefined) return take(context, moment, { now, deployment: stuck });
  const drawn = drawBlindly(context, moment, rng);
  if (drawn !== undefined) return take(context, moment, { now, deployment: drawn });
  let count = filterCandidates(context, moment);
  if (count < context.candidates.length && !context.hasFallback && !context.ignoreHealth) {
    count = readmitEjected(context, moment, count);
  }
  if (count > 0) {
    const preferred = preferCandidates(context, count);
    return take(context, moment, { now, deployment: pick(context, { nowUs: moment.nowUs, rng, count: preferred }) });
  }
  const last = context.keepLast && !context.ignoreHealth ? leastBad(context, moment) : undefined;
  return last === undefined ? shortage(context, moment) : take(context, moment, { now, deployment: last });
}

/** Who served a request like this one, if it may be used now and has not failed this one. */
export function usableSticky(context: SelectContext, moment: Moment, now: Millis): DeploymentIndex | undefined {
  if (context.intent.sticky === undefined) return undefined;
  return stickyCandidates(context, now).find((index) => {
    return !context.tried.includes(index) && isUsable(context, moment, index);
  });
}

function take(
  context: SelectContext,
  moment: Moment,
  winner: { readonly now: Millis; readonly deployment: DeploymentIndex },
): Picked {
  const row = rowOf(context.fleet, winner.deployment);
  const metered = row.metered && moment.rules.enforceLimits;
  const limited = metered ? chargeRow(row, context, winner) : freeChargeOf(context.fleet, winner.deployment);
  const charge = context.fleet.tracking.usage ? withUsage(row, limited, { context, now: winner.now }) : limited;
  startedInRow(row);
  return { kind: 'picked', deployment: winner.deployment, charge: probing(row, charge, winner.now) };
}

function withUsage(row: Row, charge: Charge, at: { readonly context: SelectContext; readonly now: Millis }): Charge {
  const { promptTokens, maxTokens } = at.context;
  return chargeUsage(row, charge, { now: at.now, tokens: expectedTokens(promptTokens, maxTokens) });
}

/** Whatever goes to a deployment whose breaker is not closed is a probe: its end decides. */
function probing(row: Row, charge: Charge, now: Millis): Charge {
  if (!isOpen(row)) return charge;
  markProbe(row, now);
  return { ...charge, probe: true };
}
