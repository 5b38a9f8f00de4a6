// The Redis over which instances share their limits, as it is now and as its calls went. A family of its own, because
// none of it belongs to a deployment or a model.
import type { SharingCallEvent } from '../gateway/events.ts';
import type { SharingState } from '../gateway/runtime.ts';
import type { Exposition } from './exposition.ts';
import { Histogram, type ObservedValues } from './histogram.ts';

/** Seconds that a call takes, from the same machine to the limit of patience. */
const CALL_BUCKETS_S: readonly number[] = [
  0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
];
const MS_PER_S = 1_000;

/** Calls that ended. */
export interface CountedCalls {
  readonly calls: number;
  readonly late: number;
  readonly failed: number;
  readonly latency: ObservedValues;
}

export class SharingMetrics {
  readonly #latency = new Histogram(CALL_BUCKETS_S);
  #calls = 0;
  #late = 0;
  #failed = 0;

  add({ outcome, durationMs }: SharingCallEvent): void {
    this.#calls += 1;
    if (outcome === 'failed') {
      this.#failed += 1;
      return;
    }
    if (outcome === 'late') this.#late += 1;
    this.#latency.observe(durationMs / MS_PER_S);
  }

  counted(): CountedCalls {
    return { calls: this.#calls, late: this.#late, failed: this.#failed, latency: this.#latency };
  }

  /** Adds what was counted elsewhere. */
  absorb({ calls, late, failed, latency }: CountedCalls): void {
    this.#calls += calls;
    this.#late += late;
    this.#failed += failed;
    this.#latency.absorb(latency);
  }

  /** The gauges have no sample where no Redis is configured. */
  write(out: Exposition, state: SharingState | undefined): void {
    out.family(
      'gauge',
      'loadstone_redis_up',
      '1: Redis answers and limits are shared; 0: each instance keeps to its share.',
    );
    if (state !== undefined) out.sample('', state.kind === 'up' || state.kind === 'slow' ? 1 : 0);
    out.family('gauge', 'loadstone_instances', 'Instances that share limits, this one included.');
    if (state !== undefined) out.sample('', state.instances);
    out.family('counter', 'loadstone_redis_calls', 'Calls to Redis that ended, at most 20 a second.');
    out.sample('', this.#calls);
    out.family('counter', 'loadstone_redis_late_answers', 'Answers of Redis that took longer than 50 ms.');
    out.sample('', this.#late);
    out.family('counter', 'litellm_redis_fails', 'Calls to Redis that ended in an error or in silence.');
    out.sample('', this.#failed);
    out.family('histogram', 'litellm_redis_latency', 'Seconds that a call to Redis took.');
    out.histogram('', this.#latency);
  }
}
