// What a plan knows while its request runs. Its own class so that the moves (retry, fallback, wait) can be functions in
// files of their own; `Plan` is this with the three calls that the executor makes.
import type { AffinityMemory } from '../affinity/affinity-memory.ts';
import { deadlineAt } from '../deadline.ts';
import { PlanTrace } from '../explain/plan-trace.ts';
import type { Charge } from '../fleet/charge.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Deployment } from '../deployment.ts';
import type { Failure, FailureCause, FailedOutcome } from '../outcome.ts';
import type { MockFailure, RequestIntent } from '../request-intent.ts';
import type { RoutingPolicy, RoutingTable } from '../routing-table.ts';
import type { SelectContext } from '../select/select-context.ts';
import type { DeploymentIndex, Millis } from '../units.ts';
import type { Waiter } from '../queue/waiter.ts';
import { ERROR_OF_ESTIMATE } from './hangs-on-count.ts';
import type { Hop } from './hop.ts';
import { HopSource } from './hop-source.ts';
import type { PlanContext } from './plan-context.ts';
import type { Retry } from './retry.ts';

const NO_DEPLOYMENTS: readonly DeploymentIndex[] = [];
const NO_FAILURES: readonly Failure[] = [];
/** Decisions of one request that are explained candidate by candidate, when it asked for that. */
const EXPLAINED_DECISIONS = 20;
/** In a larger group a look at everybody costs more than a request in trouble should. */
const MOST_CANDIDATES_IN_TROUBLE = 200;

/** The stream broke after the commit point and is being gone on with. */
export interface Recovery {
  /** What broke the stream: the client is told this when nobody can go on with it. */
  readonly failure: Failure;
  /** A second answer may be held against the first. */
  readonly mayReplay: boolean;
  /** A deployment refused the prefill: from now on only replays. */
  isPrefillRefused: boolean;
}

/** A second attempt beside a silent one. */
export interface RunningRival {
  readonly isRunning: boolean;
}

/** A failure that moved nothing, because another attempt was still running. */
export interface Overtaken {
  readonly hop: Hop;
  readonly deployment: Deployment;
  readonly outcome: FailedOutcome;
}

/** Its public fields are those of a `SelectContext`, so that a decision allocates nothing for its input. */
export class PlanState implements SelectContext {
  readonly context: PlanContext;
  readonly table: RoutingTable;
  readonly fleet: Fleet;
  readonly intent: RequestIntent;
  promptTokens: number;
  promptIsCounted = false;
  readonly maxTokens: number | undefined;
  readonly stream: boolean;
  readonly tags: readonly string[];
  minInputTokens: number;
  /** A true count of the prompt may still be worth its time; false for most from the start. */
  mayCount: boolean;
  readonly affinity: AffinityMemory | undefined;
  readonly deadlineMs: Millis;
  tried: readonly DeploymentIndex[] = NO_DEPLOYMENTS;
  /** Deployment of the latest attempt. */
  deployment: DeploymentIndex | undefined;
  /** Attempts made, over all hops. */
  attempts = 0;
  /** Failures of hops so far, in order: what `include_fallback_errors` shows. */
  failures: readonly Failure[] = NO_FAILURES;
  /** Configured limit of the latest attempt, for `x-litellm-timeout`; `undefined` = none, or nothing was attempted. */
  shownTimeoutMs: Millis | undefined;
  hop: Hop | undefined;
  /** Of the attempt under way. */
  charge: Charge | undefined;
  mock: MockFailure | undefined;
  rootFailure: Failure | undefined;
  /** A wait that was put off because a fallback came first: taken up when every fallback has failed. */
  deferred: { readonly hop: Hop; readonly retry: Retry } | undefined;
  /** The stream broke after the commit point and is being gone on with; stays set once it was tried. */
  recovery: Recovery | undefined;
  /** The attempt that was begun beside a silent one; stays set once there was one. */
  rival: RunningRival | undefined;
  /** Of two attempts, the one that failed first. */
  overtaken: Overtaken | undefined;
  /** Its place in the queue, while it has one. */
  waiter: Waiter | undefined;
  /** Its number in the queue, once it had one: who comes back is not new. */
  arrival: number | undefined;
  /** The one move of a request that no budget pays for has been made (DESIGN 5). */
  hadFreeMove = false;
  /** Why the plan stopped earlier than the config alone would have it; shown behind the error. */
  note: string | undefined;
  /** All fallbacks have failed: only waiting is left. */
  isOutOfFallbacks = false;
  /** What the client is told; set = the plan has ended. */
  ending: Failure | undefined;
  /** Why it did what it did; `undefined` = nobody wants to know. */
  trace: PlanTrace | undefined;
  #source: HopSource | undefined;

  constructor(context: PlanContext) {
    const { table, fleet, intent, startedAtMs } = context;
    this.context = context;
    this.table = table;
    this.fleet = fleet;
    this.intent = intent;
    this.promptTokens = intent.promptTokens;
    this.maxTokens = intent.maxTokens;
    this.stream = intent.stream;
    this.tags = intent.tags;
    this.minInputTokens = table.settings.enablePreCallChecks ? intent.promptTokens : 0;
    this.mayCount =
      intent.promptTokens > fleet.leastTokenLimit || this.minInputTokens >= fleet.leastWindow / ERROR_OF_ESTIMATE;
    this.affinity = context.affinity;
    this.deadlineMs = deadlineAt(startedAtMs, table.settings);
    this.mock = intent.mockFailure;
    this.trace = context.explain === true ? new PlanTrace(context, EXPLAINED_DECISIONS) : undefined;
  }

  /** Who may answer now. */
  get candidates(): readonly DeploymentIndex[] {
    return this.hop?.candidates ?? NO_DEPLOYMENTS;
  }

  /** How the hop's group chooses. */
  get policy(): RoutingPolicy {
    return this.hop?.policy ?? this.table.settings;
  }

  get hasFallback(): boolean {
    return this.hasFallbackFor('server_error');
  }

  /** Whether a failure of this cause would lead to another group. */
  hasFallbackFor(cause: FailureCause): boolean {
    const { hop } = this;
    if (hop === undefined || this.isOutOfFallbacks || this.intent.disableFallbacks) return false;
    return this.hops().hasNext(hop, cause);
  }

  get keepLast(): boolean {
    return !this.hasFallback;
  }

  /** Ids and pinned deployments are served whatever their health (1.106, 3.1). */
  get ignoreHealth(): boolean {
    return this.hop?.resolution.byId === true;
  }

  /** Name that was asked for at this hop, as `x-litellm-model-group` shows it. */
  get group(): string {
    return this.hop?.resolution.requested ?? this.intent.model;
  }

  /** Retries of this hop. */
  get retries(): number {
    return this.hop?.retries ?? 0;
  }

  /** Retries that this hop allows. */
  get maxRetries(): number {
    return this.hop?.maxRetries ?? 0;
  }

  /** Fallbacks attempted, as `x-litellm-attempted-fallbacks` counts them; 0 while the request's own model is asked. */
  get fallbacks(): number {
    return this.hop === undefined || this.hop.depth === 0 ? 0 : this.hops().count;
  }

  /** Something has gone wrong: from now on the reasons are kept, if the shell has time for it. */
  noticeTrouble(now: Millis): void {
    if (this.trace === undefined && this.context.explainTrouble?.(now) === true) {
      this.trace = new PlanTrace(this.context, this.candidates.length <= MOST_CANDIDATES_IN_TROUBLE ? 1 : 0);
    }
  }

  /** Where the request goes when a hop has failed; made when it is first asked for. */
  hops(): HopSource {
    this.#source ??= new HopSource(this.context, this.hop);
    return this.#source;
  }
}
