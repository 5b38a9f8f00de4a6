// What an instance asks the ledger in one call: for every limit what it needs and what it has to tell, nothing for those
// of which there is no news. Building an ask commits to it: what is given back is out of the hand from here on, because
// the ledger may act on the ask at any moment after.
import { isOpen } from '../breaker/standing.ts';
import { load, store } from '../fleet/cells.ts';
import { HUB, METER_LEASE, ROW_LEASE, type LeaseHub, type MeterLease, type RowLease } from '../fleet/lease-cells.ts';
import type { LeasedRow } from '../fleet/leases.ts';
import { meterBetween, meterDate, meterEntries, meterUsed, WINDOW_US, type Meter } from '../fleet/meter.ts';
import type { Micros } from '../fleet/micros.ts';
import { toMillis } from '../fleet/micros.ts';
import { inFlightOfRow } from '../fleet/operations.ts';
import { CELL, COUNTER, type Row } from '../fleet/row.ts';
import { heldCell, heldUntil } from '../limiter/limiter.ts';
import { halfSecondsBetween } from './correct-lease.ts';
import { datedTake } from './dated-units.ts';
import { chunkOf, rateAttempts, rateUnits, ratingSpanUs, spareSlots } from './demand-rates.ts';
import type { AgedUnits, HeardLeft, HintAsk, MeterAsk, MeterName, SlotAsk } from './exchange.ts';
import { changesOf, forgetHand, giveBackUntil, handLeft, handLeftAfter } from './hand.ts';
import { debtsOf, ownSlotOf } from './lease-admission.ts';
import { ledgerKnowsAll, shareOf } from './own-share.ts';

/** A turn: what runs out before the next one goes back, what runs out before the one after is replaced. */
export const TURN_US = 250_000;

export const METER_NAMES: readonly MeterName[] = ['rpm', 'tpm', 'itpm', 'otpm'];

/** What is said about deployments; the rest of an ask is about the instance. */
export interface AskLines {
  readonly meters: MeterAsk[];
  readonly slots: SlotAsk[];
  readonly hints: HintAsk[];
}

export interface AskMoment {
  readonly nowUs: Micros;
  readonly isRecount: boolean;
}

/** `rows` by deployment id. */
export function buildLines(rows: ReadonlyMap<string, LeasedRow>, hub: LeaseHub, at: AskMoment): AskLines {
  const lines: AskLines = { meters: [], slots: [], hints: [] };
  const spanUs = ratingSpanUs(hub, at.nowUs);
  for (const [deployment, row] of rows) {
    const { lease } = row;
    rateAttempts(row, lease, spanUs);
    for (const meter of METER_NAMES) {
      const line = meterLine(row[meter], { ...at, spanUs, row, lease });
      if (line !== undefined) lines.meters.push({ deployment, meter, ...line });
    }
    const slots = slotLine(row, lease, at);
    if (slots !== undefined) lines.slots.push({ deployment, ...slots });
    const hint = hintOf(row, lease, at.nowUs);
    if (hint !== undefined) lines.hints.push({ deployment, ...hint });
  }
  return lines;
}

type MeterLine = Omit<MeterAsk, 'deployment' | 'meter'>;

interface LineMoment extends AskMoment {
  readonly spanUs: Micros;
  readonly row: Row;
  readonly lease: RowLease;
}

function meterLine(meter: Meter | undefined, at: LineMoment): MeterLine | undefined {
  if (meter?.lease === undefined) return undefined;
  const { lease, limit } = meter;
  rateUnits(lease, at.spanUs);
  const past = at.isRecount ? recount(meter, lease, at.nowUs) : debts(lease, at.nowUs);
  if (!at.isRecount) giveBackUntil(lease, at.nowUs + TURN_US);
  const changes = datedTake(changesOf(lease));
  const heard = at.isRecount ? undefined : heardOf(meter, lease, at);
  const wish = wishOf(meter, lease, at);
  if (wish.want === 0 && past.length === 0 && changes.length === 0 && heard === undefined) return undefined;
  const grantedUs = load(lease.cells, lease.at + METER_LEASE.grantedUs);
  const isKnown = grantedUs !== 0 && at.nowUs - grantedUs < WINDOW_US;
  return { limit, ...wish, isKnown, changes, past, ...(heard === undefined ? {} : { heard }) };
}

/** Each word of the provider is told once. What this instance has sent since is not left any more. */
function heardOf(meter: Meter, lease: MeterLease, { row, nowUs }: LineMoment): HeardLeft | undefined {
  const untilUs = heldUntil(row, meter, nowUs);
  const told = lease.at + METER_LEASE.heardUntilUs;
  if (untilUs === 0 || untilUs === load(lease.cells, told)) return undefined;
  store(lease.cells, told, untilUs);
  const dispatched = meterUsed(meter, nowUs) - meterBetween(meter, nowUs, nowUs + WINDOW_US);
  const held = load(row.cells, heldCell(row, meter));
  return {
    left: Math.max(0, meter.limit - dispatched - held),
    hand: handLeft(lease, nowUs),
    forMs: Math.ceil((untilUs - nowUs) / 1000),
  };
}

/** All that was charged in the last minute, by age: the ledger has lost it, and what it had granted with it. */
function recount(meter: Meter, lease: MeterLease, nowUs: Micros): AgedUnits[] {
  forgetHand(lease);
  datedTake(changesOf(lease));
  datedTake(debtsOf(lease));
  store(lease.cells, lease.at + METER_LEASE.grantedUs, 0);
  store(lease.cells, lease.at + METER_LEASE.heardUntilUs, 0);
  meterUsed(meter, nowUs);
  const lastUs = meterDate(meter, toMillis(nowUs));
  const byAge = new Map<number, number>();
  meterEntries(meter, (atUs, amount) => {
    if (atUs > lastUs) return;
    const age = halfSecondsBetween(atUs, nowUs);
    byAge.set(age, amount + (byAge.get(age) ?? 0));
  });
  return [...byAge];
}

/** Aged by the numbers of half seconds, one less than they lie apart: never older than they are. */
function debts(lease: MeterLease, nowUs: Micros): AgedUnits[] {
  const nowSlot = ownSlotOf(nowUs);
  return datedTake(debtsOf(lease)).map(([slot, units]) => [Math.max(0, nowSlot - slot - 1), units]);
}

type Wish = Pick<MeterAsk, 'want' | 'most' | 'least'>;

const NO_WISH: Wish = { want: 0, most: 0, least: 0 };

/**
 * What is needed now, and what the next half second will need; while somebody has not counted, of the own share only.
 * Who does not know yet how many there are wishes nothing.
 */
function wishOf(meter: Meter, lease: MeterLease, at: LineMoment): Wish {
  const need = needOf(meter, lease, at.nowUs);
  const isPlenty = load(lease.cells, lease.at + METER_LEASE.ledgerLeft) > meter.limit / 2;
  const chunk = Math.min(meter.limit, chunkOf(at.lease, lease, isPlenty));
  const fresh = handLeftAfter(lease, at.nowUs + 2 * TURN_US);
  const ahead = fresh < (isPlenty ? chunk : chunk / 2) ? chunk - fresh : 0;
  const want = Math.max(ahead, need.want);
  const isStranger = load(lease.hub.cells, lease.hub.at + HUB.known) === 0;
  if (want === 0 || isStranger) return NO_WISH;
  const wish = { want, most: need.most, least: Math.max(1, need.least) };
  if (ledgerKnowsAll(meter.limit, lease.hub, at.nowUs)) return wish;
  const own = meterUsed(meter, at.nowUs) + handLeft(lease, at.nowUs);
  return within(wish, shareOf(meter.limit, lease.hub) - own);
}

function within(wish: Wish, room: number): Wish {
  if (room < wish.least) return NO_WISH;
  return { want: Math.min(wish.want, room), most: Math.min(wish.most, room), least: wish.least };
}

/**
 * What was short since the last ask, and what the requests that wait have reserved. Those that were refused are asked for
 * again with every turn: units come back before their time.
 */
function needOf(meter: Meter, lease: MeterLease, nowUs: Micros): Wish {
  const { cells, at } = lease;
  const least = load(cells, at + METER_LEASE.needLeast);
  const most = load(cells, at + METER_LEASE.needMost);
  store(cells, at + METER_LEASE.needLeast, 0);
  store(cells, at + METER_LEASE.needMost, 0);
  const denied = nowUs < load(cells, at + METER_LEASE.deniedUntilUs) ? load(cells, at + METER_LEASE.deniedAmount) : 0;
  // The usual case: who waits would have been short of something, or been denied it.
  if (most === 0 && denied === 0) return NO_WISH;
  meterUsed(meter, nowUs);
  const waiting = meterBetween(meter, nowUs, nowUs + WINDOW_US);
  const missing = Math.max(most, waiting) - handLeft(lease, nowUs);
  if (missing <= 0) return NO_WISH;
  if (most > 0) return { want: Math.max(most, waiting), most, least };
  return { want: Math.max(denied, waiting), most: denied, least: denied };
}

/** Fewer slots than before are given up here, before anybody else can be given them. */
function slotLine(row: Row, lease: RowLease, moment: AskMoment): Omit<SlotAsk, 'deployment'> | undefined {
  const { cells, at, hub } = lease;
  const held = load(cells, at + ROW_LEASE.held);
  const isLimited = row.maxParallel !== Number.POSITIVE_INFINITY;
  const inUse = isLimited ? inFlightOfRow(row) : 0;
  const spare = isLimited
    ? Math.max(load(cells, at + ROW_LEASE.slotsNeeded), spareSlots(lease, inUse, row.maxParallel))
    : 0;
  store(cells, at + ROW_LEASE.slotsNeeded, 0);
  const most = ledgerKnowsAll(row.maxParallel, hub, moment.nowUs) ? row.maxParallel : shareOf(row.maxParallel, hub);
  const hold = Math.max(inUse, Math.min(most, inUse + spare));
  const hasLapsed = moment.nowUs >= load(hub.cells, hub.at + HUB.slotsUntilUs);
  const mayBeForgotten = held > 0 && (hasLapsed || moment.isRecount);
  if (hold === held && !mayBeForgotten) return undefined;
  store(cells, at + ROW_LEASE.held, Math.min(held, hold));
  return { limit: isLimited ? row.maxParallel : 0, inUse, hold };
}

/** What happened to its health since it was last told. */
function hintOf(row: Row, lease: RowLease, nowUs: Micros): Omit<HintAsk, 'deployment'> | undefined {
  const { cells, at } = lease;
  const blockedUntilUs = load(row.cells, row.cellAt + CELL.blockedUntilUs);
  const openUntilUs = isOpen(row) ? load(row.cells, row.cellAt + CELL.openUntilUs) : 0;
  const isBlockNews = blockedUntilUs > nowUs && blockedUntilUs !== load(cells, at + ROW_LEASE.blockTold);
  const isOpenNews = openUntilUs > nowUs && openUntilUs !== load(cells, at + ROW_LEASE.openTold);
  if (!isBlockNews && !isOpenNews) return undefined;
  if (isBlockNews) store(cells, at + ROW_LEASE.blockTold, blockedUntilUs);
  if (isOpenNews) store(cells, at + ROW_LEASE.openTold, openUntilUs);
  return {
    blockedForMs: isBlockNews ? Math.ceil((blockedUntilUs - nowUs) / 1000) : 0,
    openForMs: isOpenNews ? Math.ceil((openUntilUs - nowUs) / 1000) : 0,
    trigger: load(row.counters, row.counterAt + COUNTER.trigger),
  };
}
