// What a run came to. Everything in it follows from scenario and seed, so that two runs of the same can be compared as
// text.
import type { FailureCause } from '../src/core/outcome.ts';
import type { Quantiles } from './histogram.ts';

export interface DeploymentReport {
  readonly id: string;
  readonly attempts: number;
  /** Of all attempts. */
  readonly share: number;
  /** Attempts while something was wrong with it. */
  readonly attemptsInFault: number;
  readonly openings: number;
  /** 429s of its own limit. */
  readonly limitViolations: number;
}

export interface Report {
  readonly scenario: string;
  readonly seed: number;
  readonly requests: number;
  readonly succeeded: number;
  /** The client left. */
  readonly abandoned: number;
  readonly failed: Readonly<Partial<Record<FailureCause, number>>>;
  /** Of those that did not leave, in percent. */
  readonly successPercent: number;
  /** Failures of requests although a deployment in good order, with room, had not been tried. */
  readonly failedThoughHealthy: number;
  readonly attempts: number;
  readonly attemptsPerRequest: number;
  readonly mostAttempts: number;
  /** Attempts that gave no answer. */
  readonly wastedCalls: number;
  readonly waits: number;
  readonly waitedMs: Quantiles;
  /** From the arrival of the request to the first content of its stream. */
  readonly firstContentMs: Quantiles;
  readonly totalMs: Quantiles;
  readonly deployments: readonly DeploymentReport[];
  readonly limitViolations: number;
  readonly breakerOpenings: number;
  /** Attempts still counted when everything had ended: 0. */
  readonly inFlightAtRest: number;
  readonly virtualSeconds: number;
  readonly events: number;
}
