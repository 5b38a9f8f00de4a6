// Fallback hops by where from, where to and why. Rare beside requests, so a map with a text key is cheap enough.
import type { FallbackEvent } from '../gateway/events.ts';
import type { Exposition } from './exposition.ts';
import { labelText } from './exposition.ts';
import { NO_CALLER } from './caller-labels.ts';
import type { ModelLabels } from './model-labels.ts';

/** Hops by label text. */
export interface CountedFallbacks {
  readonly succeeded: ReadonlyMap<string, number>;
  readonly failed: ReadonlyMap<string, number>;
}

export class FallbackMetrics {
  readonly #labels: ModelLabels;
  readonly #succeeded = new Map<string, number>();
  readonly #failed = new Map<string, number>();

  constructor(labels: ModelLabels) {
    this.#labels = labels;
  }

  add({ requestedModel, fallbackModel, succeeded, failure }: FallbackEvent): void {
    const { names } = this.#labels;
    const counts = succeeded ? this.#succeeded : this.#failed;
    const key = labelText({
      requested_model: names[this.#labels.of(requestedModel)] ?? '',
      fallback_model: names[this.#labels.of(fallbackModel)] ?? '',
      ...NO_CALLER,
      exception_status: String(failure.status),
      exception_class: failure.exceptionClass,
    });
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }

  counted(): CountedFallbacks {
    return { succeeded: this.#succeeded, failed: this.#failed };
  }

  /** Adds what was counted elsewhere. */
  absorb({ succeeded, failed }: CountedFallbacks): void {
    for (const [key, count] of succeeded) this.#succeeded.set(key, (this.#succeeded.get(key) ?? 0) + count);
    for (const [key, count] of failed) this.#failed.set(key, (this.#failed.get(key) ?? 0) + count);
  }

  write(out: Exposition): void {
    out.family('counter', 'litellm_deployment_successful_fallbacks', 'Fallback hops that answered.');
    for (const [labels, count] of this.#succeeded) out.sample(labels, count);
    out.family('counter', 'litellm_deployment_failed_fallbacks', 'Fallback hops that failed too.');
    for (const [labels, count] of this.#failed) out.sample(labels, count);
  }
}
