// What is counted per client request: how many by model and status, and how long they took. A histogram a deployment's
// model name, as LiteLLM has it; what a client may invent never becomes a histogram.
import type { RequestEvent } from '../gateway/events.ts';
import { FailureCounts } from './failure-counts.ts';
import { Histogram, LATENCY_BUCKETS_S, OVERHEAD_BUCKETS_S, type ObservedValues } from './histogram.ts';

const MS_PER_S = 1000;
/** What the log shows for a client that left; nothing was sent. */
const CLIENT_LEFT = 499;

/** What was counted, as another thread tells it: data without the methods. */
export interface CountedSeries {
  readonly statuses: readonly number[];
  readonly counts: readonly number[];
  readonly failures: Pick<FailureCounts, 'entries'>;
}

/** Requests for one model. */
export class RequestSeries {
  readonly statuses: number[] = [];
  /** Requests by status; index as in `statuses`. */
  readonly counts: number[] = [];
  readonly failures = new FailureCounts();

  add(event: RequestEvent): void {
    const status = event.outcome === 'abandoned' ? CLIENT_LEFT : event.status;
    this.#add(status, 1);
    if (event.failure !== undefined) this.failures.add(event.failure);
  }

  /** Adds what was counted elsewhere. */
  absorb({ statuses, counts, failures }: CountedSeries): void {
    for (const [at, status] of statuses.entries()) this.#add(status, counts[at] ?? 0);
    this.failures.absorb(failures);
  }

  #add(status: number, times: number): void {
    const at = this.statuses.indexOf(status);
    if (at >= 0) this.counts[at] = (this.counts[at] ?? 0) + times;
    else {
      this.statuses.push(status);
      this.counts.push(times);
    }
  }
}

/** What was observed, as another thread tells it. */
export type ObservedLatencies = Readonly<Record<keyof Omit<LatencySeries, 'add' | 'absorb'>, ObservedValues>>;

/** Times of the requests that one upstream model answered, in seconds. */
export class LatencySeries {
  readonly total = new Histogram(LATENCY_BUCKETS_S);
  readonly upstream = new Histogram(LATENCY_BUCKETS_S);
  readonly overhead = new Histogram(OVERHEAD_BUCKETS_S);
  readonly firstContent = new Histogram(LATENCY_BUCKETS_S);
  readonly queued = new Histogram(LATENCY_BUCKETS_S);

  add({ outcome, durationMs, upstreamMs, firstContentMs, queuedMs }: RequestEvent): void {
    if (outcome !== 'success') return;
    this.total.observe(durationMs / MS_PER_S);
    this.upstream.observe(upstreamMs / MS_PER_S);
    this.overhead.observe(Math.max(0, durationMs - upstreamMs - (queuedMs ?? 0)) / MS_PER_S);
    if (firstContentMs !== undefined) this.firstContent.observe(firstContentMs / MS_PER_S);
    if (queuedMs !== undefined) this.queued.observe(queuedMs / MS_PER_S);
  }

  /** Adds what was observed elsewhere. */
  absorb(other: ObservedLatencies): void {
    this.total.absorb(other.total);
    this.upstream.absorb(other.upstream);
    this.overhead.absorb(other.overhead);
    this.firstContent.absorb(other.firstContent);
    this.queued.absorb(other.queued);
  }
}
