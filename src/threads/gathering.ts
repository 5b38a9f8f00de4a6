// What the thread that watches collects from the others for one of them: counts, recent requests, health checks. Whoever
// does not answer in time stands in the counts with what he said last, so that no counter ever goes back; who has died
// stays in them likewise.
import type { GatewayReport, ThreadReport } from '../http/control-plane/fellows.ts';
import { Metrics } from '../observe/metrics.ts';
import { ProcessMetrics } from '../observe/process-metrics.ts';
import type { RecentRequest } from '../observe/recent.ts';
import type { WatchingHandlers, WorkerThread } from './worker-thread.ts';

/** A thread that is busy for longer is left out, or stands in with its last word. */
const PATIENCE_MS = 2_000;
const CHECKING_PATIENCE_MS = 600_000;

export class Gathering {
  readonly #threads: () => readonly WorkerThread[];
  readonly #lastReports = new Map<WorkerThread, ThreadReport>();
  /** What no thread that serves has counted: those who have died, and calls to Redis. */
  readonly further = new Metrics();
  readonly #process = new ProcessMetrics();

  /** `threads` gives those that serve now, by number. */
  constructor(threads: () => readonly WorkerThread[]) {
    this.#threads = threads;
  }

  /** The thread has ended: what it had counted when it was last asked stays counted. */
  bury(thread: WorkerThread): void {
    const last = this.#lastReports.get(thread);
    this.#lastReports.delete(thread);
    if (last !== undefined) this.further.absorb(last.metrics);
  }

  readonly handlers: Pick<WatchingHandlers, 'report' | 'recent' | 'find' | 'healthRound'> = {
    report: () => this.#report(),
    recent: async (limit) => {
      const lists = await this.#fromAll((thread) => thread.line.ask('recent', limit, PATIENCE_MS));
      return newestFirst(lists.flat()).slice(0, limit);
    },
    find: async (callId) => {
      const found = await this.#fromAll((thread) => thread.line.ask('find', callId, PATIENCE_MS));
      return newestFirst(found.filter((one) => one !== undefined))[0];
    },
    healthRound: () => {
      const [checking] = this.#threads();
      if (checking === undefined) throw new Error('no thread makes health checks just now');
      return checking.line.ask('healthRound', undefined, CHECKING_PATIENCE_MS);
    },
  };

  async #report(): Promise<GatewayReport> {
    const process = await this.#process.data();
    const threads = await this.#fromAll((thread) => this.#reportOf(thread));
    return { process, threads: threads.filter((one) => one !== undefined), further: this.further.counted() };
  }

  async #reportOf(thread: WorkerThread): Promise<ThreadReport | undefined> {
    try {
      const report = await thread.line.ask('report', undefined, PATIENCE_MS);
      if (this.#threads().includes(thread)) this.#lastReports.set(thread, report);
      return report;
    } catch {
      return this.#lastReports.get(thread);
    }
  }

  /** The answers of those who give one. */
  async #fromAll<Answer>(ask: (thread: WorkerThread) => Promise<Answer>): Promise<Answer[]> {
    const answers = await Promise.allSettled(this.#threads().map(ask));
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  }
}

function newestFirst(requests: readonly RecentRequest[]): RecentRequest[] {
  return requests.toSorted((a, b) => b.endedAtMs - a.endedAtMs);
}
