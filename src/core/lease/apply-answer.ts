// What an answer of the ledger changes here: units come into the hand, a refusal is remembered until the time that was
// named, slots are held, and what others learned about the health of deployments is taken over.
import { blockUntil, openByHint } from '../breaker/breaker.ts';
import { load, store } from '../fleet/cells.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { HUB, METER_LEASE, PHASE, ROW_LEASE, type LeaseHub, type MeterLease } from '../fleet/lease-cells.ts';
import type { LeasedRow } from '../fleet/leases.ts';
import { toMillis, type Micros } from '../fleet/micros.ts';
import { CELL } from '../fleet/row.ts';
import type { DeploymentIndex } from '../units.ts';
import { datedAdd } from './dated-units.ts';
import {
  LEASE_MS,
  LEDGER_SLOT_MS,
  MEMBER_MS,
  type HintNews,
  type LeaseAnswer,
  type LeaseAsk,
  type MeterAnswer,
  type MeterAsk,
  type SlotAsk,
} from './exchange.ts';
import { changesOf, handLeft, putInHand } from './hand.ts';
import { isAway, isCutOff } from './own-share.ts';

/** How long a refusal of parallel slots is taken for the present. */
const SLOTS_DENIED_US = 250_000;

/** After an outage everybody who reaches the ledger again has told it within this time what was charged meanwhile. */
const TOLD_US = 3_000_000;

/** An ask that was answered. */
export interface AnsweredAsk {
  readonly ask: LeaseAsk;
  /** When it was sent first: what it grants may be used until so long after. */
  readonly sentUs: Micros;
  /** It was sent more than once, and nobody knows which of them was heard. */
  readonly isRepeated: boolean;
}

export interface AnswerMoment extends AnsweredAsk {
  readonly nowUs: Micros;
}

/** How the instance stands with the ledger from now on. */
export function applyStanding(hub: LeaseHub, answer: LeaseAnswer, { ask, ...asked }: AnswerMoment): void {
  const { cells, at } = hub;
  if (isCutOff(hub, asked.nowUs)) {
    store(cells, at + HUB.shareUntilUs, asked.nowUs + TOLD_US);
    if (isAway(hub, asked.nowUs)) store(cells, at + HUB.smallShareUntilUs, asked.nowUs + TOLD_US);
  }
  store(cells, at + HUB.deadlineUs, 0);
  store(cells, at + HUB.isGone, 0);
  store(cells, at + HUB.isHungry, 0);
  store(cells, at + HUB.known, answer.known);
  store(cells, at + HUB.rank, answer.rank);
  store(cells, at + HUB.phase, PHASE[answer.phase]);
  store(cells, at + HUB.hintsSeen, answer.hintsSeen);
  store(cells, at + HUB.slotsUntilUs, asked.sentUs + MEMBER_MS * 1000);
  if (!ask.isRecount) return;
  store(cells, at + HUB.recountedUs, asked.sentUs);
  store(cells, at + HUB.recountSlot, asked.isRepeated ? 0 : slotOf(answer));
}

function slotOf({ serverMs }: LeaseAnswer): number {
  return Math.floor(serverMs / LEDGER_SLOT_MS);
}

/** `rows` by deployment id; of those that are gone nothing is kept. */
export function applyLines(rows: ReadonlyMap<string, LeasedRow>, answer: LeaseAnswer, at: AnswerMoment): void {
  at.ask.meters.forEach((line, nth) => {
    const lease = rows.get(line.deployment)?.[line.meter]?.lease;
    const given = answer.meters[nth];
    if (lease === undefined || given === undefined) return;
    applyMeter(lease, { line, given, slot: slotOf(answer) }, at);
    // Who has not counted yet may have used what seems to be left.
    if (answer.phase === 'normal') return;
    store(lease.cells, lease.at + METER_LEASE.ledgerLeft, 1);
    // It compares what a provider said with all that was charged, and has not heard of all: it is told again.
    store(lease.cells, lease.at + METER_LEASE.heardUntilUs, 0);
  });
  at.ask.slots.forEach((line, nth) => {
    const row = rows.get(line.deployment);
    const held = answer.slots[nth]?.held;
    if (row !== undefined && held !== undefined) applySlots(row, { line, held }, at.nowUs);
  });
}

interface Given {
  readonly line: MeterAsk;
  readonly given: MeterAnswer;
  readonly slot: number;
}

function applyMeter(lease: MeterLease, { line, given, slot }: Given, { sentUs, nowUs }: AnswerMoment): void {
  const { cells, at } = lease;
  store(cells, at + METER_LEASE.ledgerLeft, given.left + 1);
  const isDenied = given.freeInMs > 0;
  store(cells, at + METER_LEASE.deniedAmount, isDenied ? line.most : 0);
  store(cells, at + METER_LEASE.deniedUntilUs, isDenied ? nowUs + given.freeInMs * 1000 : 0);
  if (given.granted === 0) return;
  store(cells, at + METER_LEASE.grantedUs, nowUs);
  const untilUs = sentUs + LEASE_MS * 1000;
  if (untilUs <= nowUs) return datedAdd(changesOf(lease), slot, -given.granted);
  putInHand(lease, { units: given.granted, untilUs, slot });
  forgetMetNeed(lease, nowUs);
}

function forgetMetNeed(lease: MeterLease, nowUs: Micros): void {
  const { cells, at } = lease;
  if (handLeft(lease, nowUs) < load(cells, at + METER_LEASE.needMost)) return;
  store(cells, at + METER_LEASE.needLeast, 0);
  store(cells, at + METER_LEASE.needMost, 0);
}

function applySlots({ lease }: LeasedRow, by: { readonly line: SlotAsk; readonly held: number }, nowUs: Micros): void {
  store(lease.cells, lease.at + ROW_LEASE.held, by.held);
  store(lease.cells, lease.at + ROW_LEASE.slotsDeniedUntilUs, by.held < by.line.hold ? nowUs + SLOTS_DENIED_US : 0);
}

/** `opens`: whether a deployment's breaker may open at all. */
export interface HintTargets {
  readonly fleet: Fleet;
  readonly indexOf: ReadonlyMap<string, DeploymentIndex>;
  readonly opens: (deployment: DeploymentIndex) => boolean;
}

/** A hint shortens learning: a block only lengthens, and only a breaker that has no newer experience opens. */
export function applyHints(targets: HintTargets, hints: readonly HintNews[], nowUs: Micros): void {
  const now = toMillis(nowUs);
  for (const hint of hints) {
    const index = targets.indexOf.get(hint.deployment);
    const row = index === undefined ? undefined : targets.fleet.rows[index];
    if (index === undefined || row?.lease === undefined) continue;
    const { cells, at } = row.lease;
    if (hint.blockedForMs > 0) {
      blockUntil(targets.fleet, index, now + hint.blockedForMs);
      store(cells, at + ROW_LEASE.blockTold, load(row.cells, row.cellAt + CELL.blockedUntilUs));
    }
    if (hint.openForMs > 0 && targets.opens(index)) {
      openByHint(row, { trigger: hint.trigger, now, openMs: hint.openForMs, openedMsAgo: hint.openedMsAgo });
      store(cells, at + ROW_LEASE.openTold, load(row.cells, row.cellAt + CELL.openUntilUs));
    }
  }
}
