// One instance and the ledger's model, an exchange at a time: for tests that look at single asks and answers. Both clocks
// are the test's; an exchange takes 2 ms.
import { createFleet } from '../../src/core/fleet/fleet.ts';
import { finished, started } from '../../src/core/fleet/operations.ts';
import { leaseFleet, type LeasedFleet } from '../../src/core/fleet/leases.ts';
import type { LeaseAnswer, LeaseAsk, LeaseReply } from '../../src/core/lease/exchange.ts';
import { LeaseHolder } from '../../src/core/lease/lease-holder.ts';
import { admit, type Admission } from '../../src/core/limiter/limiter.ts';
import type { RoutingTable } from '../../src/core/routing-table.ts';
import type { Charge } from '../../src/core/fleet/charge.ts';
import { LedgerModel } from './ledger-model.ts';
import { sketchTable, type TableSketch } from './routing-fixture.ts';

export const LEDGER_AHEAD_MS = 1_800_000_000_000;

export class LeasePlayer {
  readonly ledger: LedgerModel;
  readonly table: RoutingTable;
  fleet: LeasedFleet;
  readonly holder: LeaseHolder;
  /** How often the bell rang. */
  rings = 0;
  lastAsk: LeaseAsk | undefined;
  lastReply: LeaseReply | undefined;

  constructor(sketch: TableSketch, options: { name?: string; ledger?: LedgerModel; now?: number } = {}) {
    this.table = sketchTable(sketch);
    this.ledger = options.ledger ?? new LedgerModel();
    this.fleet = leaseFleet(createFleet(this.table.deployments));
    this.holder = new LeaseHolder(options.name ?? 'a', { fleet: this.fleet, table: this.table }, options.now ?? 1);
    this.fleet.hub.bell.ring = () => (this.rings += 1);
  }

  /** Asks at `now`, is answered 2 ms later. */
  exchange(now: number): LeaseReply {
    const ask = this.holder.ask(now);
    const reply = this.ledger.call(ask, LEDGER_AHEAD_MS + now + 1);
    this.holder.answered(reply, now + 2);
    this.lastAsk = ask;
    this.lastReply = reply;
    return reply;
  }

  answer(now: number): LeaseAnswer {
    const reply = this.exchange(now);
    if (reply.kind !== 'answer') throw new Error(`no answer but ${reply.kind}`);
    return reply;
  }

  /** Introduces itself and waits until the ledger is open. */
  join(now: number): void {
    this.exchange(now);
    this.exchange(now + 1_100);
  }

  admit(now: number, tokens: { prompt?: number; max?: number } = {}): Admission {
    const demand = { promptTokens: tokens.prompt ?? 1, maxTokens: tokens.max ?? 0 };
    return admit(this.fleet, 0, { ...demand, enforceLimits: true, now });
  }

  /** Admitted at once, or after one exchange; the attempt is over at once. */
  charge(now: number, tokens: { prompt?: number; max?: number } = {}): Charge {
    let admission = this.admit(now, tokens);
    if (admission.kind === 'full') {
      this.exchange(now);
      admission = this.admit(now + 3, tokens);
    }
    if (admission.kind === 'full') throw new Error(`full until ${admission.freeAtMs}`);
    started(this.fleet, 0);
    finished(this.fleet, 0);
    return admission.charge;
  }
}
