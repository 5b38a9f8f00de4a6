// The core's plan and queue over a virtual clock: requests arrive, wait, are dispatched, end or leave, and every dispatch
// is written down. Timers may be late, as real ones are; nothing else of the shell is here.
import { createFleet, type Fleet } from '../../src/core/fleet/fleet.ts';
import type { Charge } from '../../src/core/fleet/charge.ts';
import type { Failure } from '../../src/core/outcome.ts';
import { createPlan, type Plan } from '../../src/core/plan.ts';
import { AdmissionQueue } from '../../src/core/queue/admission-queue.ts';
import { plainIntent } from '../../src/core/request-intent.ts';
import type { RoutingTable } from '../../src/core/routing-table.ts';
import { seededRng } from './seeded-rng.ts';

export interface VirtualRequest {
  readonly atMs: number;
  readonly promptTokens?: number;
  readonly maxTokens?: number;
  readonly priority?: number | undefined;
  /** How long its attempt takes; default 100 ms. */
  readonly takesMs?: number;
  /** The client leaves this long after it came, if it is still here. */
  readonly leavesAfterMs?: number | undefined;
  /** Share of the charged tokens that the answer turns out to use; absent = nobody tells. */
  readonly usedShare?: number | undefined;
  /** The attempt never reaches the provider. */
  readonly isUnsent?: boolean;
  readonly model?: string;
}

export interface VirtualResult {
  readonly request: VirtualRequest;
  readonly plan: Plan;
  end: 'answered' | 'failed' | 'left' | undefined;
  endedAtMs: number;
  failure: Failure | undefined;
  /** Dispatches, with what each took from the limits and what it came to. */
  readonly dispatches: { readonly atMs: number; readonly charge: Charge; settled: number }[];
  wake: (() => void) | undefined;
}

interface VirtualEvent {
  readonly atMs: number;
  readonly run: () => void;
}

export class VirtualGateway {
  readonly table: RoutingTable;
  readonly fleet: Fleet;
  readonly queue: AdmissionQueue;
  readonly results: VirtualResult[] = [];
  readonly rng: () => number;
  /** Largest number that waited at a time. */
  mostWaiting = 0;
  now = 0;
  readonly #lateMs: number;
  /** In order of time. */
  readonly #events: VirtualEvent[] = [];
  #armedForMs = Infinity;

  constructor(
    table: RoutingTable,
    options: { readonly lateMs?: number; readonly seed?: number; readonly most?: number } = {},
  ) {
    this.table = table;
    this.fleet = createFleet(table.deployments);
    this.queue = new AdmissionQueue(options.most);
    this.#lateMs = options.lateMs ?? 0;
    this.rng = seededRng(options.seed ?? 1);
    this.queue.onChange = () => this.#arm();
  }

  send(request: VirtualRequest): VirtualResult {
    const { promptTokens = 1, maxTokens = 1, model = 'gpt-4', priority } = request;
    const intent = { ...plainIntent({ model, stream: false, maxTokens }, promptTokens), priority };
    const { table, fleet, queue } = this;
    const context = { table, fleet, queue, intent, routeName: '/chat/completions', startedAtMs: request.atMs };
    const result: VirtualResult = {
      request,
      plan: createPlan(context),
      end: undefined,
      endedAtMs: NaN,
      failure: undefined,
      dispatches: [],
      wake: undefined,
    };
    this.results.push(result);
    this.at(request.atMs, () => this.#step(result));
    if (request.leavesAfterMs !== undefined) {
      this.at(request.atMs + request.leavesAfterMs, () => this.#leave(result));
    }
    return result;
  }

  at(atMs: number, run: () => void): void {
    let place = this.#events.length;
    while (place > 0 && (this.#events[place - 1]?.atMs ?? -Infinity) > atMs) place--;
    this.#events.splice(place, 0, { atMs, run });
  }

  /** Runs until nothing is left to happen, or `untilMs`. */
  run(untilMs = Infinity): void {
    for (;;) {
      const [next] = this.#events;
      if (next === undefined || next.atMs > untilMs) return;
      this.#events.shift();
      this.now = Math.max(this.now, next.atMs);
      next.run();
      this.mostWaiting = Math.max(this.mostWaiting, this.queue.size);
    }
  }

  #timer(dueMs: number, run: () => void): void {
    this.at(Math.max(this.now, dueMs) + this.rng() * this.#lateMs, run);
  }

  #arm(): void {
    const { dueMs } = this.queue;
    if (dueMs === this.#armedForMs || !Number.isFinite(dueMs)) return;
    this.#armedForMs = dueMs;
    this.#timer(dueMs, () => {
      if (this.#armedForMs !== dueMs) return;
      this.#armedForMs = Infinity;
      if (this.queue.isStale(this.now)) this.queue.round({ now: this.now, rng: this.rng });
      this.#arm();
    });
  }

  #step(result: VirtualResult): void {
    const { plan } = result;
    if (result.end !== undefined) return;
    const action = plan.next(this.now, this.rng);
    if (action.kind === 'fail') return this.#end(result, 'failed', action.failure);
    if (action.kind === 'attempt') return this.#dispatch(result);
    if (action.kind === 'count') {
      plan.counted(plan.promptTokens, this.now);
      return this.#step(result);
    }
    let isWoken = false;
    const wake = (): void => {
      if (isWoken) return;
      isWoken = true;
      this.at(this.now, () => this.#step(result));
    };
    if (plan.waiter !== undefined) plan.waiter.wake = wake;
    this.#timer(action.untilMs, wake);
  }

  #dispatch(result: VirtualResult): void {
    const { plan, request } = result;
    const { charge } = plan;
    if (charge === undefined) throw new Error('an attempt without a charge');
    const dispatch = { atMs: this.now, charge, settled: 1 };
    result.dispatches.push(dispatch);
    this.at(this.now + (request.takesMs ?? 100), () => {
      if (plan.charge !== charge) return;
      if (request.isUnsent === true) {
        dispatch.settled = 0;
        plan.record({ kind: 'failure', failure: UNSENT, committed: false, unsent: true }, this.now, this.rng);
        return this.#step(result);
      }
      const share = request.usedShare;
      if (share !== undefined) dispatch.settled = share;
      const usage =
        share === undefined
          ? undefined
          : {
              promptTokens: charge.inputTokens * share,
              completionTokens: charge.outputTokens * share,
              totalTokens: charge.totalTokens * share,
            };
      plan.record({ kind: 'success', usage, timing: { totalMs: 1, firstContentMs: undefined } }, this.now, this.rng);
      this.#end(result, 'answered');
    });
  }

  #leave(result: VirtualResult): void {
    if (result.end !== undefined) return;
    if (result.plan.charge !== undefined) result.plan.record({ kind: 'abandoned' }, this.now, this.rng);
    this.#end(result, 'left');
  }

  #end(result: VirtualResult, end: NonNullable<VirtualResult['end']>, failure?: Failure): void {
    result.plan.abandon(this.now);
    result.end = end;
    result.endedAtMs = this.now;
    result.failure = failure;
  }
}

const UNSENT: Failure = {
  cause: 'connection',
  scope: 'caller',
  status: 503,
  message: 'refused',
  type: null,
  param: null,
  code: null,
  retryAfterMs: undefined,
  exceptionClass: 'APIConnectionError',
};
