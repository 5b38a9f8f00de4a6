// What a decision is made from, and what comes of it. The plan of a request is built to have these fields itself, so
// that a decision allocates nothing but its result.
import type { AffinityMemory } from '../affinity/affinity-memory.ts';
import type { Charge } from '../fleet/charge.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { RequestIntent } from '../request-intent.ts';
import type { RoutingPolicy, RoutingTable } from '../routing-table.ts';
import type { DeploymentIndex, Millis } from '../units.ts';

export interface SelectContext {
  readonly table: RoutingTable;
  readonly fleet: Fleet;
  /** What the request asks of the router. */
  readonly intent: RequestIntent;
  readonly policy: RoutingPolicy;
  /** In config order, as `resolve` gives them. */
  readonly candidates: readonly DeploymentIndex[];
  /** Deployments that this request has tried: they come last. */
  readonly tried: readonly DeploymentIndex[];
  /** Estimate of the prompt, in tokens; the exact number once it is counted. */
  readonly promptTokens: number;
  /** `promptTokens` is no estimate: a prompt that alone exceeds a deployment's `tpm` or `itpm` never goes there. */
  readonly promptIsCounted: boolean;
  /** Most output tokens that the request allows; 0 where there is no output. */
  readonly maxTokens: number | undefined;
  readonly stream: boolean;
  readonly tags: readonly string[];
  /** Deployments whose known window is smaller are left out; 0 = do not look. */
  readonly minInputTokens: number;
  /** Somewhere else to go: then everything may be open. Without, the rate trigger ejects at most half of a group. */
  readonly hasFallback: boolean;
  /** When nothing but our own judgement stands in the way, use the least bad candidate all the same. */
  readonly keepLast: boolean;
  /** Who served whom; `undefined` = nothing sticks. */
  readonly affinity?: AffinityMemory | undefined;
  /** The request names this deployment: no breaker (1.106 serves ids while they cool). */
  readonly ignoreHealth: boolean;
}

export interface Picked {
  readonly kind: 'picked';
  readonly deployment: DeploymentIndex;
  /** For `settle` or `refund`, and `recordOutcome`. In flight from now on: `finished` once, whatever comes. */
  readonly charge: Charge;
}

/** Why there was nothing: how many candidates stood where, each under the first reason that applies. */
export interface NonePicked {
  readonly kind: 'none';
  readonly total: number;
  readonly outOfRotation: number;
  /** Not allowed by the request's tags. */
  readonly tagged: number;
  /** Not in the region that the request asks for. */
  readonly wrongRegion: number;
  /** Known not to give the output format that the request asks for. */
  readonly unsupported: number;
  /** A budget of its own, its provider's or the request's tags is crossed. */
  readonly overBudget: number;
  /** Its latest background health check failed. */
  readonly failedCheck: number;
  /** Its window is too small for the prompt. */
  readonly tooSmall: number;
  /** The prompt alone, counted, exceeds its tpm or itpm. */
  readonly overLimit: number;
  /** Open, or half-open with its probe out. */
  readonly open: number;
  /** Refused by its provider: a 429. */
  readonly blocked: number;
  /** Over rpm, tpm, itpm or otpm. */
  readonly limited: number;
  /** All slots of `max_parallel_requests` taken. */
  readonly parallel: number;
  /** The earliest moment at which a candidate may be free, later than `now`; `undefined` = no clock can tell. */
  readonly soonestMs: Millis | undefined;
  /** The same as a client is to be told: later where several instances share a limit and may have to agree first. */
  readonly returnMs: Millis | undefined;
  /** As `soonestMs`, of those that only a limit keeps from traffic. */
  readonly limitedUntilMs: Millis | undefined;
}

export type Selection = Picked | NonePicked;
