// What the loop says to the ledger and what it does with the answer: carries asks of the core's lease holder over, and
// tells the queue when limits may have room again. Between two configs it goes on with what it holds.
import { LeaseHolder } from '../core/lease/lease-holder.ts';
import type { LeasedFleet } from '../core/fleet/leases.ts';
import type { Millis } from '../core/units.ts';
import type { Runtime } from '../gateway/runtime.ts';
import type { Dialogue } from './ask-loop.ts';
import { leaseCall, readLeaseReply } from './lease-call.ts';
import { LEASE_SCRIPT } from './lease-script.ts';
import type { RedisConnection } from './redis-connection.ts';
import { runScript } from './script.ts';

/** A runtime whose limits are shared. */
export type SharedRuntime = Runtime & { readonly fleet: LeasedFleet };

export interface DialogueParts {
  /** Unique to this run of this process. */
  readonly instance: string;
  readonly namespace: string;
  readonly runtime: SharedRuntime;
  readonly now: Millis;
  /** Somebody needs what only the ledger can give. */
  readonly hurry: () => void;
  /** Told of every answer: how many instances there are. */
  readonly onInstances: (instances: number) => void;
}

export class LeaseDialogue implements Dialogue {
  readonly #parts: DialogueParts;
  readonly #holder: LeaseHolder;
  #runtime: SharedRuntime;

  constructor(parts: DialogueParts) {
    this.#parts = parts;
    this.#runtime = parts.runtime;
    this.#holder = new LeaseHolder(parts.instance, leased(parts.runtime), parts.now);
    parts.runtime.fleet.hub.bell.ring = parts.hurry;
  }

  /** A reload: `runtime` has inherited the numbers of the one before. */
  moved(runtime: SharedRuntime): void {
    this.#holder.moved(leased(runtime));
    this.#runtime = runtime;
    runtime.fleet.hub.bell.ring = this.#parts.hurry;
  }

  call(connection: RedisConnection, now: Millis): Promise<unknown> {
    return runScript(connection, LEASE_SCRIPT, leaseCall(this.#parts.namespace, this.#holder.ask(now)));
  }

  /** A Redis whose answers come too late is used and not waited for. */
  answered(reply: unknown, { now, wasLate }: { readonly now: Millis; readonly wasLate: boolean }): void {
    const answer = readLeaseReply(reply);
    this.#holder.answered(answer, now);
    if (wasLate) this.#holder.unanswered(now);
    if (answer.kind === 'answer') this.#parts.onInstances(answer.members);
    this.#runtime.queue.changed(now);
  }

  unanswered(now: Millis): void {
    this.#holder.unanswered(now);
    this.#runtime.queue.changed(now);
  }

  farewell(connection: RedisConnection, now: Millis): Promise<unknown> {
    this.#runtime.fleet.hub.bell.ring = undefined;
    return runScript(connection, LEASE_SCRIPT, leaseCall(this.#parts.namespace, this.#holder.leave(now)));
  }

  pauseMs(): Millis {
    return this.#holder.pauseMs();
  }
}

function leased({ fleet, config }: SharedRuntime) {
  return { fleet, table: config.table };
}
