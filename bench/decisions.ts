// What one decision costs: `select`, and everything that follows when the attempt ends, over 64 deployments of which a
// third is in no state to serve. Time, bytes allocated, and what is left of them after a collection; `run.ts` starts it
// with the collector at hand.
import { getHeapStatistics } from 'node:v8';
import { blockUntil, openNow, recordFailure } from '../src/core/breaker/breaker.ts';
import { recordOutcome } from '../src/core/breaker/record-outcome.ts';
import { TRIGGER } from '../src/core/breaker/standing.ts';
import { freeCharge, type Charge } from '../src/core/fleet/charge.ts';
import { createFleet, type Fleet } from '../src/core/fleet/fleet.ts';
import { finished } from '../src/core/fleet/operations.ts';
import { settle } from '../src/core/limiter/settle.ts';
import type { Outcome } from '../src/core/outcome.ts';
import { STRATEGY_NAMES, type StrategyName } from '../src/core/routing-table.ts';
import { select } from '../src/core/select/select.ts';
import { recordLatency } from '../src/core/strategy/latency-samples.ts';
import { settleUsage } from '../src/core/strategy/usage-window.ts';
import { seededRng } from '../sim/chance.ts';
import { sketchContext, sketchTable } from '../test/support/routing-fixture.ts';

const DEPLOYMENTS = 64;
/** Attempts under way at any time. */
const IN_FLIGHT = 128;
const BUDGET_MICROS = 10;
const FAR_MS = 1e12;
const GAP_MS = 0.5;
const rounds = process.argv.includes('--quick') ? 100_000 : 1_000_000;

interface Setting {
  readonly strategy: StrategyName;
  readonly limits: boolean;
  /** The request has failed once: no blind draw, the whole pipeline decides. */
  readonly again: boolean;
}

interface DecisionFigures extends Setting {
  /** CPU of the whole process, collector included. */
  readonly microsPerDecision: number;
  readonly bytesPerDecision: number;
  /** Growth of the heap over all decisions, after collections before and behind. */
  readonly bytesLeft: number;
}

/** Of every eight: one blocked by its provider, one misconfigured, one open after failures. */
function spoil(fleet: Fleet, now: number): void {
  const rng = seededRng(1);
  for (let index = 0; index < DEPLOYMENTS; index++) {
    const charge = freeCharge(index);
    if (index % 8 === 1) blockUntil(fleet, index, FAR_MS);
    if (index % 8 === 3) openNow(fleet, charge, { trigger: TRIGGER.misconfigured, now, openMs: FAR_MS });
    const failure = { now, rng, allowedFails: undefined, openMs: FAR_MS, retryAfterMs: undefined };
    for (let nth = 0; index % 8 === 5 && nth < 5; nth++) recordFailure(fleet, charge, failure);
  }
}

/** One decision after the other, each ending the oldest attempt that is under way. */
function decider({ strategy, limits, again }: Setting): (times: number) => void {
  const limit = limits ? { rpm: 100_000, tpm: 100_000_000 } : {};
  const deployments = Array.from({ length: DEPLOYMENTS }, () => ({ limits: limit }));
  const table = sketchTable({ deployments, settings: { strategy } });
  const fleet = createFleet(table.deployments);
  const context = sketchContext({ table, fleet }, again ? { tried: [0] } : {});
  const { settings } = table;
  const rng = seededRng(2);
  const usage = { promptTokens: 10, completionTokens: 5, totalTokens: 15 };
  const outcome: Outcome = { kind: 'success', usage, timing: { totalMs: 700, firstContentMs: undefined } };
  const underWay: (Charge | undefined)[] = Array.from({ length: IN_FLIGHT }, () => undefined);
  let now = 100_000;
  let nth = 0;
  spoil(fleet, now);
  return (times) => {
    for (let left = times; left > 0; left--) {
      now += GAP_MS;
      const charge = underWay[nth];
      const deployment = charge && table.deployments[charge.deployment];
      if (charge !== undefined && deployment !== undefined) {
        finished(fleet, charge.deployment);
        settle(fleet, charge, { usage, now });
        settleUsage(fleet, charge, { outcome, now });
        recordLatency(fleet, outcome, { deployment: deployment.index, intent: context.intent, now });
        recordOutcome(fleet, outcome, { charge, deployment, settings, now, rng });
      }
      const selection = select(context, now, rng);
      underWay[nth] = selection.kind === 'picked' ? selection.charge : undefined;
      nth = (nth + 1) % IN_FLIGHT;
    }
  };
}

function measure(setting: Setting): DecisionFigures {
  const decide = decider(setting);
  decide(rounds / 10);
  const collect = globalThis.gc ?? (() => undefined);
  collect();
  const heapBefore = getHeapStatistics().used_heap_size;
  const allocatedBefore = allocatedBytes();
  const cpuBefore = process.cpuUsage();
  decide(rounds);
  const { user, system } = process.cpuUsage(cpuBefore);
  const microsPerDecision = (user + system) / rounds;
  const bytesPerDecision = (allocatedBytes() - allocatedBefore) / rounds;
  collect();
  return {
    ...setting,
    microsPerDecision,
    bytesPerDecision,
    bytesLeft: getHeapStatistics().used_heap_size - heapBefore,
  };
}

/** Of the heap since the start, collected ones included. Node reports it since version 25, its types do not yet. */
function allocatedBytes(): number {
  const statistics: object = getHeapStatistics();
  return 'total_allocated_bytes' in statistics ? Number(statistics.total_allocated_bytes) : Number.NaN;
}

function print(figures: readonly DecisionFigures[]): void {
  const least = Math.min(...figures.map(({ microsPerDecision }) => microsPerDecision));
  console.log(
    `\ndecision over ${DEPLOYMENTS} deployments, a third unusable, its end included (budget ${BUDGET_MICROS} us; ratio to ` +
      'the cheapest)',
  );
  for (const { strategy, limits, again, microsPerDecision, bytesPerDecision, bytesLeft } of figures) {
    const what = `${strategy}, ${limits ? 'rpm and tpm' : 'no limits'}${again ? ', second attempt' : ''}`;
    const late = microsPerDecision > BUDGET_MICROS ? '  OVER BUDGET' : '';
    console.log(
      `  ${what.padEnd(58)} ${microsPerDecision.toFixed(2).padStart(6)} us = ${(microsPerDecision / least).toFixed(1)} x, ` +
        `${bytesPerDecision.toFixed(0)} bytes allocated, ${bytesLeft} left of ${rounds} decisions${late}`,
    );
  }
}

const settings = STRATEGY_NAMES.flatMap((strategy) =>
  [false, true].flatMap((limits) => [false, true].map((again): Setting => ({ strategy, limits, again }))),
);
const figures = settings.map(measure);
print(figures);
process.send?.(figures);
