// What an instance allows itself when the ledger does not answer, and just after it has answered again.
import { describe, expect, test } from 'vitest';
import { sketchTable } from '../../../test/support/routing-fixture.ts';
import { createFleet } from '../fleet/fleet.ts';
import { leaseFleet } from '../fleet/leases.ts';
import { admit, clientFreeAtUs, rowFreeAtUs, type Admission } from '../limiter/limiter.ts';
import type { LeaseAnswer, LeaseAsk, LedgerPhase, MeterAnswer } from './exchange.ts';
import { LeaseHolder } from './lease-holder.ts';

const LIMIT = 12;
const SHARE = LIMIT / 2;

interface Answered {
  readonly known?: number;
  readonly rank?: number;
  readonly phase?: LedgerPhase;
  readonly meter?: MeterAnswer;
}

/** One instance of several, told of the others by its first call. */
class Instance {
  readonly holder: LeaseHolder;
  readonly #fleet;
  readonly #known: Answered;
  #ask: LeaseAsk | undefined;

  constructor(known: Answered = { known: 2 }, rpm = LIMIT) {
    const table = sketchTable({ deployments: [{ limits: { rpm } }] });
    this.#known = known;
    this.#fleet = leaseFleet(createFleet(table.deployments));
    this.holder = new LeaseHolder('one', { fleet: this.#fleet, table }, 0);
    this.exchange(1, {});
  }

  admit(now: number): Admission {
    return admit(this.#fleet, 0, { now, promptTokens: 1, maxTokens: 1, enforceLimits: true });
  }

  /** How many of `count` requests at `now` are admitted. */
  admitted(count: number, now: number): number {
    return Array.from({ length: count }, () => this.admit(now)).filter(({ kind }) => kind === 'admitted').length;
  }

  freeAtMs(now: number): number {
    const admission = this.admit(now);
    return admission.kind === 'full' ? admission.freeAtMs : Number.NaN;
  }

  /** What a client is told that is refused now, beyond the time from which the next request might go. */
  lagMs(now: number): number {
    const [row] = this.#fleet.rows;
    const demand = { promptTokens: 1, maxTokens: 1 };
    return row === undefined
      ? Number.NaN
      : (clientFreeAtUs(row, demand, now * 1_000) - rowFreeAtUs(row, demand, now * 1_000)) / 1_000;
  }

  ask(now: number): LeaseAsk {
    this.#ask = this.holder.ask(now);
    return this.#ask;
  }

  exchange(now: number, answered: Answered): LeaseAsk {
    const ask = this.ask(now);
    this.answer(now + 1, answered);
    return ask;
  }

  /** To the last ask. */
  answer(now: number, { phase = 'normal', meter = { granted: 0, left: 0, freeInMs: 0 } }: Answered): void {
    const ask = this.#ask;
    if (ask === undefined) throw new Error('nothing was asked');
    const { known = 2, rank = 0 } = this.#known;
    const rest = { epoch: 'e', phase, serverMs: 1_000_000 + now - 1, members: known, known, rank, hintsSeen: 0 };
    const meters = ask.meters.map(() => meter);
    const answer: LeaseAnswer = { kind: 'answer', sequence: ask.sequence, ...rest, meters, slots: [], hints: [] };
    this.holder.answered(answer, now);
  }

  /** Uses `units` that the ledger grants, of which `left` are left then. */
  use(units: number, now: number, left: number): void {
    this.admit(now);
    this.exchange(now, { meter: { granted: units, left, freeInMs: 0 } });
    const used = this.admitted(units, now + 1);
    if (used !== units) throw new Error(`${used} of ${units} units were used`);
  }
}

describe('while an answer is only late', () => {
  test('a small limit stands still, and whoever waits is told when it is known whether the ledger is away', () => {
    const one = new Instance();
    one.ask(1_000);
    expect(one.admitted(1, 1_049)).toBe(0);
    expect(one.admitted(LIMIT, 1_060)).toBe(0);
    expect(one.freeAtMs(1_060)).toBe(2_000);
    expect(one.admitted(LIMIT, 1_999)).toBe(0);
    expect(one.admitted(LIMIT, 2_000)).toBe(SHARE);
  });

  test('what is in hand is used, and what is missing is asked for', () => {
    const one = new Instance();
    one.admit(100);
    one.exchange(100, { meter: { granted: 2, left: 7, freeInMs: 0 } });
    one.ask(200);
    expect(one.admitted(LIMIT, 300)).toBe(2);
    one.holder.late(310);
    one.answer(400, {});
    one.admit(500);
    expect(one.exchange(500, {}).meters).toMatchObject([{ most: 1, least: 1 }]);
  });

  test('late answers do not keep it to its share, and an outage does', () => {
    const wishAfter = (trouble: 'late' | 'unanswered'): number | undefined => {
      const one = new Instance();
      one.use(SHARE, 100, 6);
      one.ask(1_000);
      one.holder[trouble](1_060);
      one.answer(1_100, {});
      one.admit(1_200);
      return one.exchange(1_200, {}).meters[0]?.want;
    };
    expect([wishAfter('late'), wishAfter('unanswered') ?? 0]).toEqual([
      expect.toSatisfy((want: number) => want > 0),
      0,
    ]);
  });

  test('late answers one after the other keep it late: each call has a second of its own', () => {
    const one = new Instance();
    for (let now = 1_000; now < 9_000; now += 1_150) {
      one.ask(now);
      expect(one.admitted(LIMIT, now + 60)).toBe(0);
      expect(one.freeAtMs(now + 60)).toBeGreaterThan(now + 900);
      one.answer(now + 900, {});
      one.holder.late(now + 900);
      expect(one.holder.pauseMs()).toBe(250);
      expect(one.admitted(LIMIT, now + 1_149)).toBe(0);
    }
    one.exchange(10_000, {});
    expect(one.holder.pauseMs()).toBe(1_000);
  });

  test('a ledger that has lost its memory has answered: it is not away', () => {
    const one = new Instance();
    one.ask(1_000);
    one.holder.unanswered(1_100);
    one.ask(1_200);
    one.holder.answered({ kind: 'recount-demand', epoch: 'f' }, 1_201);
    one.ask(1_210);
    expect(one.admitted(LIMIT, 1_300)).toBe(0);
  });

  test.each([
    ['a large limit goes on at once with its part', 1_001, 2, 500],
    ['a limit of a thousand stands still', 1_000, 2, 0],
    ['an instance that knows of no other goes on', LIMIT, 1, LIMIT],
  ])('%s', (_, rpm, known, expected) => {
    const one = new Instance({ known }, rpm);
    one.ask(1_000);
    expect(one.admitted(2_000, 1_060)).toBe(expected);
  });

  test('it ends as soon as the ledger cannot be reached, and an answer ends that', () => {
    const one = new Instance();
    one.ask(1_000);
    one.holder.unanswered(1_060);
    expect(one.admitted(LIMIT, 1_070)).toBe(SHARE);
    one.answer(1_100, {});
    one.ask(62_000);
    expect(one.admitted(LIMIT, 62_060)).toBe(0);
  });
});

describe('in the first three seconds without an answer', () => {
  test('goes on from where it was, with its part of what was left', () => {
    const one = new Instance();
    one.use(2, 100, 7);
    one.holder.unanswered(1_000);
    expect(one.admitted(LIMIT, 1_010)).toBe(3);
    expect(one.freeAtMs(1_010)).toBe(4_000);
    expect(one.admitted(LIMIT, 3_999)).toBe(0);
    expect(one.admitted(LIMIT, 4_000)).toBe(SHARE - 5);
    expect(one.freeAtMs(4_000)).toBeCloseTo(60_101, 0);
  });

  test('never has more than its share', () => {
    const one = new Instance();
    one.use(1, 100, 11);
    one.holder.unanswered(1_000);
    expect(one.admitted(LIMIT, 1_010)).toBe(SHARE - 1);
    expect(one.freeAtMs(1_010)).toBeCloseTo(60_101, 0);
  });

  test('has nothing new where little was left, but what runs out comes back', () => {
    const one = new Instance();
    one.use(3, 100, SHARE - 1);
    one.holder.unanswered(59_000);
    expect(one.admitted(LIMIT, 59_010)).toBe(0);
    expect(one.freeAtMs(59_010)).toBeCloseTo(60_101, 0);
    expect(one.admitted(LIMIT, 60_102)).toBe(3);
    expect(one.freeAtMs(60_102)).toBe(62_000);
  });

  test('counts anew each time', () => {
    const one = new Instance();
    one.use(1, 100, SHARE);
    one.holder.unanswered(1_000);
    expect(one.admitted(LIMIT, 1_010)).toBe(3);
    one.exchange(1_100, { meter: { granted: 0, left: SHARE - 1, freeInMs: 0 } });
    one.holder.unanswered(1_200);
    expect(one.admitted(LIMIT, 1_210)).toBe(0);
    one.exchange(1_300, { meter: { granted: 0, left: SHARE, freeInMs: 0 } });
  });

  test('takes its part of all of a limit that it has never used', () => {
    const one = new Instance();
    one.holder.unanswered(1_000);
    expect(one.admitted(LIMIT, 1_010)).toBe(SHARE);
  });

  test('does not believe in what seems to be left while others have not counted', () => {
    const one = new Instance();
    one.use(2, 100, 8);
    one.admit(300);
    one.exchange(300, { phase: 'share', meter: { granted: 0, left: 8, freeInMs: 0 } });
    one.holder.unanswered(1_000);
    expect(one.admitted(LIMIT, 1_010)).toBe(0);
  });

  test('has nothing of a limit that others have used up, even if it has charged nothing itself', () => {
    const one = new Instance();
    one.admit(100);
    one.exchange(100, { meter: { granted: 0, left: 0, freeInMs: 30_000 } });
    one.holder.unanswered(1_000);
    expect(one.admitted(LIMIT, 1_010)).toBe(0);
    expect(one.admitted(LIMIT, 4_000)).toBe(SHARE);
  });

  test('has no such moments where there is nobody else', () => {
    const one = new Instance({ known: 1 });
    one.holder.unanswered(1_000);
    expect(one.admitted(LIMIT + 1, 1_010)).toBe(LIMIT);
  });
});

describe('who is refused is told', () => {
  test('of two seconds more where the time comes from own charges, for the ledger counts them for longer', () => {
    const one = new Instance();
    one.use(SHARE, 100, 6);
    expect(one.lagMs(101)).toBe(0);
    one.holder.unanswered(1_000);
    expect(one.admitted(LIMIT, 4_000)).toBe(0);
    expect(one.lagMs(4_000)).toBe(2_000);
  });

  test('of the same where all is used here', () => {
    const one = new Instance();
    one.use(LIMIT, 100, 0);
    expect(one.lagMs(5_000)).toBe(2_000);
  });

  test('of nothing more where the ledger has named the time, or may still', () => {
    const one = new Instance();
    one.admit(100);
    one.exchange(100, { meter: { granted: 0, left: 0, freeInMs: 30_000 } });
    expect(one.lagMs(5_000)).toBe(0);
    one.ask(31_000);
    expect(one.lagMs(31_060)).toBe(0);
  });

  test('of nothing more before there has been a ledger, or where there is room', () => {
    const one = new Instance({ known: 0 });
    one.holder.unanswered(1_000);
    expect(one.lagMs(1_010)).toBe(0);
    expect(one.admitted(LIMIT + 1, 1_010)).toBe(LIMIT);
    expect(one.lagMs(1_020)).toBe(0);
  });
});

describe('a limit that is smaller than the number of instances', () => {
  test.for([
    [0, 1],
    [1, 1],
    [2, 0],
  ] as const)('is served by the first ones: %i has %i', ([rank, units]) => {
    const one = new Instance({ known: 3, rank }, 2);
    one.holder.unanswered(1_000);
    expect(one.admitted(2, 4_000)).toBe(units);
    expect(one.freeAtMs(4_000)).toBeGreaterThan(60_000);
  });
});

describe('when the ledger answers again', () => {
  const wish = (one: Instance, now: number): number | undefined => {
    for (let nth = 0; nth < SHARE; nth++) one.admit(now);
    return one.exchange(now, { meter: { granted: 0, left: 0, freeInMs: 0 } }).meters[0]?.want;
  };

  test('its charges are told, and for three seconds it wishes for no more than its share', () => {
    const one = new Instance();
    one.use(4, 100, 8);
    one.holder.unanswered(1_000);
    expect(one.admitted(LIMIT, 1_010)).toBe(2);
    const told = one.exchange(5_000, {});
    expect(told.meters[0]?.past).toEqual([[7, 2]]);
    expect(wish(one, 5_100)).toBeUndefined();
    expect(wish(one, 7_900)).toBeUndefined();
    expect(wish(one, 8_002)).toBe(1);
  });

  test('an answer in time changes nothing', () => {
    const one = new Instance();
    one.use(SHARE, 100, 6);
    expect(wish(one, 300)).toBe(1);
  });
});

test('an instance that leaves wishes for nothing, and gives back what it holds', () => {
  const one = new Instance();
  one.use(3, 100, 9);
  one.admit(150);
  one.exchange(150, { meter: { granted: 2, left: 7, freeInMs: 0 } });
  const { isLeaving, meters } = one.holder.leave(200);
  expect(isLeaving).toBe(true);
  expect(meters).toMatchObject([{ want: 0, most: 0, least: 0, changes: [[2_000, -2]] }]);
});
