// The last requests, for `GET /admin/requests`: what each was, how it went and, where that is known, why. A listener
// like log and metrics. No message content and no key gets in; of a failure its kind is kept and not its text, which
// may quote the request. Memory is bounded in every direction.
import { traced, type PlanStep, type TracedFailure } from '../core/explain/plan-trace.ts';
import type { Failure } from '../core/outcome.ts';
import type { DeploymentIndex, Millis } from '../core/units.ts';
import type { AttemptEvent, BreakerEvent, GatewayEvent, GatewayListener, RequestEvent } from '../gateway/events.ts';
import { Ration } from './ration.ts';

export interface RecentOptions {
  /** Requests kept. */
  readonly size?: number;
  /** Explanations kept, those of the newest requests. */
  readonly explanations?: number;
  /** Milliseconds since 1970, for showing only. */
  readonly wallNow?: () => number;
}

/** An attempt that did not succeed. */
export interface RecentTrouble {
  readonly kind: 'attempt';
  readonly deployment: DeploymentIndex;
  readonly group: string;
  readonly outcome: 'failure' | 'abandoned';
  readonly failure: TracedFailure | undefined;
  readonly durationMs: Millis;
}

interface RecentBreaker {
  readonly kind: 'breaker';
  readonly deployment: DeploymentIndex;
  readonly state: BreakerEvent['state'];
}

export interface RecentRequest {
  /** Without steps, and without the text of its failure. */
  readonly event: Omit<RequestEvent, 'failure' | 'steps'>;
  readonly failure: TracedFailure | undefined;
  /** Milliseconds since 1970. */
  readonly endedAtMs: number;
  /** Attempts that failed and breakers that changed, in order. */
  readonly troubles: readonly (RecentTrouble | RecentBreaker)[];
  /** `undefined`: it was not explained, or so long ago that the explanation is gone. */
  readonly steps: readonly PlanStep[] | undefined;
}

interface Entry extends RecentRequest {
  steps: readonly PlanStep[] | undefined;
}

const SIZE = 1_000;
const EXPLANATIONS = 100;
/** Explanations that nobody asked for: at most so many in a second. */
const TROUBLES_PER_SECOND = 10;
/** Requests under way of which something has gone wrong, and what is kept of each. */
const MOST_PENDING = 10_000;
const MOST_TROUBLES = 50;
const LONGEST_NAME = 256;
const NO_TROUBLES: Entry['troubles'] = [];

export class RecentRequests {
  readonly #size: number;
  readonly #wallNow: () => number;
  /** A ring: the newest is before `#next`. */
  readonly #entries: Entry[] = [];
  #next = 0;
  readonly #explained: (Entry | undefined)[];
  #nextExplained = 0;
  /** By call id, of requests under way. */
  readonly #pending = new Map<string, Entry['troubles'][number][]>();
  readonly #ration = new Ration(TROUBLES_PER_SECOND);

  constructor({ size = SIZE, explanations = EXPLANATIONS, wallNow = Date.now }: RecentOptions = {}) {
    this.#size = size;
    this.#wallNow = wallNow;
    this.#explained = Array.from({ length: explanations }, () => undefined);
  }

  readonly listener: GatewayListener = (event: GatewayEvent): void => {
    if (event.kind === 'request') this.#request(event);
    else if (event.kind === 'attempt') this.#attempt(event);
    else if (event.kind === 'breaker') this.#breaker(event);
  };

  /** Whether the reasons of a request in trouble are kept: under a storm only of some. */
  readonly explainTrouble = (now: Millis): boolean => this.#ration.take(now);

  /** The newest `limit`, newest first. */
  list(limit: number): RecentRequest[] {
    const count = Math.min(limit, this.#entries.length);
    return Array.from({ length: count }, (_, nth) => this.#entries.at(this.#next - 1 - nth)).filter(
      (entry) => entry !== undefined,
    );
  }

  /** The newest request with this call id: clients may choose theirs, and use one twice. */
  find(callId: string): RecentRequest | undefined {
    return this.list(this.#size).find(({ event }) => event.callId === callId);
  }

  #request(event: RequestEvent): void {
    const troubles = this.#pending.size === 0 ? undefined : this.#pending.get(event.callId);
    if (troubles !== undefined) this.#pending.delete(event.callId);
    const entry: Entry = {
      event: isPlain(event) ? event : withoutTexts(event),
      failure: kindOf(event.failure),
      endedAtMs: this.#wallNow(),
      troubles: troubles ?? NO_TROUBLES,
      steps: event.steps,
    };
    this.#entries[this.#next] = entry;
    this.#next = (this.#next + 1) % this.#size;
    if (event.steps !== undefined) this.#keepExplanation(entry);
  }

  /** The oldest explanation makes room. */
  #keepExplanation(entry: Entry): void {
    const oldest = this.#explained[this.#nextExplained];
    if (oldest !== undefined) oldest.steps = undefined;
    this.#explained[this.#nextExplained] = entry;
    this.#nextExplained = (this.#nextExplained + 1) % this.#explained.length;
  }

  #attempt({ callId, deployment, group, outcome, failure, durationMs }: AttemptEvent): void {
    if (outcome === 'success') return;
    this.#note(callId, {
      kind: 'attempt',
      deployment,
      group: short(group),
      outcome,
      failure: kindOf(failure),
      durationMs,
    });
  }

  #breaker({ callId, deployment, state }: BreakerEvent): void {
    if (callId !== undefined) this.#note(callId, { kind: 'breaker', deployment, state });
  }

  #note(callId: string, trouble: Entry['troubles'][number]): void {
    const known = this.#pending.get(callId);
    if (known !== undefined) {
      if (known.length < MOST_TROUBLES) known.push(trouble);
    } else if (this.#pending.size < MOST_PENDING) this.#pending.set(callId, [trouble]);
  }
}

/** Nothing in it that must not be kept: the event itself can stay. */
function isPlain({ failure, steps, requestedModel, group = '' }: RequestEvent): boolean {
  if (failure !== undefined || steps !== undefined) return false;
  return requestedModel.length <= LONGEST_NAME && group.length <= LONGEST_NAME;
}

function withoutTexts(event: RequestEvent): Entry['event'] {
  const { failure: _failure, steps: _steps, ...kept } = event;
  return { ...kept, requestedModel: short(event.requestedModel), group: event.group && short(event.group) };
}

/** A copy: a slice would hold on to the whole. */
function short(text: string): string {
  return text.length <= LONGEST_NAME ? text : Buffer.from(text.slice(0, LONGEST_NAME)).toString();
}

function kindOf(failure: Failure | undefined): TracedFailure | undefined {
  return failure && traced(failure);
}
