// CPU, memory, event loop and garbage collection of this process, by the Prometheus client. It is loaded at the first
// scrape: its observers cost a little all the time, which who never scrapes shall not pay.
import type { Registry } from '@prometheus-io/client';

/** How often the event loop is looked at. */
const EVENT_LOOP_SAMPLE_MS = 20;
const UTILIZATION_SAMPLE_MS = 1000;

export class ProcessMetrics {
  #registry: Promise<Registry> | undefined;

  /** The exposition text of the default metrics; ends with a line feed. */
  async text(): Promise<string> {
    this.#registry ??= openRegistry();
    return (await this.#registry).metrics();
  }

  /** The same as data, for another thread. */
  async data(): Promise<ProcessReport> {
    this.#registry ??= openRegistry();
    return (await this.#registry).getMetricsAsJSON();
  }
}

/** The metrics of one thread, as the client gives them. */
export type ProcessReport = readonly {
  readonly name: string;
  /** How those of several threads become one. */
  readonly aggregator?: string;
}[];

/** What belongs to a thread; everything else is the process's, and in every thread the same. */
const OF_A_THREAD = /^nodejs_/;

/** The exposition text of several threads: what is the process's as the first one says it, the rest by its own rule. */
export async function processText(watching: ProcessReport, serving: readonly ProcessReport[]): Promise<string> {
  const { Registry: Client } = await import('@prometheus-io/client');
  const ofProcess = watching.filter(({ name }) => !OF_A_THREAD.test(name));
  const once = ofProcess.map((metric) => ({ ...metric, aggregator: 'first' }));
  const each = serving.map((metrics) => metrics.filter(({ name }) => OF_A_THREAD.test(name)).map(withRule));
  return Client.aggregate([once, ...each]).metrics();
}

/** A sum of shares of several threads says nothing: the mean of them does. */
function withRule(metric: ProcessReport[number]): ProcessReport[number] {
  return metric.name === 'nodejs_eventloop_utilization_summary' ? { ...metric, aggregator: 'average' } : metric;
}

/** A registry of its own: the client's global one would be shared by every gateway of the process. */
async function openRegistry(): Promise<Registry> {
  const { Registry: OwnRegistry, collectDefaultMetrics } = await import('@prometheus-io/client');
  const register = new OwnRegistry();
  collectDefaultMetrics({
    register,
    eventLoopMonitoringPrecision: EVENT_LOOP_SAMPLE_MS,
    eventLoopUtilizationTimeout: UTILIZATION_SAMPLE_MS,
  });
  return register;
}
