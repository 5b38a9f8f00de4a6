// Everything observable is one of these events. Logs, metrics, the recent-requests ring and traces subscribe; no
// subscriber can influence routing, and an exception in one of them is swallowed.
import type { PlanStep } from '../core/explain/plan-trace.ts';
import type { Failure, TokenUsage } from '../core/outcome.ts';
import type { DeploymentIndex, Millis } from '../core/units.ts';
import type { Endpoint } from '../wire/endpoint.ts';
import type { SharingState } from './runtime.ts';

/** One attempt ended. */
export interface AttemptEvent {
  readonly kind: 'attempt';
  readonly callId: string;
  readonly deployment: DeploymentIndex;
  readonly requestedModel: string;
  readonly group: string;
  readonly outcome: 'success' | 'failure' | 'abandoned';
  readonly failure: Failure | undefined;
  readonly durationMs: Millis;
  /** Time to first content of a stream. */
  readonly firstContentMs: Millis | undefined;
  readonly usage: TokenUsage | undefined;
  /** The answer's rate-limit headers, where the provider sent them. */
  readonly remainingRequests: number | undefined;
  readonly remainingTokens: number | undefined;
}

/** One client request ended, whatever became of it. Published exactly once per request. */
export interface RequestEvent {
  readonly kind: 'request';
  readonly callId: string;
  readonly endpoint: Endpoint;
  readonly path: string;
  readonly requestedModel: string;
  /** Group and deployment that answered last, if any was reached. */
  readonly group: string | undefined;
  readonly deployment: DeploymentIndex | undefined;
  readonly status: number;
  readonly stream: boolean;
  readonly attempts: number;
  readonly retries: number;
  readonly fallbacks: number;
  readonly durationMs: Millis;
  /** Time spent in attempts; the rest is ours. */
  readonly upstreamMs: Millis;
  /** Time spent waiting for a unit of a limit; left out where nothing measures it. */
  readonly queuedMs?: Millis;
  readonly firstContentMs: Millis | undefined;
  readonly usage: TokenUsage | undefined;
  /** The stream broke after the client had a part of it, and was gone on with in this way, if not to its end. */
  readonly recovered?: 'replay' | 'prefill' | undefined;
  /** Two attempts ran beside each other, because the first was silent: who had content first. */
  readonly raced?: 'first' | 'second' | 'none' | undefined;
  readonly outcome: 'success' | 'failure' | 'abandoned';
  readonly failure: Failure | undefined;
  /** A copy for another group (`silent_model`): no client waits for it. */
  readonly mirror?: true;
  /** Why it went as it did; left out of requests that are not explained. */
  readonly steps?: readonly PlanStep[] | undefined;
}

/** A fallback hop ended. */
export interface FallbackEvent {
  readonly kind: 'fallback';
  readonly callId?: string;
  readonly requestedModel: string;
  readonly fallbackModel: string;
  readonly succeeded: boolean;
  readonly failure: Failure;
}

/** A breaker opened or closed. */
export interface BreakerEvent {
  readonly kind: 'breaker';
  readonly callId?: string;
  readonly deployment: DeploymentIndex;
  readonly state: 'closed' | 'open' | 'half-open';
  readonly status: number | undefined;
}

/** The state of the Redis over which instances share their limits has changed. */
export interface SharingEvent {
  readonly kind: 'sharing';
  readonly state: SharingState['kind'];
  /** Why it is down. */
  readonly reason: string | undefined;
  /** Without credentials. */
  readonly place: string;
}

/** One call to that Redis ended. */
export interface SharingCallEvent {
  readonly kind: 'sharing call';
  readonly outcome: 'answered' | 'late' | 'failed';
  readonly durationMs: Millis;
}

export type GatewayEvent = AttemptEvent | RequestEvent | FallbackEvent | BreakerEvent | SharingEvent | SharingCallEvent;
export type GatewayListener = (event: GatewayEvent) => void;
