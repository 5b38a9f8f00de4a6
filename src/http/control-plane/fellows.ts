// What the control plane of one of several threads asks of all of them: a client's question reaches any thread, and the
// answer is about the gateway. A lone process has no fellows and answers for itself.
import type { ServerState } from '../../gateway/runtime.ts';
import { Metrics, type CountedMetrics, type Scrape } from '../../observe/metrics.ts';
import { processText, type ProcessReport } from '../../observe/process-metrics.ts';
import type { RecentRequest } from '../../observe/recent.ts';
import type { CheckedDeployment } from './health-report.ts';

/** What one thread has counted. */
export interface ThreadReport {
  readonly metrics: CountedMetrics;
  readonly state: Readonly<ServerState>;
  readonly process: ProcessReport;
}

export interface GatewayReport {
  /** Of every thread that serves; of one that does not answer what it said last. */
  readonly threads: readonly ThreadReport[];
  /** What is counted beside them: by threads that have died, and by the one that watches over all. */
  readonly further: CountedMetrics;
  /** Of the thread that watches over the others. */
  readonly process: ProcessReport;
}

export interface Fellows {
  /** This thread makes the background health checks for all. */
  readonly checksHealth: boolean;
  report(): Promise<GatewayReport>;
  /** The newest requests of all threads, newest first. */
  recent(limit: number): Promise<readonly RecentRequest[]>;
  find(callId: string): Promise<RecentRequest | undefined>;
  /** The latest round of the thread that makes the background health checks. */
  healthRound(): Promise<readonly CheckedDeployment[]>;
}

/** Counts that are shown, added up over all threads. */
export function totalState(threads: readonly ThreadReport[], own: Readonly<ServerState>): ServerState {
  const total = { ...own, inFlight: 0, queued: 0, admitted: 0, rejected: 0, openResponses: 0 };
  for (const { state } of threads) {
    total.inFlight += state.inFlight;
    total.queued += state.queued;
    total.admitted += state.admitted;
    total.rejected += state.rejected;
    total.openResponses += state.openResponses;
  }
  return total;
}

/** The exposition text of all threads together. */
export async function gatheredText({ threads, further, process }: GatewayReport, scrape: Scrape): Promise<string> {
  const text = (): Promise<string> =>
    processText(
      process,
      threads.map((thread) => thread.process),
    );
  const all = new Metrics({ text });
  all.adopt(scrape.runtime);
  for (const { metrics } of threads) all.absorb(metrics);
  all.absorb(further);
  return all.text({ ...scrape, threads: threads.length, state: totalState(threads, scrape.state) });
}
