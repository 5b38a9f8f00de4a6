// One deployment as it really is: how fast, how limited, and what is wrong with it when. Model of DESIGN's league:
// lognormal time to first token and time per token, slower with more in flight (routing-science 5.3).
import type { Millis, Rng } from '../src/core/units.ts';
import { concernRng, drawLogNormal, type LogNormal } from './chance.ts';
import { slownessOf, spanAt, type Fault, type FaultSpan } from './fault.ts';
import { limitCounter, type LimitCounter, type ProviderLimit } from './provider-limit.ts';
import type { SimRequest } from './workload.ts';

export interface UpstreamSpec {
  readonly firstTokenMs: LogNormal;
  readonly perTokenMs: LogNormal;
  /** With so many in flight everything takes twice as long; Infinity = never slower. */
  readonly softConcurrency: number;
  readonly limit: ProviderLimit | undefined;
  /** Whether a 429 of its own limit says when to come back. */
  readonly namesRetryAfter: boolean;
  readonly faults: readonly FaultSpan[];
}

export const PLAIN_UPSTREAM: UpstreamSpec = {
  firstTokenMs: { median: 600, sigma: 0.35 },
  perTokenMs: { median: 15, sigma: 0.15 },
  softConcurrency: Infinity,
  limit: undefined,
  namesRetryAfter: true,
  faults: [],
};

const REFUSED_MS: Millis = 1;
const THROTTLED_MS: Millis = 50;
const FAILED_MS: Millis = 300;

/** How an attempt would end if nobody gave up on it. */
export type ReplyKind = 'answered' | 'failed' | 'throttled' | 'refused' | 'silent' | 'cut';

export class Upstream {
  /** Of the latest attempt: what it comes to, and when, relative to its dispatch. */
  reply: ReplyKind = 'answered';
  contentAfterMs: Millis = 0;
  endAfterMs: Millis = 0;
  perTokenMs: Millis = 0;
  status = 200;
  retryAfterMs: Millis | undefined;
  inFlight = 0;
  attempts = 0;
  attemptsInFault = 0;
  /** Requests beyond its own limit: the core's limiter failed. */
  violations = 0;
  readonly #spec: UpstreamSpec;
  readonly #rng: Rng;
  readonly #counter: LimitCounter | undefined;

  constructor(spec: UpstreamSpec, seed: number, nth: number) {
    this.#spec = spec;
    this.#rng = concernRng(seed, 2 + nth);
    this.#counter = spec.limit === undefined ? undefined : limitCounter(spec.limit);
  }

  isFaulty(now: Millis): boolean {
    return spanAt(this.#spec.faults, now) !== undefined;
  }

  /** An attempt arrives: draws what will come of it into the fields. The caller ends it with `ended`. */
  accept(request: SimRequest, now: Millis): void {
    const span = this.#spec.faults.length === 0 ? undefined : spanAt(this.#spec.faults, now);
    this.attempts += 1;
    if (span !== undefined) this.attemptsInFault += 1;
    this.inFlight += 1;
    if (span?.fault.kind === 'down') return this.#end('refused', REFUSED_MS);
    const overMs = this.#counter?.take(now) ?? 0;
    if (overMs > 0) {
      this.violations += 1;
      return this.#throttle(this.#spec.namesRetryAfter ? overMs : undefined);
    }
    if (span !== undefined && this.#fails(span.fault)) return;
    const slowness = slownessOf(span, now) * (1 + (this.inFlight - 1) / this.#spec.softConcurrency);
    this.perTokenMs = drawLogNormal(this.#spec.perTokenMs, this.#rng) * slowness;
    this.contentAfterMs = drawLogNormal(this.#spec.firstTokenMs, this.#rng) * slowness;
    const writingMs = this.perTokenMs * (request.outputTokens - 1);
    const isCut = span?.fault.kind === 'cutting' && this.#rng() < span.fault.probability;
    this.#end(isCut ? 'cut' : 'answered', this.contentAfterMs + (isCut ? writingMs / 2 : writingMs));
  }

  ended(): void {
    this.inFlight -= 1;
  }

  /** Whether the fault takes the place of an answer. */
  #fails(fault: Fault): boolean {
    switch (fault.kind) {
      case 'failing':
        if (this.#rng() >= fault.probability) return false;
        this.status = fault.status;
        this.#end('failed', FAILED_MS);
        return true;
      case 'limited':
        this.#throttle(fault.retryAfterMs);
        return true;
      case 'silent':
        this.#end('silent', Infinity);
        return true;
      case 'down':
      case 'slow':
      case 'recovering':
      case 'cutting':
        return false;
    }
  }

  #throttle(retryAfterMs: Millis | undefined): void {
    this.retryAfterMs = retryAfterMs;
    this.#end('throttled', THROTTLED_MS);
  }

  #end(reply: ReplyKind, afterMs: Millis): void {
    this.reply = reply;
    this.endAfterMs = afterMs;
    if (reply !== 'answered' && reply !== 'cut') this.contentAfterMs = Infinity;
  }
}
