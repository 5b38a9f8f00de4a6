// Prometheus metrics under LiteLLM's names (litellm-behaviour.md 10.11). The hot path only adds to plain numbers that
// lie in arrays; labels and text are made when somebody scrapes.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { GatewayListener, RequestEvent, SharingCallEvent } from '../gateway/events.ts';
import type { Runtime } from '../gateway/runtime.ts';
import { DeploymentMetrics, type CountedDeployment, type DeploymentNames } from './deployment-metrics.ts';
import { Exposition, labelText } from './exposition.ts';
import { FallbackMetrics, type CountedFallbacks } from './fallback-metrics.ts';
import { ModelLabels } from './model-labels.ts';
import { ProcessMetrics } from './process-metrics.ts';
import { LatencySeries, RequestSeries, type CountedSeries, type ObservedLatencies } from './request-metrics.ts';
import { SharingMetrics, type CountedCalls } from './sharing-metrics.ts';
import { deploymentLabels, writeDeployments } from './write-deployments.ts';
import { writeMirrors, writeRequests } from './write-requests.ts';
import { writeRetryBudgets } from './write-retry-budgets.ts';
import { StreamMetrics, type CountedStreams } from './stream-metrics.ts';
import { writeState, type Scrape, type SeenDeployment } from './write-state.ts';

export type { Scrape } from './write-state.ts';

/** Everything that was counted, as data: what one thread tells another. */
export interface CountedMetrics {
  /** Label values of requested models by number. */
  readonly models: readonly string[];
  readonly deployments: readonly CountedDeployment[];
  readonly latencies: ReadonlyMap<string, ObservedLatencies>;
  readonly requests: readonly (CountedSeries | undefined)[];
  readonly mirrors: readonly (CountedSeries | undefined)[];
  readonly fallbacks: CountedFallbacks;
  readonly streams: CountedStreams;
  readonly sharing: CountedCalls;
}

/** Counts since the process began, over every config that was in force. */
export class Metrics {
  readonly #labels = new ModelLabels();
  /** By label text; deployments with the same labels share one. */
  readonly #deployments = new Map<string, DeploymentMetrics>();
  /** By upstream model. */
  readonly #latencies = new Map<string, LatencySeries>();
  readonly #requests: (RequestSeries | undefined)[] = [];
  /** Copies for other groups: no client's requests. */
  readonly #mirrors: (RequestSeries | undefined)[] = [];
  readonly #streams = new StreamMetrics(this.#labels);
  readonly #fallbacks = new FallbackMetrics(this.#labels);
  readonly #sharing = new SharingMetrics();
  readonly #process: Pick<ProcessMetrics, 'text'>;
  /** Deployments of the config in force. */
  #seen: readonly SeenDeployment[] = [];

  constructor(process_: Pick<ProcessMetrics, 'text'> = new ProcessMetrics()) {
    this.#process = process_;
  }

  /** The live numbers: to be read, or sent, at once. */
  counted(): CountedMetrics {
    return {
      models: this.#labels.names,
      deployments: [...this.#deployments.values()],
      latencies: this.#latencies,
      requests: this.#requests,
      mirrors: this.#mirrors,
      fallbacks: this.#fallbacks.counted(),
      streams: this.#streams.counted(),
      sharing: this.#sharing.counted(),
    };
  }

  /** Adds what another thread has counted. */
  absorb(other: CountedMetrics): void {
    const modelOf = (number: number): number => this.#labels.admitName(other.models[number] ?? '');
    for (const counted of other.deployments) {
      const { names } = counted;
      const key = labelText(deploymentLabels(names));
      shared(this.#deployments, key, () => new DeploymentMetrics(names)).absorb(counted, modelOf);
    }
    for (const [model, observed] of other.latencies) {
      shared(this.#latencies, model, () => new LatencySeries()).absorb(observed);
    }
    for (const [byModel, counted] of [
      [this.#requests, other.requests],
      [this.#mirrors, other.mirrors],
    ] as const) {
      for (const [number, series] of counted.entries()) {
        if (series !== undefined) seriesAt(byModel, modelOf(number)).absorb(series);
      }
    }
    this.#fallbacks.absorb(other.fallbacks);
    this.#streams.absorb(other.streams);
    this.#sharing.absorb(other.sharing);
  }

  /** Begins to count for a runtime, from now on the one in force; its events carry its own deployment numbers. */
  adopt(runtime: Runtime): GatewayListener {
    const names = namesOf(runtime);
    this.#labels.admit(runtime.config.table);
    const deployments = names.map((name) =>
      shared(this.#deployments, labelText(deploymentLabels(name)), () => new DeploymentMetrics(name)),
    );
    const latencies = names.map(({ litellmModel }) => shared(this.#latencies, litellmModel, () => new LatencySeries()));
    this.#seen = [...new Set(deployments)].map((metrics) => ({ index: deployments.indexOf(metrics), metrics }));
    return (event) => {
      if (event.kind === 'attempt') {
        deployments[event.deployment]?.attempt(event, this.#labels.of(event.requestedModel));
      } else if (event.kind === 'request') this.#request(event, latencies[event.deployment ?? -1]);
      else if (event.kind === 'fallback') this.#fallbacks.add(event);
      else if (event.kind === 'breaker') deployments[event.deployment]?.breaker(event);
      else if (event.kind === 'sharing call') this.sharingCall(event);
    };
  }

  /** A call to Redis, which belongs to no config. */
  sharingCall(event: SharingCallEvent): void {
    this.#sharing.add(event);
  }

  /** Everything in Prometheus's text format, made in several turns of the event loop: requests go on meanwhile. */
  async text(scrape: Scrape): Promise<string> {
    const models = this.#labels.names;
    const deployments = [...this.#deployments.values()];
    const out = new Exposition();
    writeState(out, scrape, this.#seen);
    writeRetryBudgets(out, scrape);
    this.#sharing.write(out, scrape.state.sharing);
    await nextTurn();
    writeDeployments(out, { deployments, models });
    this.#fallbacks.write(out);
    this.#streams.write(out);
    await nextTurn();
    writeRequests(out, { byModel: this.#requests, latencies: this.#latencies, models });
    writeMirrors(out, this.#mirrors, models);
    await nextTurn();
    return out.text() + (await this.#process.text());
  }

  #request(event: RequestEvent, latencies: LatencySeries | undefined): void {
    const model = this.#labels.of(event.requestedModel);
    const byModel = event.mirror === true ? this.#mirrors : this.#requests;
    seriesAt(byModel, model).add(event);
    this.#streams.add(event);
    if (event.mirror !== true) latencies?.add(event);
  }
}

function namesOf({ config }: Runtime): DeploymentNames[] {
  return config.table.deployments.map(({ litellmModel, id, provider, group }, index) => {
    const apiBase = config.deployments[index]?.target?.apiBase ?? 'None';
    return { litellmModel, id, apiBase, provider, group };
  });
}

function seriesAt(byModel: (RequestSeries | undefined)[], model: number): RequestSeries {
  const series = byModel[model] ?? new RequestSeries();
  byModel[model] = series;
  return series;
}

/** The value of a key, made when it is first asked for. */
function shared<Value>(byKey: Map<string, Value>, key: string, make: () => Value): Value {
  const value = byKey.get(key) ?? make();
  byKey.set(key, value);
  return value;
}
