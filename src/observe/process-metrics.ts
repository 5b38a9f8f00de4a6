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
