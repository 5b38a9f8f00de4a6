// What the loop says to the ledger and what it does with the answer: carries asks of the core's lease holder over, and
// tells whoever waits when limits may have room again. Between two configs it goes on with what it holds.
import { LeaseHolder, type LeasedRuntime } from '../core/lease/lease-holder.ts';
import type { Millis } from '../core/units.ts';
import type { Dialogue } from './ask-loop.ts';
import { leaseCall, readLeaseReply } from './lease-call.ts';
import { LEASE_SCRIPT } from './lease-script.ts';
import type { RedisConnection } from './redis-connection.ts';
import { runScript } from './script.ts';

/** How the numbers are touched from here. */
export interface NumbersAccess {
  /** Does one piece of work with them, as soon as nobody else is at it, in the order of the calls. */
  readonly inside: <Result>(work: (now: Millis) => Result) => Promise<Result>;
  /** Called inside: limits may have room again. */
  readonly changed: (now: Millis) => void;
}

export interface DialogueParts {
  /** Unique to this run of this process. */
  readonly instance: string;
  readonly namespace: string;
  readonly runtime: LeasedRuntime;
  readonly access: NumbersAccess;
  readonly now: Millis;
  /** Somebody needs what only the ledger can give. */
  readonly hurry: () => void;
  /** Told of every answer: how many instances there are. */
  readonly onInstances: (instances: number) => void;
}

export class LeaseDialogue implements Dialogue {
  readonly #parts: DialogueParts;
  readonly #holder: LeaseHolder;
  #runtime: LeasedRuntime;

  /** To be made inside. */
  constructor(parts: DialogueParts) {
    this.#parts = parts;
    this.#runtime = parts.runtime;
    this.#holder = new LeaseHolder(parts.instance, parts.runtime, parts.now);
    parts.runtime.fleet.hub.bell.ring = parts.hurry;
  }

  /** A reload, to be told inside: `runtime` has inherited the numbers of the one before. */
  moved(runtime: LeasedRuntime): void {
    this.#holder.moved(runtime);
    this.#runtime = runtime;
    runtime.fleet.hub.bell.ring = this.#parts.hurry;
  }

  async call(connection: RedisConnection): Promise<unknown> {
    const ask = await this.#parts.access.inside((now) => this.#holder.ask(now));
    return runScript(connection, LEASE_SCRIPT, leaseCall(this.#parts.namespace, ask));
  }

  /** A Redis whose answers come too late is used and not waited for. */
  async answered(reply: unknown, wasLate: boolean): Promise<void> {
    const answer = readLeaseReply(reply);
    await this.#parts.access.inside((now) => {
      this.#holder.answered(answer, now);
      if (wasLate) this.#holder.late(now);
      this.#parts.access.changed(now);
    });
    if (answer.kind === 'answer') this.#parts.onInstances(answer.members);
  }

  late(): void {
    this.#note((now) => this.#holder.late(now));
  }

  unanswered(): void {
    this.#note((now) => this.#holder.unanswered(now));
  }

  #note(work: (now: Millis) => void): void {
    void this.#parts.access.inside((now) => {
      work(now);
      this.#parts.access.changed(now);
    });
  }

  async farewell(connection: RedisConnection): Promise<unknown> {
    this.#runtime.fleet.hub.bell.ring = undefined;
    const ask = await this.#parts.access.inside((now) => this.#holder.leave(now));
    return runScript(connection, LEASE_SCRIPT, leaseCall(this.#parts.namespace, ask));
  }

  pauseMs(): Millis {
    return this.#holder.pauseMs();
  }
}
