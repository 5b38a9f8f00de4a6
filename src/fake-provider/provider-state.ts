// What changes while a fake provider runs: faults, counts and limits of each model, what was received, stored
// responses.
import type { Controlled } from './control.ts';
import type { Fault, FaultTable } from './fault.ts';
import { ResponseStore } from './formats/responses.ts';
import { RequestLog } from './received-request.ts';
import type { ReceivedRequest } from './received-request.ts';
import type { ModelUsage } from './refusal.ts';
import { SlidingLimit } from './sliding-limit.ts';

interface ModelState {
  requests: number;
  readonly usage: ModelUsage;
}

export class ProviderState implements Controlled {
  readonly log: RequestLog;
  readonly responses = new ResponseStore();
  /** On the provider's clock. */
  readonly startedMs: number;
  readonly #startFaults: FaultTable;
  readonly #models = new Map<string, ModelState>();
  #faults: FaultTable;

  constructor(faults: FaultTable, keepRequests: number, startedMs: number) {
    this.startedMs = startedMs;
    this.#startFaults = faults;
    this.#faults = faults;
    this.log = new RequestLog(keepRequests);
  }

  get faults(): FaultTable {
    return this.#faults;
  }

  get requests(): readonly ReceivedRequest[] {
    return this.log.list;
  }

  get totalRequests(): number {
    return this.log.total;
  }

  /** Faults of every model first, then those of this one. */
  faultsOf(model: string): readonly Fault[] {
    const all = this.#faults['*'];
    const own = model === '*' ? undefined : this.#faults[model];
    if (all === undefined) return own ?? [];
    return own === undefined ? all : [...all, ...own];
  }

  changeFaults(table: FaultTable): void {
    const kept = Object.entries({ ...this.#faults, ...table }).filter(([, faults]) => faults.length > 0);
    this.#faults = Object.fromEntries(kept);
  }

  /** Counts one request of `model`; its number, from 1. */
  countRequest(model: string): number {
    const state = this.#stateOf(model);
    state.requests += 1;
    return state.requests;
  }

  usageOf(model: string): ModelUsage {
    return this.#stateOf(model).usage;
  }

  reset(): void {
    this.#faults = this.#startFaults;
    this.#models.clear();
    this.log.clear();
    this.responses.clear();
  }

  #stateOf(model: string): ModelState {
    const known = this.#models.get(model);
    if (known !== undefined) return known;
    const fresh = { requests: 0, usage: { requests: new SlidingLimit(), tokens: new SlidingLimit() } };
    this.#models.set(model, fresh);
    return fresh;
  }
}
