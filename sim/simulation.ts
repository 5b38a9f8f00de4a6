// The executor in virtual time: asks the real plan what to do, does it to upstreams that are models, and reports what
// came of it. It decides nothing, exactly as gateway/executor.ts decides nothing; the two must call the core alike.
import type { BreakerChange } from '../src/core/breaker/breaker.ts';
import { createFleet, type Fleet } from '../src/core/fleet/fleet.ts';
import type { Action, Attempt, Failure, Outcome } from '../src/core/outcome.ts';
import { createPlan, type Plan } from '../src/core/plan.ts';
import { plainIntent, type RequestIntent } from '../src/core/request-intent.ts';
import type { DeploymentIndex, Millis, Rng } from '../src/core/units.ts';
import { endOfAttempt } from './attempt-end.ts';
import { concernRng } from './chance.ts';
import { EventHeap } from './event-heap.ts';
import { FailureBook } from './failures.ts';
import { Flight } from './flight.ts';
import { hasUntriedInOrder } from './in-order.ts';
import { Ledger } from './ledger.ts';
import type { Report } from './report.ts';
import type { Scenario } from './scenario.ts';
import { SimQueue } from './sim-queue.ts';
import { Upstream } from './upstream.ts';
import { Workload, type SimRequest } from './workload.ts';

export interface RecordedAttempt {
  readonly deployment: DeploymentIndex;
  /** When it was dispatched. */
  readonly startedAtMs: Millis;
  readonly now: Millis;
}

/** Looks at what the core does; a property's eyes. It must change nothing. */
export interface Observer {
  deciding?(plan: Plan, fleet: Fleet, now: Millis): void;
  decided?(plan: Plan, action: Action, now: Millis): void;
  /** First content of a stream. */
  content?(deployment: DeploymentIndex, startedAtMs: Millis): void;
  recorded?(fleet: Fleet, outcome: Outcome, attempt: RecordedAttempt): void;
}

/** What an event stands for; the flight's slot is in the bits above. */
const EVENT = { arrival: 0, content: 1, end: 2, waited: 3, leaves: 4, queue: 5 } as const;
const KIND_BITS = 3;
/** More decisions than any request can need: a plan that asks for more does not end. */
const MOST_DECISIONS = 10_000;
const ABANDONED: Outcome = { kind: 'abandoned' };

/** Runs the scenario until every request has ended. Throws when a plan does not end: a mistake of the core. */
export function simulate(scenario: Scenario, observer: Observer = {}): Report {
  return new Simulation(scenario, observer).run();
}

class Simulation {
  readonly #scenario: Scenario;
  readonly #observer: Observer;
  readonly #fleet: Fleet;
  readonly #upstreams: readonly Upstream[];
  readonly #workload: Workload;
  readonly #rng: Rng;
  readonly #heap = new EventHeap();
  readonly #queue: SimQueue;
  readonly #ledger = new Ledger();
  readonly #failures = new FailureBook();
  readonly #flights: Flight[] = [];
  readonly #free: Flight[] = [];

  constructor(scenario: Scenario, observer: Observer) {
    const { seed, table, upstreams, workload } = scenario;
    this.#scenario = scenario;
    this.#observer = observer;
    this.#fleet = createFleet(table.deployments);
    this.#upstreams = upstreams.map((spec, nth) => new Upstream(spec, seed, nth));
    this.#workload = new Workload(workload, seed);
    this.#rng = concernRng(seed, 1);
    this.#queue = new SimQueue((atMs, token) => {
      this.#heap.push(Math.max(atMs, this.#heap.atMs), EVENT.queue, token);
    });
  }

  run(): Report {
    const heap = this.#heap;
    if (this.#scenario.requests > 0) heap.push(this.#workload.gapMs(), EVENT.arrival, 0);
    while (heap.pop()) {
      this.#ledger.events += 1;
      this.#handle(heap.event & ((1 << KIND_BITS) - 1), this.#flights[heap.event >> KIND_BITS]);
    }
    const world = { fleet: this.#fleet, upstreams: this.#upstreams, now: heap.atMs };
    return this.#ledger.report(this.#scenario, world);
  }

  #handle(kind: number, flight: Flight | undefined): void {
    const { atMs, token } = this.#heap;
    if (kind === EVENT.arrival) return this.#arrive(atMs);
    if (kind === EVENT.queue) return this.#queue.due(token, atMs, this.#rng);
    if (flight === undefined) return;
    // A client that leaves is known by the number of its request, everything else by the flight's latest step.
    if (kind === EVENT.leaves) return flight.number === token ? this.#leave(flight, atMs) : undefined;
    if (flight.step !== token) return;
    if (kind === EVENT.content) return this.#content(flight, atMs);
    if (kind === EVENT.end) return this.#end(flight, atMs);
    this.#ledger.waited.add(atMs - flight.waitsFromMs);
    this.#decide(flight, atMs);
  }

  #arrive(now: Millis): void {
    const ledger = this.#ledger;
    ledger.requests += 1;
    if (ledger.requests < this.#scenario.requests) {
      this.#heap.push(now + this.#workload.gapMs(), EVENT.arrival, 0);
    }
    const request = this.#workload.request();
    const intent = intentOf(request);
    const { table } = this.#scenario;
    const plan = createPlan({
      table,
      fleet: this.#fleet,
      queue: this.#queue.queue,
      intent,
      routeName: '/chat/completions',
      startedAtMs: now,
    });
    const flight = this.#flight();
    flight.start(request, plan, { number: ledger.requests, now });
    if (request.leavesAfterMs !== undefined) {
      this.#heap.push(now + request.leavesAfterMs, codeOf(flight, EVENT.leaves), flight.number);
    }
    this.#decide(flight, now);
  }

  #flight(): Flight {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const flight = new Flight(this.#flights.length);
    this.#flights.push(flight);
    return flight;
  }

  #decide(flight: Flight, now: Millis): void {
    const { plan } = flight;
    if (plan === undefined) return;
    flight.decisions += 1;
    if (flight.decisions > MOST_DECISIONS) throw new Error(`request ${flight.number} does not end`);
    this.#observer.deciding?.(plan, this.#fleet, now);
    const action = plan.next(now, this.#rng);
    this.#observer.decided?.(plan, action, now);
    switch (action.kind) {
      case 'attempt':
        return this.#begin(flight, action.attempt, now);
      case 'wait': {
        this.#ledger.waits += 1;
        flight.waitsFromMs = now;
        if (plan.waiter !== undefined) plan.waiter.wake = () => this.#schedule(flight, this.#heap.atMs, EVENT.waited);
        return this.#schedule(flight, Math.max(now, action.untilMs), EVENT.waited);
      }
      case 'fail':
        return this.#fail(flight, action.failure, now);
      case 'count':
        // The workload's prompts are as large as they say.
        plan.counted(plan.promptTokens, now);
        return this.#decide(flight, now);
      default:
        return unknownAction(action);
    }
  }

  #begin(flight: Flight, attempt: Attempt, now: Millis): void {
    const upstream = this.#upstreams[attempt.deployment];
    const { request } = flight;
    if (upstream === undefined || request === undefined) throw new RangeError(`no upstream ${attempt.deployment}`);
    this.#ledger.attempts += 1;
    upstream.accept(request, now);
    const { end, afterMs, contentAfterMs } = endOfAttempt(upstream, attempt.timeouts, request.stream);
    flight.attempt = attempt;
    flight.attemptAtMs = now;
    flight.end = end;
    flight.endsAtMs = now + afterMs;
    flight.firstContentMs = undefined;
    flight.status = upstream.status;
    flight.retryAfterMs = upstream.retryAfterMs;
    if (contentAfterMs <= afterMs) this.#schedule(flight, now + contentAfterMs, EVENT.content);
    else this.#schedule(flight, flight.endsAtMs, EVENT.end);
  }

  /** First content of a stream: from here on the client has part of the answer. */
  #content(flight: Flight, now: Millis): void {
    flight.firstContentMs = now - flight.attemptAtMs;
    this.#noteChange(flight, flight.plan?.content(now));
    if (flight.attempt !== undefined) this.#observer.content?.(flight.attempt.deployment, flight.attemptAtMs);
    this.#ledger.firstContent.add(now - flight.arrivedAtMs);
    this.#schedule(flight, flight.endsAtMs, EVENT.end);
  }

  #end(flight: Flight, now: Millis): void {
    const outcome = this.#outcome(flight, now);
    this.#record(flight, outcome, now);
    if (outcome.kind === 'success') {
      this.#ledger.succeeded += 1;
      this.#ledger.answers += 1;
      this.#ledger.total.add(now - flight.arrivedAtMs);
      return this.#release(flight);
    }
    if (outcome.kind === 'failure' && outcome.committed) return this.#fail(flight, outcome.failure, now);
    this.#decide(flight, now);
  }

  #record(flight: Flight, outcome: Outcome, now: Millis): void {
    const { plan, attempt, request } = flight;
    if (plan === undefined || attempt === undefined) return;
    this.#upstreams[attempt.deployment]?.ended();
    const change = plan.record(healthSample(request, outcome), now, this.#rng);
    const { deployment } = attempt;
    this.#observer.recorded?.(this.#fleet, outcome, { deployment, startedAtMs: flight.attemptAtMs, now });
    this.#noteChange(flight, change);
    flight.attempt = undefined;
  }

  #noteChange({ attempt }: Flight, change: BreakerChange): void {
    if (change === 'opened' && attempt !== undefined) this.#ledger.opening(attempt.deployment);
  }

  #outcome(flight: Flight, now: Millis): Outcome {
    const { request, attempt, firstContentMs } = flight;
    if (request === undefined || attempt === undefined) return ABANDONED;
    const { promptTokens, outputTokens } = request;
    if (flight.end === 'success') {
      const usage = { promptTokens, completionTokens: outputTokens, totalTokens: promptTokens + outputTokens };
      return { kind: 'success', usage, timing: { totalMs: now - flight.attemptAtMs, firstContentMs } };
    }
    return {
      kind: 'failure',
      failure: this.#failures.ofAttempt(flight, request, attempt),
      committed: firstContentMs !== undefined,
      unsent: flight.end === 'refused',
    };
  }

  /** The client is gone: the call is cancelled within the tick, nothing further is tried. */
  #leave(flight: Flight, now: Millis): void {
    this.#record(flight, ABANDONED, now);
    flight.plan?.abandon(now);
    this.#ledger.abandoned += 1;
    this.#release(flight);
  }

  #fail(flight: Flight, failure: Failure, now: Millis): void {
    this.#ledger.failure(failure.cause);
    const { plan, request } = flight;
    const isUpstreams = failure.scope === 'deployment' || failure.status === 429;
    if (plan !== undefined && request !== undefined && isUpstreams && flight.firstContentMs === undefined) {
      const world = { plan, fleet: this.#fleet, upstreams: this.#upstreams };
      if (hasUntriedInOrder(world, now)) this.#ledger.failedThoughHealthy += 1;
    }
    this.#release(flight);
  }

  #release(flight: Flight): void {
    this.#ledger.mostAttempts = Math.max(this.#ledger.mostAttempts, flight.plan?.attempts ?? 0);
    flight.clear();
    this.#free.push(flight);
  }

  #schedule(flight: Flight, atMs: Millis, kind: number): void {
    flight.step += 1;
    this.#heap.push(atMs, codeOf(flight, kind), flight.step);
  }
}

function codeOf(flight: Flight, kind: number): number {
  return (flight.slot << KIND_BITS) | kind;
}

function intentOf(request: SimRequest): RequestIntent {
  const intent = plainIntent(request, request.estimatedTokens);
  const { timeoutMs, callerCredentials } = request;
  return timeoutMs === undefined && !callerCredentials ? intent : { ...intent, timeoutMs, callerCredentials };
}

/** As in the executor: what a caller's own key achieves says nothing about the deployment's. */
function healthSample(request: SimRequest | undefined, outcome: Outcome): Outcome {
  return request?.callerCredentials === true && outcome.kind === 'success' ? ABANDONED : outcome;
}

/** A new kind of action must be followed here too: the compiler says so. */
function unknownAction(action: never): never {
  throw new Error(`the simulation cannot do ${JSON.stringify(action)}`);
}
