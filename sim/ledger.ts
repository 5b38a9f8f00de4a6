// The numbers of a run while it runs, and the report that they become.
import type { Fleet } from '../src/core/fleet/fleet.ts';
import { inFlight } from '../src/core/fleet/operations.ts';
import { FAILURE_CAUSES, type FailureCause } from '../src/core/outcome.ts';
import type { DeploymentIndex, Millis } from '../src/core/units.ts';
import { Histogram } from './histogram.ts';
import type { DeploymentReport, Report } from './report.ts';
import type { Scenario } from './scenario.ts';
import type { Upstream } from './upstream.ts';

export class Ledger {
  requests = 0;
  succeeded = 0;
  abandoned = 0;
  failed = 0;
  failedThoughHealthy = 0;
  attempts = 0;
  answers = 0;
  mostAttempts = 0;
  waits = 0;
  events = 0;
  readonly waited = new Histogram();
  readonly firstContent = new Histogram();
  readonly total = new Histogram();
  readonly #causes = new Map<FailureCause, number>();
  readonly #openings = new Map<DeploymentIndex, number>();

  failure(cause: FailureCause): void {
    this.failed += 1;
    this.#causes.set(cause, (this.#causes.get(cause) ?? 0) + 1);
  }

  opening(deployment: DeploymentIndex): void {
    this.#openings.set(deployment, (this.#openings.get(deployment) ?? 0) + 1);
  }

  report(scenario: Scenario, world: { fleet: Fleet; upstreams: readonly Upstream[]; now: Millis }): Report {
    const stayed = this.requests - this.abandoned;
    const deployments = world.upstreams.map((upstream, index) => this.#deployment(scenario, upstream, index));
    return {
      scenario: scenario.name,
      seed: scenario.seed,
      requests: this.requests,
      succeeded: this.succeeded,
      abandoned: this.abandoned,
      failed: Object.fromEntries(FAILURE_CAUSES.flatMap((cause) => this.#counted(cause))),
      successPercent: stayed === 0 ? 100 : (100 * this.succeeded) / stayed,
      failedThoughHealthy: this.failedThoughHealthy,
      attempts: this.attempts,
      attemptsPerRequest: this.requests === 0 ? 0 : this.attempts / this.requests,
      mostAttempts: this.mostAttempts,
      wastedCalls: this.attempts - this.answers,
      waits: this.waits,
      waitedMs: this.waited.quantiles(),
      firstContentMs: this.firstContent.quantiles(),
      totalMs: this.total.quantiles(),
      deployments,
      limitViolations: sum(deployments.map(({ limitViolations }) => limitViolations)),
      breakerOpenings: sum(deployments.map(({ openings }) => openings)),
      inFlightAtRest: sum(world.upstreams.map((_, index) => inFlight(world.fleet, index))),
      virtualSeconds: world.now / 1_000,
      events: this.events,
    };
  }

  #counted(cause: FailureCause): [FailureCause, number][] {
    const count = this.#causes.get(cause);
    return count === undefined ? [] : [[cause, count]];
  }

  #deployment(scenario: Scenario, upstream: Upstream, index: DeploymentIndex): DeploymentReport {
    return {
      id: scenario.table.deployments[index]?.id ?? '',
      attempts: upstream.attempts,
      share: this.attempts === 0 ? 0 : upstream.attempts / this.attempts,
      attemptsInFault: upstream.attemptsInFault,
      openings: this.#openings.get(index) ?? 0,
      limitViolations: upstream.violations,
    };
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
