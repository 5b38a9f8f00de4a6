// Prometheus metrics under LiteLLM's names (litellm-behaviour.md 10.11). The hot path only adds to plain numbers that
// lie in arrays; labels and text are made when somebody scrapes.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { GatewayListener, RequestEvent } from '../gateway/events.ts';
import type { Runtime } from '../gateway/runtime.ts';
import { DeploymentMetrics, type DeploymentNames } from './deployment-metrics.ts';
import { Exposition, labelText } from './exposition.ts';
import { FallbackMetrics } from './fallback-metrics.ts';
import { ModelLabels } from './model-labels.ts';
import { ProcessMetrics } from './process-metrics.ts';
import { LatencySeries, RequestSeries } from './request-metrics.ts';
import { SharingMetrics } from './sharing-metrics.ts';
import { deploymentLabels, writeDeployments } from './write-deployments.ts';
import { writeMirrors, writeRequests } from './write-requests.ts';
import { writeRetryBudgets } from './write-retry-budgets.ts';
import { writeState, type Scrape, type SeenDeployment } from './write-state.ts';

export type { Scrape } from './write-state.ts';

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
  readonly #fallbacks = new FallbackMetrics(this.#labels);
  readonly #sharing = new SharingMetrics();
  readonly #process = new ProcessMetrics();
  /** Deployments of the config in force. */
  #seen: readonly SeenDeployment[] = [];

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
      else if (event.kind === 'sharing call') this.#sharing.add(event);
    };
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
    await nextTurn();
    writeRequests(out, { byModel: this.#requests, latencies: this.#latencies, models });
    writeMirrors(out, this.#mirrors, models);
    await nextTurn();
    return out.text() + (await this.#process.text());
  }

  #request(event: RequestEvent, latencies: LatencySeries | undefined): void {
    const model = this.#labels.of(event.requestedModel);
    const byModel = event.mirror === true ? this.#mirrors : this.#requests;
    let series = byModel[model];
    if (series === undefined) {
      series = new RequestSeries();
      byModel[model] = series;
    }
    series.add(event);
    if (event.mirror !== true) latencies?.add(event);
  }
}

function namesOf({ config }: Runtime): DeploymentNames[] {
  return config.table.deployments.map(({ litellmModel, id, provider, group }, index) => {
    const apiBase = config.deployments[index]?.target?.apiBase ?? 'None';
    return { litellmModel, id, apiBase, provider, group };
  });
}

/** The value of a key, made when it is first asked for. */
function shared<Value>(byKey: Map<string, Value>, key: string, make: () => Value): Value {
  const value = byKey.get(key) ?? make();
  byKey.set(key, value);
  return value;
}
