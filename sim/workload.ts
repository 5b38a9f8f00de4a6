// What the clients do: when requests come, how long they are, and how patient their senders are. The figures of real
// traces are in the scenarios; a router can never change what is drawn here.
import type { Millis, Rng } from '../src/core/units.ts';
import { concernRng, drawExponential, drawGamma, drawLogNormal, type LogNormal } from './chance.ts';

/** Poisson, or bursty: gamma-distributed gaps with a coefficient of variation above 1. */
export type Arrivals =
  | { readonly kind: 'poisson'; readonly perSecond: number }
  | { readonly kind: 'bursty'; readonly perSecond: number; readonly cv: number };

export interface WorkloadSpec {
  readonly arrivals: Arrivals;
  /** Requested models, drawn evenly. */
  readonly models: readonly string[];
  readonly promptTokens: LogNormal;
  readonly outputTokens: LogNormal;
  /** What requests send as `max_tokens`; it also ends the answer. */
  readonly maxTokens: number | undefined;
  /** 0 to 1. */
  readonly streamShare: number;
  /** Sigma of the error of the prompt estimate; 0 = exact. */
  readonly estimateSigma: number;
  /** Clients that leave, and after how long. */
  readonly leaving: { readonly share: number; readonly afterMs: Millis } | undefined;
  /** Clients that send a `timeout` of their own. */
  readonly hurried: { readonly share: number; readonly timeoutMs: Millis } | undefined;
  /** Clients that bring their own key. */
  readonly ownKeyShare: number;
}

/** One request, with what only the simulation knows: true sizes, and when its sender gives up. */
export interface SimRequest {
  readonly model: string;
  readonly stream: boolean;
  readonly promptTokens: number;
  readonly estimatedTokens: number;
  readonly outputTokens: number;
  readonly maxTokens: number | undefined;
  readonly timeoutMs: Millis | undefined;
  readonly leavesAfterMs: Millis | undefined;
  readonly callerCredentials: boolean;
}

export class Workload {
  readonly #spec: WorkloadSpec;
  readonly #rng: Rng;

  constructor(spec: WorkloadSpec, seed: number) {
    this.#spec = spec;
    this.#rng = concernRng(seed, 0);
  }

  /** Time to the next arrival. */
  gapMs(): Millis {
    const { arrivals } = this.#spec;
    const meanMs = 1_000 / arrivals.perSecond;
    return meanMs * (arrivals.kind === 'poisson' ? drawExponential(this.#rng) : drawGamma(arrivals.cv, this.#rng));
  }

  request(): SimRequest {
    const spec = this.#spec;
    const rng = this.#rng;
    const promptTokens = wholeTokens(drawLogNormal(spec.promptTokens, rng));
    const written = wholeTokens(drawLogNormal(spec.outputTokens, rng));
    const estimateError = drawLogNormal({ median: 1, sigma: spec.estimateSigma }, rng);
    return {
      model: spec.models[Math.floor(rng() * spec.models.length)] ?? '',
      stream: rng() < spec.streamShare,
      promptTokens,
      estimatedTokens: wholeTokens(promptTokens * estimateError),
      outputTokens: spec.maxTokens === undefined ? written : Math.min(written, spec.maxTokens),
      maxTokens: spec.maxTokens,
      timeoutMs: spec.hurried !== undefined && rng() < spec.hurried.share ? spec.hurried.timeoutMs : undefined,
      leavesAfterMs: spec.leaving !== undefined && rng() < spec.leaving.share ? spec.leaving.afterMs : undefined,
      callerCredentials: spec.ownKeyShare > 0 && rng() < spec.ownKeyShare,
    };
  }
}

function wholeTokens(tokens: number): number {
  return Math.max(1, Math.round(tokens));
}
