// What is counted per client request: how many by model and status, and how long they took. A histogram a deployment's
// model name, as LiteLLM has it; what a client may invent never becomes a histogram.
import type { RequestEvent } from '../gateway/events.ts';
import { FailureCounts } from './failure-counts.ts';
import { Histogram, LATENCY_BUCKETS_S, OVERHEAD_BUCKETS_S } from './histogram.ts';

const MS_PER_S = 1000;
/** What the log shows for a client that left; nothing was sent. */
const CLIENT_LEFT = 499;

/** Requests for one model. */
export class RequestSeries {
  readonly statuses: number[] = [];
  /** Requests by status; index as in `statuses`. */
  readonly counts: number[] = [];
  readonly failures = new FailureCounts();

  add(event: RequestEvent): void {
    const status = event.outcome === 'abandoned' ? CLIENT_LEFT : event.status;
    const at = this.statuses.indexOf(status);
    if (at >= 0) this.counts[at] = (this.counts[at] ?? 0) + 1;
    else {
      this.statuses.push(status);
      this.counts.push(1);
    }
    if (event.failure !== undefined) this.failures.add(event.failure);
  }
}

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
}
