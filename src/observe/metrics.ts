// Prometheus metrics under LiteLLM's names (litellm-behaviour.md 10.11). The hot path only adds to plain numbers that
// lie in arrays; labels and text are made when somebody scrapes.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AttemptEvent, GatewayListener, RequestEvent } from '../gateway/events.ts';
import type { Runtime } from '../gateway/runtime.ts';
import { DeploymentMetrics, type DeploymentNames } from './deployment-metrics.ts';
import { Exposition, labelText } from './exposition.ts';
import { FallbackMetrics } from './fallback-metrics.ts';
import { ModelLabels } from './model-labels.ts';
import { ProcessMetrics } from './process-metrics.ts';
import { LatencySeries, RequestSeries } from './request-metrics.ts';
import { deploymentLabels, writeDeployments } from './write-deployments.ts';
import { writeRequests } from './write-requests.ts';
import { writeBudgets } from './write-budgets.ts';
import { writeState, type Scrape, type SeenDeployment } from './write-state.ts';

export type { Scrape } from './write-state.ts';

/** Counts for one runtime; a reload makes a new one. */
export class Metrics {
  readonly listener: GatewayListener;
  readonly #labels: ModelLabels;
  /** By deployment index; deployments with the same labels share one. */
  readonly #deployments: readonly DeploymentMetrics[];
  readonly #seen: readonly SeenDeployment[];
  /** By deployment index; deployments with the same upstream model share one. */
  readonly #latencies: readonly LatencySeries[];
  readonly #latencyOf: ReadonlyMap<string, LatencySeries>;
  readonly #requests: (RequestSeries | undefined)[] = [];
  readonly #fallbacks: FallbackMetrics;
  readonly #process = new ProcessMetrics();

  constructor(runtime: Runtime) {
    const names = namesOf(runtime);
    this.#labels = new ModelLabels(runtime.config.table);
    this.#fallbacks = new FallbackMetrics(this.#labels);
    const metrics = shared(
      names,
      (name) => labelText(deploymentLabels(name)),
      (name) => new DeploymentMetrics(name),
    );
    this.#deployments = metrics.inOrder;
    this.#seen = [...metrics.byKey.values()].map((one) => ({ index: metrics.inOrder.indexOf(one), metrics: one }));
    const latencies = shared(
      names,
      ({ litellmModel }) => litellmModel,
      () => new LatencySeries(),
    );
    this.#latencies = latencies.inOrder;
    this.#latencyOf = latencies.byKey;
    this.listener = (event) => {
      if (event.kind === 'attempt') this.#attempt(event);
      else if (event.kind === 'request') this.#request(event);
      else if (event.kind === 'fallback') this.#fallbacks.add(event);
      else this.#deployments[event.deployment]?.breaker(event);
    };
  }

  /** Everything in Prometheus's text format, made in several turns of the event loop: requests go on meanwhile. */
  async text(scrape: Scrape): Promise<string> {
    const models = this.#labels.names;
    const deployments = this.#seen.map(({ metrics }) => metrics);
    const out = new Exposition();
    writeState(out, scrape, this.#seen);
    writeBudgets(out, scrape);
    await nextTurn();
    writeDeployments(out, { deployments, models });
    this.#fallbacks.write(out);
    await nextTurn();
    writeRequests(out, { byModel: this.#requests, latencies: this.#latencyOf, models });
    await nextTurn();
    return out.text() + (await this.#process.text());
  }

  #attempt(event: AttemptEvent): void {
    this.#deployments[event.deployment]?.attempt(event, this.#labels.of(event.requestedModel));
  }

  #request(event: RequestEvent): void {
    const model = this.#labels.of(event.requestedModel);
    let series = this.#requests[model];
    if (series === undefined) {
      series = new RequestSeries();
      this.#requests[model] = series;
    }
    series.add(event);
    if (event.deployment !== undefined) this.#latencies[event.deployment]?.add(event);
  }
}

function namesOf({ config }: Runtime): DeploymentNames[] {
  return config.table.deployments.map(({ litellmModel, id, provider, group }, index) => {
    const apiBase = config.deployments[index]?.target?.apiBase ?? 'None';
    return { litellmModel, id, apiBase, provider, group };
  });
}

/** One value per key, and the same values in the order of `items`. */
function shared<Item, Value>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  make: (item: Item) => Value,
): { readonly inOrder: readonly Value[]; readonly byKey: ReadonlyMap<string, Value> } {
  const byKey = new Map<string, Value>();
  const inOrder = items.map((item) => {
    const key = keyOf(item);
    const value = byKey.get(key) ?? make(item);
    byKey.set(key, value);
    return value;
  });
  return { inOrder, byKey };
}
