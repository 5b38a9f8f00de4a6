// Streams that did not simply come: those that a second attempt raced, and those that broke and were gone on with. Rare
// beside requests, so maps with text keys are cheap enough.
import type { RequestEvent } from '../gateway/events.ts';
import type { Exposition } from './exposition.ts';
import { labelText } from './exposition.ts';
import type { ModelLabels } from './model-labels.ts';

const RESULTS = { success: 'whole', failure: 'failed', abandoned: 'client left' } as const;

/** By label text. */
export interface CountedStreams {
  readonly races: ReadonlyMap<string, number>;
  readonly recoveries: ReadonlyMap<string, number>;
}

export class StreamMetrics {
  readonly #labels: ModelLabels;
  readonly #races = new Map<string, number>();
  readonly #recoveries = new Map<string, number>();

  constructor(labels: ModelLabels) {
    this.#labels = labels;
  }

  add({ requestedModel, raced, recovered: by, outcome }: RequestEvent): void {
    if (raced !== undefined) {
      count(this.#races, labelText({ requested_model: this.#name(requestedModel), winner: raced }));
    }
    if (by === undefined) return;
    const result = RESULTS[outcome];
    count(this.#recoveries, labelText({ requested_model: this.#name(requestedModel), by, result }));
  }

  counted(): CountedStreams {
    return { races: this.#races, recoveries: this.#recoveries };
  }

  /** Adds what was counted elsewhere. */
  absorb({ races, recoveries }: CountedStreams): void {
    for (const [key, times] of races) count(this.#races, key, times);
    for (const [key, times] of recoveries) count(this.#recoveries, key, times);
  }

  write(out: Exposition): void {
    out.family(
      'counter',
      'loadstone_races',
      'Silent streams beside which a second attempt was begun, by who had content first.',
    );
    for (const [labels, total] of this.#races) out.sample(labels, total);
    out.family(
      'counter',
      'loadstone_stream_recoveries',
      'Streams that broke after their first content and were gone on with.',
    );
    for (const [labels, total] of this.#recoveries) out.sample(labels, total);
  }

  #name(model: string): string {
    return this.#labels.names[this.#labels.of(model)] ?? '';
  }
}

function count(totals: Map<string, number>, key: string, times = 1): void {
  totals.set(key, (totals.get(key) ?? 0) + times);
}
