// An observer that keeps books of its own and compares every decision of the core with them: limits at dispatch, and
// who may be picked in which state of health. Apart from the properties, which ask it for its complaints.
import { standingOf, TRIGGER, triggerOf, type Standing } from '../src/core/breaker/standing.ts';
import { rowOf, type Fleet } from '../src/core/fleet/fleet.ts';
import { microsBefore } from '../src/core/fleet/micros.ts';
import { parallelFull, rowFreeAtUs } from '../src/core/limiter/limiter.ts';
import type { Action, Outcome } from '../src/core/outcome.ts';
import type { Plan } from '../src/core/plan.ts';
import type { Scenario } from './scenario.ts';
import type { Observer, RecordedAttempt } from './simulation.ts';

const WINDOW_MS = 60_000;

interface Before {
  readonly standing: Standing;
  readonly trigger: number;
  readonly admissible: boolean;
}

export class Auditor implements Observer {
  /** What should not have been; empty when all is well. */
  readonly complaints: string[] = [];
  /** By deployment. */
  readonly inFlight: number[];
  readonly #dispatches: number[][];
  /** Start of the probe that is out, by deployment. */
  readonly #probes = new Map<number, number>();
  /** Attempts to a last deployment that was used although it was open: the end of each decides like a probe's. */
  readonly #overruled = new Set<string>();
  #before: Before[] = [];
  /** The queue has decided before we looked. */
  #wasPicked = false;
  readonly #scenario: Scenario;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    this.#dispatches = scenario.upstreams.map(() => []);
    this.inFlight = scenario.upstreams.map(() => 0);
  }

  deciding(plan: Plan, fleet: Fleet, now: number): void {
    this.#wasPicked = plan.waiter?.picked !== undefined;
    const nowUs = microsBefore(now);
    this.#before = this.#scenario.table.deployments.map(({ index }) => {
      const row = rowOf(fleet, index);
      const standing = standingOf(row, nowUs);
      const hasRoom = !parallelFull(row, nowUs) && rowFreeAtUs(row, plan, nowUs) === 0;
      this.#forgetProbe(index, standing);
      const admissible = hasRoom && (standing === 'ready' || standing === 'probe-due');
      return { standing, trigger: triggerOf(row), admissible };
    });
  }

  decided(plan: Plan, action: Action, now: number): void {
    if (action.kind !== 'attempt') return;
    const { deployment } = action.attempt;
    if (!this.#wasPicked) this.#checkStanding(plan, deployment, now);
    const standing = this.#before[deployment]?.standing;
    if (standing === 'open' || standing === 'probing') this.#overruled.add(`${deployment} ${now}`);
    if (standing === 'probe-due') {
      if (this.#probes.has(deployment)) this.#complain('a second probe', deployment, now);
      this.#probes.set(deployment, now);
    }
    this.#dispatches[deployment]?.push(now);
    const inFlight = (this.inFlight[deployment] ?? 0) + 1;
    this.inFlight[deployment] = inFlight;
    const { rpm, maxParallelRequests } = this.#scenario.table.deployments[deployment]?.limits ?? {};
    if (inFlight > (maxParallelRequests ?? Infinity)) this.#complain('too many at one time', deployment, now);
    if (rpm !== undefined && this.#inWindow(deployment, now) > rpm) this.#complain('too many in 60 s', deployment, now);
  }

  /** A probe has succeeded at its first content. */
  content(deployment: number, startedAtMs: number): void {
    if (this.#probes.get(deployment) === startedAtMs) this.#probes.delete(deployment);
  }

  /** What never reached the provider is not counted by it. */
  recorded(fleet: Fleet, outcome: Outcome, { deployment, startedAtMs, now }: RecordedAttempt): void {
    this.inFlight[deployment] = (this.inFlight[deployment] ?? 0) - 1;
    this.content(deployment, startedAtMs);
    if (this.#overruled.delete(`${deployment} ${startedAtMs}`)) this.#probes.delete(deployment);
    this.#forgetProbe(deployment, standingOf(rowOf(fleet, deployment), microsBefore(now)));
    const times = this.#dispatches[deployment] ?? [];
    if (outcome.kind === 'failure' && outcome.unsent) times.splice(times.indexOf(startedAtMs), 1);
  }

  /** Open again, or closed: what was sent as a probe before is one no longer. */
  #forgetProbe(deployment: number, standing: Standing): void {
    if (standing !== 'probing' && standing !== 'probe-due') this.#probes.delete(deployment);
  }

  /** To a microsecond, which is what the fleet counts in. */
  #inWindow(deployment: number, now: number): number {
    const times = this.#dispatches[deployment] ?? [];
    return times.filter((atMs) => atMs > now - WINDOW_MS + 0.001).length;
  }

  /** Open, blocked, or with its probe out: only when nothing better is there. Half-open thus lets one through. */
  #checkStanding(plan: Plan, picked: number, now: number): void {
    const before = this.#before[picked];
    if (before === undefined || before.standing === 'ready' || before.standing === 'probe-due') return;
    if (before.standing === 'blocked') this.#complain('what its provider said was overruled', picked, now);
    const others = plan.candidates.filter((index) => index !== picked);
    if (before.trigger === TRIGGER.rate && !plan.hasFallback && this.#ejected(plan) * 2 > others.length + 1) return;
    if (others.some((index) => this.#before[index]?.admissible === true)) {
      this.#complain(`picked while ${before.standing}, with a better one at hand`, picked, now);
    }
  }

  #ejected({ candidates }: Plan): number {
    return candidates.filter((index) => this.#before[index]?.trigger === TRIGGER.rate).length;
  }

  #complain(what: string, deployment: number, now: number): void {
    this.complaints.push(`deployment ${deployment} at ${now} ms: ${what}`);
  }
}
