// What is counted per deployment: attempts that succeeded and failed, what the provider says is left, openings of the
// breaker. LiteLLM's names and labels (litellm-behaviour 10.11, 1.106); plain numbers until somebody scrapes.
import type { AttemptEvent, BreakerEvent } from '../gateway/events.ts';
import { FailureCounts } from './failure-counts.ts';
import { Histogram, TOKEN_LATENCY_BUCKETS_S, type ObservedValues } from './histogram.ts';

const MS_PER_S = 1000;

/** Attempts at one deployment that were made for one requested model. */
export class AttemptSeries {
  successes = 0;
  readonly failures = new FailureCounts();
}

/** What names a deployment in labels. Deployments that agree in all of it share their numbers. */
export interface DeploymentNames {
  readonly litellmModel: string;
  readonly id: string;
  readonly apiBase: string;
  readonly provider: string;
  readonly group: string;
}

/** What was counted, as another thread tells it: data without the methods. */
export interface CountedDeployment {
  readonly names: DeploymentNames;
  readonly byModel: readonly (
    | { readonly successes: number; readonly failures: Pick<FailureCounts, 'entries'> }
    | undefined
  )[];
  readonly perOutputToken: ObservedValues;
  readonly openings: ReadonlyMap<number, number>;
  readonly remainingRequests: number;
  readonly remainingTokens: number;
  readonly remainingAtMs: number;
}

export class DeploymentMetrics {
  readonly names: DeploymentNames;
  /** By number of the requested model's label. */
  readonly byModel: (AttemptSeries | undefined)[] = [];
  readonly perOutputToken = new Histogram(TOKEN_LATENCY_BUCKETS_S);
  /** Openings of the breaker by the status that caused them; -1 = no status. */
  readonly openings = new Map<number, number>();
  /** The provider's latest word; NaN = it never said. */
  remainingRequests = Number.NaN;
  remainingTokens = Number.NaN;
  /** When it said so, in milliseconds since 1970: of several threads the latest word counts. */
  remainingAtMs = 0;

  constructor(names: DeploymentNames) {
    this.names = names;
  }

  attempt(event: AttemptEvent, model: number): void {
    if (event.remainingRequests !== undefined) this.remainingRequests = event.remainingRequests;
    if (event.remainingTokens !== undefined) this.remainingTokens = event.remainingTokens;
    if (event.remainingRequests !== undefined || event.remainingTokens !== undefined) this.remainingAtMs = Date.now();
    if (event.outcome === 'abandoned') return;
    const series = this.byModel[model] ?? this.#open(model);
    if (event.failure !== undefined) return series.failures.add(event.failure);
    series.successes += 1;
    const tokens = event.usage?.completionTokens ?? 0;
    if (tokens > 0) this.perOutputToken.observe(event.durationMs / MS_PER_S / tokens);
  }

  breaker(event: BreakerEvent): void {
    if (event.state !== 'open') return;
    const status = event.status ?? -1;
    this.openings.set(status, (this.openings.get(status) ?? 0) + 1);
  }

  /** Adds what was counted elsewhere; `modelOf` gives the number here of a requested model there. */
  absorb(other: CountedDeployment, modelOf: (model: number) => number): void {
    for (const [number, counted] of other.byModel.entries()) {
      if (counted === undefined) continue;
      const model = modelOf(number);
      const series = this.byModel[model] ?? this.#open(model);
      series.successes += counted.successes;
      series.failures.absorb(counted.failures);
    }
    this.perOutputToken.absorb(other.perOutputToken);
    for (const [status, count] of other.openings) {
      this.openings.set(status, (this.openings.get(status) ?? 0) + count);
    }
    if (other.remainingAtMs <= this.remainingAtMs) return;
    this.remainingRequests = other.remainingRequests;
    this.remainingTokens = other.remainingTokens;
    this.remainingAtMs = other.remainingAtMs;
  }

  #open(model: number): AttemptSeries {
    const series = new AttemptSeries();
    this.byModel[model] = series;
    return series;
  }
}
