// The ledger of shared limits in plain TypeScript, over a clock that is handed in: what src/sharing/lease.lua does, for
// properties that need thousands of histories. test/sharing holds the two against each other.
import type {
  HintAsk,
  HintNews,
  LeaseAnswer,
  LeaseAsk,
  LeaseReply,
  LedgerPhase,
  MeterAnswer,
  MeterAsk,
  SlotAnswer,
  SlotAsk,
} from '../../src/core/lease/exchange.ts';

const SLOT_MS = 500;
const WINDOW_MS = 61_000;
const MEMBER_MS = 6_000;
const KNOWN_MS = 62_000;
const COUNT_AGAIN_MS = 1_500;
const NEWCOMERS_MS = 1_000;
const RETRY_MS = 100;
const STEP_BACK_MS = 1_000;
const OLDER_SLOTS = 8;

interface MeterState {
  total: number;
  readonly units: Map<number, number>;
  held: number;
  heldUntil: number;
}

interface HintState {
  number: number;
  by: string;
  blocked: number;
  open: number;
  opened: number;
  trigger: number;
}

interface State {
  readonly epoch: string;
  readonly server: string;
  readonly begun: number;
  expected: number;
  isOpen: boolean;
  last: number;
  newestHint: number;
  readonly members: Map<string, number>;
  readonly counted: Set<string>;
  readonly answers: Map<string, { readonly sequence: number; readonly answer: LeaseAnswer }>;
  readonly meters: Map<string, MeterState>;
  readonly slots: Map<string, Map<string, number>>;
  readonly hints: Map<string, HintState>;
}

interface Call {
  readonly state: State;
  readonly ask: LeaseAsk;
  readonly now: number;
  readonly phase: LedgerPhase;
  readonly sharers: number;
}

export class LedgerModel {
  /** The id of the server that runs it. */
  server = 'one';
  #state: State | undefined;

  /** All of it is gone, as after FLUSHALL. */
  flush(): void {
    this.#state = undefined;
  }

  /** What a replica has, or a dump. */
  save(): unknown {
    return structuredClone(this.#state);
  }

  restore(saved: unknown): void {
    this.#state = structuredClone(saved as State | undefined);
  }

  /** Units that count against a limit. */
  total(deployment: string, meter: string, clockMs: number): number {
    const found = this.#state?.meters.get(`${meter}:${deployment}`);
    if (found === undefined) return 0;
    expire(found, clockMs);
    return found.total;
  }

  /** Slots that members hold. */
  held(deployment: string, clockMs: number): number {
    let sum = 0;
    for (const [name, held] of this.#state?.slots.get(deployment) ?? []) {
      if ((this.#state?.members.get(name) ?? 0) >= clockMs - MEMBER_MS) sum += held;
    }
    return sum;
  }

  call(ask: LeaseAsk, clockMs: number): LeaseReply {
    if (this.#state === undefined || this.#knowsLess(this.#state, ask, clockMs))
      this.#state = this.#begin(ask, clockMs);
    const state = this.#state;
    const now = Math.max(clockMs, state.last);
    const isReturning = ask.epoch !== '' && ask.epoch !== state.epoch;
    if (isReturning && !state.isOpen) state.expected = Math.max(state.expected, ask.known);
    state.last = now;
    const mine = state.answers.get(ask.instance);
    if (mine?.sequence === ask.sequence) return mine.answer;
    if (mine !== undefined && mine.sequence > ask.sequence) return { kind: 'stale', sequence: mine.sequence };
    if (!ask.isRecount && (ask.epoch !== state.epoch || mine === undefined)) {
      return { kind: 'recount-demand', epoch: state.epoch };
    }
    if (ask.isRecount && isReturning) state.counted.add(ask.instance);
    const answer = answerOf(state, ask, now);
    state.answers.set(ask.instance, { sequence: ask.sequence, answer });
    return answer;
  }

  #knowsLess(state: State, ask: LeaseAsk, clockMs: number): boolean {
    if (state.server !== this.server || clockMs < state.last - STEP_BACK_MS) return true;
    const mine = state.answers.get(ask.instance);
    if (mine !== undefined && mine.sequence < ask.sequence - 1) return true;
    if (ask.isRecount || ask.epoch !== state.epoch) return false;
    return ask.meters.some((line) => line.isKnown && !state.meters.has(meterKey(line)));
  }

  #begin(ask: LeaseAsk, clockMs: number): State {
    return {
      epoch: `${clockMs}.${ask.instance}.${ask.sequence}`,
      server: this.server,
      begun: clockMs,
      expected: 0,
      isOpen: false,
      last: clockMs,
      newestHint: 0,
      members: new Map(),
      counted: new Set(),
      answers: new Map(),
      meters: new Map(),
      slots: new Map(),
      hints: new Map(),
    };
  }
}

function meterKey({ deployment, meter }: MeterAsk): string {
  return `${meter}:${deployment}`;
}

function answerOf(state: State, ask: LeaseAsk, now: number): LeaseAnswer {
  const phase = phaseOf(state, now);
  for (const [name, called] of state.members) if (called <= now - KNOWN_MS) state.members.delete(name);
  state.members.set(ask.instance, ask.isLeaving ? now - MEMBER_MS - 1 : now);
  const known = [...state.members.keys()].toSorted();
  const members = [...state.members.values()].filter((called) => called >= now - MEMBER_MS).length;
  const call: Call = { state, ask, now, phase, sharers: Math.max(1, members) };
  const meters = ask.meters.map((line) => answerMeter(call, line));
  const slots = ask.slots.map((line) => answerSlots(call, line));
  const hints = newsFor(call);
  for (const hint of ask.hints) noteHint(call, hint);
  return {
    kind: 'answer',
    sequence: ask.sequence,
    epoch: state.epoch,
    phase,
    serverMs: now,
    members,
    known: phase === 'normal' ? known.length : Math.max(known.length, state.expected),
    rank: known.indexOf(ask.instance),
    hintsSeen: state.newestHint,
    meters,
    slots,
    hints,
  };
}

function phaseOf(state: State, now: number): LedgerPhase {
  if (state.isOpen) return 'normal';
  const age = now - state.begun;
  const hasAll = state.expected > 0 && state.counted.size >= state.expected;
  if (hasAll || (state.expected === 0 && age >= NEWCOMERS_MS) || age >= COUNT_AGAIN_MS + WINDOW_MS) {
    state.isOpen = true;
    return 'normal';
  }
  return age < COUNT_AGAIN_MS ? 'recount' : 'share';
}

function firstAlive(now: number): number {
  return Math.floor((now - WINDOW_MS) / SLOT_MS);
}

function expire(meter: MeterState, now: number): void {
  for (const [slot, units] of meter.units) {
    if (slot >= firstAlive(now)) continue;
    meter.units.delete(slot);
    meter.total -= units;
  }
}

function addUnits(meter: MeterState, { slot, units, now }: { slot: number; units: number; now: number }): void {
  const place = Math.min(slot, Math.floor(now / SLOT_MS));
  if (units <= 0 || place < firstAlive(now)) return;
  meter.units.set(place, units + (meter.units.get(place) ?? 0));
  meter.total += units;
}

function takeUnits(meter: MeterState, { slot, units, now }: { slot: number; units: number; now: number }): void {
  let missing = units;
  let place = Math.min(slot, Math.floor(now / SLOT_MS));
  for (const first = Math.max(firstAlive(now), place - OLDER_SLOTS); missing > 0 && place >= first; place--) {
    const there = meter.units.get(place) ?? 0;
    const taken = Math.min(there, missing);
    if (taken === there) meter.units.delete(place);
    else meter.units.set(place, there - taken);
    meter.total -= taken;
    missing -= taken;
  }
}

function noteHeard({ now, phase }: Call, meter: MeterState, { limit, heard }: MeterAsk): void {
  if (heard === undefined || phase !== 'normal') return;
  meter.held = Math.max(0, limit - meter.total + heard.hand - heard.left);
  meter.heldUntil = now + heard.forMs;
}

function freeIn(meter: MeterState, missing: number, now: number): number {
  if (meter.held === 0) return slotsFreeIn(meter, missing, now);
  const withoutHold = Math.max(meter.heldUntil - now, slotsFreeIn(meter, missing - meter.held, now));
  return Math.min(withoutHold, slotsFreeIn(meter, missing, now));
}

function slotsFreeIn(meter: MeterState, missing: number, now: number): number {
  if (missing <= 0) return 0;
  let left = missing;
  for (const [slot, units] of [...meter.units].toSorted(([a], [b]) => a - b)) {
    left -= units;
    if (left <= 0) return (slot + 1) * SLOT_MS + WINDOW_MS - now;
  }
  return WINDOW_MS + SLOT_MS;
}

function grantedOf({ phase, sharers }: Call, line: MeterAsk, free: number): number {
  if (phase === 'recount' || line.want === 0) return 0;
  if (free < line.most || free < line.least) return free >= line.least ? line.least : 0;
  return Math.min(line.want, free, Math.max(line.most, Math.floor(free / sharers)));
}

function answerMeter(call: Call, line: MeterAsk): MeterAnswer {
  const { state, now, phase } = call;
  const key = meterKey(line);
  const meter = state.meters.get(key) ?? { total: 0, units: new Map(), held: 0, heldUntil: 0 };
  state.meters.set(key, meter);
  expire(meter, now);
  if (now >= meter.heldUntil) meter.held = 0;
  const nowSlot = Math.floor(now / SLOT_MS);
  for (const [age, units] of line.past) addUnits(meter, { slot: nowSlot - age, units, now });
  for (const [slot, units] of line.changes) if (units > 0) addUnits(meter, { slot, units, now });
  for (const [slot, units] of line.changes) if (units < 0) takeUnits(meter, { slot, units: -units, now });
  noteHeard(call, meter, line);
  const granted = grantedOf(call, line, line.limit - meter.total - meter.held);
  addUnits(meter, { slot: nowSlot, units: granted, now });
  const left = line.limit - meter.total - meter.held;
  const waits = granted < line.most;
  const freeInMs = waits ? (phase === 'recount' ? RETRY_MS : freeIn(meter, line.most - left, now)) : 0;
  return { granted, left: Math.max(0, left), freeInMs };
}

function answerSlots({ state, ask, now, phase }: Call, line: SlotAsk): SlotAnswer {
  const held = state.slots.get(line.deployment) ?? new Map<string, number>();
  state.slots.set(line.deployment, held);
  let others = 0;
  for (const [name, slots] of held) {
    if (name === ask.instance) continue;
    if ((state.members.get(name) ?? 0) < now - MEMBER_MS) held.delete(name);
    else others += slots;
  }
  const free = Math.max(0, line.limit - others);
  let hold = phase === 'recount' ? line.inUse : Math.max(line.inUse, Math.min(line.hold, free));
  if (ask.isLeaving) hold = 0;
  if (hold === 0) held.delete(ask.instance);
  else held.set(ask.instance, hold);
  return { held: hold };
}

function noteHint({ state, ask, now }: Call, hint: HintAsk): void {
  const entry = state.hints.get(hint.deployment) ?? { number: 0, by: '', blocked: 0, open: 0, opened: 0, trigger: 0 };
  state.newestHint += 1;
  entry.number = state.newestHint;
  entry.by = ask.instance;
  if (hint.blockedForMs > 0) entry.blocked = Math.max(entry.blocked, now + hint.blockedForMs);
  if (hint.openForMs > 0) Object.assign(entry, { open: now + hint.openForMs, opened: now, trigger: hint.trigger });
  state.hints.set(hint.deployment, entry);
}

function newsFor({ state, ask, now }: Call): HintNews[] {
  const news: HintNews[] = [];
  for (const [deployment, entry] of state.hints) {
    if (entry.number <= ask.hintsSeen || entry.by === ask.instance) continue;
    const blockedForMs = Math.max(0, entry.blocked - now);
    const openForMs = Math.max(0, entry.open - now);
    if (blockedForMs === 0 && openForMs === 0) continue;
    const opening =
      openForMs === 0 ? { openedMsAgo: 0, trigger: 0 } : { openedMsAgo: now - entry.opened, trigger: entry.trigger };
    news.push({ deployment, blockedForMs, openForMs, ...opening });
  }
  return news.toSorted((a, b) => (a.deployment < b.deployment ? -1 : 1));
}
