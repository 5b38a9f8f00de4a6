// One instance and the ledger, an exchange at a time: what is asked, what is held, what goes back.
import { describe, expect, test } from 'vitest';
import { LeasePlayer, LEDGER_AHEAD_MS } from '../../../test/support/lease-play.ts';
import { LedgerModel } from '../../../test/support/ledger-model.ts';
import { sketchTable } from '../../../test/support/routing-fixture.ts';
import { inheritFleet } from '../fleet/inherit.ts';
import { createFleet } from '../fleet/fleet.ts';
import { leaseFleet } from '../fleet/leases.ts';
import { finished, started } from '../fleet/operations.ts';
import { release, reserve } from '../limiter/reserve.ts';
import { refund, settle } from '../limiter/settle.ts';
import type { LeaseAnswer, MeterAsk } from './exchange.ts';

const RPM = { deployments: [{ limits: { rpm: 6 } }] };
const FAST = { deployments: [{ limits: { rpm: 6_000 } }] };
const SILENT = { deployment: 'd0', limit: 6, isKnown: false, changes: [], past: [] };

function slotAt(now: number): number {
  return Math.floor((LEDGER_AHEAD_MS + now) / 500);
}

function usage(totalTokens: number) {
  return { promptTokens: totalTokens, completionTokens: 0, totalTokens };
}

/** Requests that come evenly for a second, with a turn after each quarter. */
function busy(player: LeasePlayer, from: number, perSecond: number): MeterAsk[] {
  const asked: MeterAsk[] = [];
  for (let nth = 0; nth < perSecond; nth++) {
    const now = from + (nth * 1_000) / perSecond;
    player.charge(now);
    if (Math.floor((nth * 4) / perSecond) !== Math.floor(((nth + 1) * 4) / perSecond)) {
      player.exchange(now + 1);
      asked.push(...(player.lastAsk?.meters ?? []));
    }
  }
  return asked;
}

describe('the first calls', () => {
  test('say that nothing is known, and wish for nothing', () => {
    const player = new LeasePlayer(RPM);
    player.admit(2);
    expect(player.answer(10)).toMatchObject({ phase: 'recount', known: 1, rank: 0, meters: [] });
    expect(player.lastAsk).toEqual({
      instance: 'a',
      sequence: 1,
      epoch: '',
      known: 0,
      isRecount: true,
      isLeaving: false,
      hintsSeen: 0,
      meters: [],
      slots: [],
      hints: [],
    });
    player.exchange(20);
    expect(player.lastAsk).toMatchObject({
      sequence: 2,
      known: 1,
      isRecount: false,
      epoch: expect.stringMatching(/a\.1$/),
    });
  });

  test('are waited for for 50 ms from the start, then the instance goes on alone', () => {
    const player = new LeasePlayer(RPM, { now: 100 });
    expect(player.admit(120)).toMatchObject({ kind: 'full', freeAtMs: 150 });
    expect(player.rings).toBe(1);
    expect(player.admit(121)).toMatchObject({ kind: 'full', freeAtMs: 150 });
    expect(player.rings).toBe(1);
    expect(player.admit(150).kind).toBe('admitted');
  });

  test('tell what was charged before', () => {
    const player = new LeasePlayer(RPM, { now: 100 });
    for (const now of [1_000, 1_100, 2_700]) expect(player.admit(now).kind).toBe('admitted');
    player.exchange(3_000);
    expect(player.lastAsk?.meters).toEqual([
      {
        ...SILENT,
        meter: 'rpm',
        want: 0,
        most: 0,
        least: 0,
        past: [
          [4, 1],
          [3, 1],
          [0, 1],
        ],
      },
    ]);
    expect(player.ledger.total('d0', 'rpm', LEDGER_AHEAD_MS + 3_001)).toBe(3);
  });
});

describe('a small limit', () => {
  test('is leased one unit at a time, when a request needs it, and a unit that nobody uses goes back', () => {
    const player = new LeasePlayer(RPM);
    player.join(10);
    expect(player.admit(2_000)).toMatchObject({ kind: 'full', freeAtMs: 2_100 });
    expect(player.rings).toBe(1);
    const { meters } = player.answer(2_000);
    expect(player.lastAsk?.meters).toEqual([{ ...SILENT, meter: 'rpm', want: 1, most: 1, least: 1 }]);
    expect(meters).toEqual([{ granted: 1, left: 5, freeInMs: 0 }]);
    expect(player.holder.pauseMs()).toBe(250);
    player.exchange(2_600);
    expect(player.lastAsk?.meters).toEqual([]);
    player.exchange(2_750);
    expect(player.lastAsk?.meters).toEqual([
      { ...SILENT, meter: 'rpm', want: 0, most: 0, least: 0, isKnown: true, changes: [[slotAt(2_001), -1]] },
    ]);
    expect(player.holder.pauseMs()).toBe(1_000);
    expect(player.admit(2_760).kind).toBe('full');
  });

  test('may be used for 950 ms from when it was asked for', () => {
    const usable = (now: number): string => {
      const player = new LeasePlayer(RPM);
      player.join(10);
      player.admit(2_000);
      player.exchange(2_000);
      return player.admit(now).kind;
    };
    expect(usable(2_949.9)).toBe('admitted');
    expect(usable(2_950)).toBe('full');
  });

  test('that is used up is refused until the time that the ledger names', () => {
    const player = new LeasePlayer({ deployments: [{ limits: { rpm: 1 } }] });
    player.join(10);
    const other = new LeasePlayer(
      { deployments: [{ limits: { rpm: 1 } }] },
      { name: 'b', ledger: player.ledger, now: 1_200 },
    );
    other.join(1_200);
    other.charge(3_000);
    expect(player.admit(4_000)).toMatchObject({ kind: 'full', freeAtMs: 4_100 });
    const { meters } = player.answer(4_000);
    expect(meters).toEqual([{ granted: 0, left: 0, freeInMs: 60_499 }]);
    expect(player.admit(4_003)).toMatchObject({ kind: 'full', freeAtMs: 64_501 });
    expect(player.rings).toBe(1);
    expect(player.admit(64_501)).toMatchObject({ kind: 'full', freeAtMs: 64_601 });
    expect(player.answer(64_501).meters).toEqual([{ granted: 1, left: 0, freeInMs: 0 }]);
    expect(player.admit(64_503).kind).toBe('admitted');
  });
});

describe('a busy limit', () => {
  test('is held half a second ahead, so that nobody waits', () => {
    const player = new LeasePlayer(FAST);
    player.join(10);
    for (let second = 2; second < 8; second++) busy(player, second * 1_000, 40);
    const rings = player.rings;
    const asked = [8, 9, 10, 11].flatMap((second) => busy(player, second * 1_000, 40));
    expect(player.rings).toBe(rings);
    const wishes = asked.filter(({ want }) => want > 0);
    expect(wishes.length).toBeGreaterThan(4);
    for (const wish of wishes) {
      expect(wish).toMatchObject({ most: 0, least: 1 });
      expect(wish.want).toBeGreaterThanOrEqual(10);
      expect(wish.want).toBeLessThanOrEqual(21);
    }
    expect(player.holder.pauseMs()).toBe(250);
  });

  test('holds nothing more when the requests are over', () => {
    const player = new LeasePlayer(FAST);
    player.join(10);
    for (let second = 2; second < 5; second++) busy(player, second * 1_000, 40);
    for (let now = 5_000; now < 25_000; now += 250) player.exchange(now);
    expect(player.ledger.total('d0', 'rpm', LEDGER_AHEAD_MS + 25_000)).toBe(120);
    expect(player.holder.pauseMs()).toBe(1_000);
  });

  test('of tokens is held for one request at least', () => {
    const player = new LeasePlayer({ deployments: [{ limits: { tpm: 1_000_000 } }] });
    player.join(10);
    for (let nth = 0; nth < 40; nth++) {
      player.charge(2_000 + nth * 800, { prompt: 500 });
      player.exchange(2_250 + nth * 800);
      player.exchange(2_500 + nth * 800);
    }
    player.exchange(34_000);
    expect(player.lastAsk?.meters[0]?.want).toBeGreaterThanOrEqual(500);
    expect(player.lastAsk?.meters[0]?.want).toBeLessThan(1_000);
  });

  test('that is refused for those who wait is asked for with every turn, for what they wait', () => {
    const player = new LeasePlayer({ deployments: [{ limits: { tpm: 100 } }] });
    player.join(10);
    const other = new LeasePlayer(
      { deployments: [{ limits: { tpm: 100 } }] },
      { name: 'b', ledger: player.ledger, now: 1_200 },
    );
    other.join(1_200);
    other.charge(3_000, { prompt: 80 });
    for (const prompt of [40, 30, 60, 50]) player.admit(4_000, { prompt });
    expect(player.answer(4_000).meters).toEqual([{ granted: 0, left: 20, freeInMs: 60_499 }]);
    const [asked] = player.lastAsk?.meters ?? [];
    expect(asked).toMatchObject({ want: 60, most: 60, least: 30 });
    player.exchange(4_250);
    expect(player.lastAsk?.meters).toEqual([]);
    const place = { deployment: 0, atUs: 60_000_000, nowUs: 4_300_000 };
    const waits = reserve(player.fleet, { promptTokens: 70, maxTokens: 0 }, place);
    player.exchange(4_500);
    expect(player.lastAsk?.meters).toMatchObject([{ want: 70, most: 60, least: 60 }]);
    release(player.fleet, waits);
    player.exchange(4_750);
    expect(player.lastAsk?.meters).toEqual([]);
  });

  test('that is refused to a large request may have room for a small one', () => {
    const player = new LeasePlayer({ deployments: [{ limits: { tpm: 100 } }] });
    player.join(10);
    player.charge(2_000, { prompt: 80 });
    player.admit(4_000, { prompt: 60 });
    player.exchange(4_000);
    expect(player.admit(4_003, { prompt: 60 })).toMatchObject({ kind: 'full' });
    expect(player.admit(4_003, { prompt: 20 })).toMatchObject({ kind: 'full', freeAtMs: 4_103 });
    expect(player.answer(4_010).meters).toMatchObject([{ granted: 20 }]);
    expect(player.admit(4_013, { prompt: 20 }).kind).toBe('admitted');
  });
});

describe('an ask that is not answered', () => {
  test('is sent again, with the same number and without its wishes; what was charged meanwhile waits its turn', () => {
    const player = new LeasePlayer(RPM);
    player.join(10);
    player.charge(2_000);
    refund(player.fleet, player.charge(2_010), 2_020);
    const lost = player.holder.ask(2_100);
    expect(lost.meters).toMatchObject([{ changes: [[slotAt(2_011), -1]] }]);
    player.holder.unanswered(2_150);
    player.admit(4_200);
    player.exchange(4_700);
    expect(player.lastAsk).toEqual({
      ...lost,
      meters: lost.meters.map((line): MeterAsk => ({ ...line, want: 0, most: 0 })),
    });
    player.exchange(4_710);
    expect(player.lastAsk).toMatchObject({ sequence: lost.sequence + 1, meters: [{ past: [[0, 1]] }] });
    expect(player.ledger.total('d0', 'rpm', LEDGER_AHEAD_MS + 4_711)).toBe(2);
  });

  test('is done once: what it was given, too late to be used, goes back', () => {
    const player = new LeasePlayer(RPM);
    player.join(10);
    player.admit(2_000);
    const lost = player.holder.ask(2_000);
    player.ledger.call(lost, LEDGER_AHEAD_MS + 2_001);
    expect(player.ledger.total('d0', 'rpm', LEDGER_AHEAD_MS + 2_001)).toBe(1);
    player.exchange(3_100);
    player.exchange(3_110);
    expect(player.lastAsk?.meters).toMatchObject([{ changes: [[slotAt(2_001), -1]] }]);
    expect(player.ledger.total('d0', 'rpm', LEDGER_AHEAD_MS + 3_111)).toBe(0);
  });

  test('that was the first counts what it told by when it was told', () => {
    const player = new LeasePlayer(RPM, { now: 100 });
    const charge = player.charge(1_000);
    player.holder.ask(1_200);
    player.exchange(3_800);
    expect(player.lastAsk?.meters).toMatchObject([{ past: [[5, 1]] }]);
    refund(player.fleet, charge, 3_900);
    player.exchange(4_000);
    expect(player.lastAsk?.meters).toEqual([]);
    expect(player.ledger.total('d0', 'rpm', LEDGER_AHEAD_MS + 4_001)).toBe(1);
  });

  test('an answer to another ask changes nothing', () => {
    const player = new LeasePlayer(RPM);
    player.join(10);
    player.admit(2_000);
    const answer = player.answer(2_000);
    player.holder.answered(answer, 2_010);
    player.holder.ask(2_020);
    player.holder.answered(answer, 2_021);
    expect(player.admit(2_022).kind).toBe('admitted');
    expect(player.admit(2_022).kind).toBe('full');
  });

  test('who has failed is not waited for, however often it is tried', () => {
    const player = new LeasePlayer(RPM);
    player.join(10);
    player.holder.unanswered(1_500);
    expect(player.admit(3_600).kind).toBe('admitted');
    player.holder.ask(3_700);
    expect(player.admit(3_701).kind).toBe('admitted');
    player.holder.unanswered(0);
    expect(player.admit(3_702).kind).toBe('admitted');
  });
});

describe('corrections', () => {
  test('count where the units came from', () => {
    const player = new LeasePlayer({ deployments: [{ limits: { tpm: 1_000 } }] });
    player.join(10);
    const charge = player.charge(2_000, { prompt: 100 });
    player.exchange(9_000);
    settle(player.fleet, charge, { usage: usage(30), now: 9_100 });
    player.exchange(9_250);
    expect(player.lastAsk?.meters).toMatchObject([{ changes: [[slotAt(2_001), -70]] }]);
    settle(player.fleet, player.charge(10_000, { prompt: 10 }), { usage: usage(50), now: 10_100 });
    player.exchange(10_250);
    expect(player.lastAsk?.meters).toMatchObject([{ changes: [[slotAt(10_001), 40]] }]);
    expect(player.ledger.total('d0', 'tpm', LEDGER_AHEAD_MS + 10_251)).toBe(80);
  });

  test('of what the ledger has not heard of are made before it hears', () => {
    const player = new LeasePlayer({ deployments: [{ limits: { tpm: 1_000 } }] });
    player.join(10);
    player.holder.unanswered(2_000);
    const charge = player.charge(4_100, { prompt: 100 });
    settle(player.fleet, charge, { usage: usage(30), now: 4_200 });
    player.exchange(4_300);
    expect(player.lastAsk?.meters).toMatchObject([{ changes: [], past: [[0, 30]] }]);
    player.holder.unanswered(5_000);
    refund(player.fleet, player.charge(7_600, { prompt: 100 }), 7_610);
    player.exchange(7_700);
    expect(player.lastAsk?.meters).toEqual([]);
  });

  test('of what it has heard of by age: more is told, less is not, for nobody knows where it stands', () => {
    const player = new LeasePlayer({ deployments: [{ limits: { tpm: 1_000 } }] });
    player.join(10);
    player.holder.unanswered(2_000);
    const less = player.charge(4_100, { prompt: 100 });
    const more = player.charge(4_110, { prompt: 100 });
    player.exchange(4_300);
    settle(player.fleet, less, { usage: usage(30), now: 5_400 });
    settle(player.fleet, more, { usage: usage(130), now: 5_400 });
    player.exchange(5_600);
    expect(player.lastAsk?.meters).toMatchObject([{ changes: [], past: [[2, 30]] }]);
  });

  test('that change nothing are not told', () => {
    const player = new LeasePlayer({ deployments: [{ limits: { tpm: 1_000 } }] });
    player.join(10);
    settle(player.fleet, player.charge(2_000, { prompt: 100 }), { usage: usage(100), now: 2_100 });
    player.exchange(9_300);
    expect(player.lastAsk?.meters).toEqual([]);
    settle(player.fleet, player.charge(10_000, { prompt: 100 }), { usage: usage(100), now: 10_100 });
    expect(player.holder.pauseMs()).toBe(1_000);
  });
});

describe('a ledger that has lost its memory', () => {
  test('is told everything that was charged in the last minute, and what it had granted is not used any more', () => {
    const player = new LeasePlayer(RPM);
    player.join(10);
    player.charge(2_000);
    player.charge(7_600);
    player.admit(8_000);
    player.exchange(8_000);
    player.ledger.flush();
    expect(player.exchange(8_100).kind).toBe('recount-demand');
    expect(player.holder.pauseMs()).toBe(0);
    expect(player.admit(8_103).kind).toBe('admitted');
    const before = player.lastAsk?.sequence ?? 0;
    const answer = player.answer(8_110);
    expect(player.lastAsk).toMatchObject({ sequence: before, isRecount: true, hintsSeen: 0 });
    expect(player.lastAsk?.meters).toMatchObject([
      {
        isKnown: false,
        past: [
          [12, 1],
          [1, 1],
          [0, 1],
        ],
      },
    ]);
    expect(answer).toMatchObject({ phase: 'normal', known: 1 });
    expect(player.ledger.total('d0', 'rpm', LEDGER_AHEAD_MS + 8_111)).toBe(3);
  });

  test('gets corrections where it has counted again', () => {
    const player = new LeasePlayer({ deployments: [{ limits: { tpm: 1_000 } }] });
    player.join(10);
    const charge = player.charge(2_000, { prompt: 100 });
    player.ledger.flush();
    player.exchange(4_000);
    player.exchange(4_010);
    settle(player.fleet, charge, { usage: usage(30), now: 5_000 });
    player.exchange(5_010);
    expect(player.lastAsk?.meters).toMatchObject([{ changes: [[slotAt(4_011) - 3, -70]], past: [] }]);
    expect(player.ledger.total('d0', 'tpm', LEDGER_AHEAD_MS + 5_011)).toBe(30);
  });

  test('is asked for no more than the own share until all have counted', () => {
    const ledger = new LedgerModel();
    const [one, two, three] = ['a', 'b', 'c'].map((name) => new LeasePlayer(RPM, { name, ledger }));
    if (one === undefined || two === undefined || three === undefined) throw new Error('three were made');
    for (const now of [10, 1_110]) for (const each of [one, two, three]) each.exchange(now);
    for (const each of [one, two, three]) each.exchange(1_500);
    ledger.flush();
    one.exchange(2_000);
    expect(one.answer(2_010)).toMatchObject({ phase: 'recount', known: 3 });
    one.admit(2_100);
    expect(one.answer(2_100).meters).toEqual([{ granted: 0, left: 6, freeInMs: 100 }]);
    one.charge(3_600);
    one.charge(3_700);
    one.admit(3_800);
    one.exchange(3_800);
    expect(one.lastReply).toMatchObject({ phase: 'share' });
    expect(one.lastAsk?.meters).toEqual([]);
  });

  test('a name that another has used since goes on with a higher number', () => {
    const player = new LeasePlayer(RPM);
    player.join(10);
    player.holder.ask(2_000);
    player.holder.answered({ kind: 'stale', sequence: 40 }, 2_002);
    expect(player.holder.ask(2_010)).toMatchObject({ sequence: 41, isRecount: true });
  });
});

describe('the end', () => {
  test('everything goes back at once', () => {
    const player = new LeasePlayer({ deployments: [{ limits: { rpm: 6, maxParallelRequests: 3 } }] });
    player.join(10);
    player.admit(2_000);
    player.exchange(2_000);
    player.admit(2_003);
    player.exchange(2_003);
    const ask = player.holder.leave(2_100);
    expect(ask).toMatchObject({ isLeaving: true, meters: [{ changes: [[slotAt(2_001), -1]] }] });
    player.ledger.call(ask, LEDGER_AHEAD_MS + 2_101);
    expect(player.ledger.total('d0', 'rpm', LEDGER_AHEAD_MS + 2_101)).toBe(0);
    expect(player.ledger.held('d0', LEDGER_AHEAD_MS + 2_101)).toBe(0);
  });
});

describe('parallel slots', () => {
  const THREE = { deployments: [{ limits: { maxParallelRequests: 3 } }] };

  test('are asked for when a request needs one, held while it runs, and given back', () => {
    const player = new LeasePlayer(THREE);
    player.join(10);
    expect(player.admit(2_000)).toMatchObject({ kind: 'full', freeAtMs: 2_100, limit: 'max_parallel_requests' });
    expect(player.rings).toBe(1);
    player.exchange(2_000);
    expect(player.lastAsk?.slots).toEqual([{ deployment: 'd0', limit: 3, inUse: 0, hold: 1 }]);
    expect(player.admit(2_003).kind).toBe('admitted');
    started(player.fleet, 0);
    expect(player.admit(2_004)).toMatchObject({ kind: 'full', freeAtMs: 2_104 });
    finished(player.fleet, 0);
    player.exchange(2_250);
    expect(player.lastAsk?.slots).toEqual([]);
    player.exchange(2_500);
    expect(player.lastAsk?.slots).toEqual([{ deployment: 'd0', limit: 3, inUse: 0, hold: 0 }]);
    expect(player.ledger.held('d0', LEDGER_AHEAD_MS + 2_501)).toBe(0);
  });

  test('are asked for as many as wait', () => {
    const player = new LeasePlayer(THREE);
    player.join(10);
    for (let nth = 0; nth < 5; nth++) player.admit(2_000);
    player.exchange(2_000);
    expect(player.lastAsk?.slots).toEqual([{ deployment: 'd0', limit: 3, inUse: 0, hold: 3 }]);
  });

  test('that others hold are not waited for, until the ledger is asked again', () => {
    const player = new LeasePlayer(THREE);
    player.join(10);
    const other = new LeasePlayer(THREE, { name: 'b', ledger: player.ledger, now: 1_200 });
    other.join(1_200);
    for (let nth = 0; nth < 3; nth++) started(other.fleet, 0);
    other.exchange(3_000);
    player.admit(3_100);
    player.exchange(3_100);
    expect(player.lastReply).toMatchObject({ slots: [{ held: 0 }] });
    expect(player.admit(3_103)).toMatchObject({ kind: 'full', freeAtMs: Infinity });
    expect(player.admit(3_352)).toMatchObject({ kind: 'full', freeAtMs: 3_452 });
    finished(other.fleet, 0);
    other.exchange(3_400);
    player.exchange(3_410);
    expect(player.admit(3_413).kind).toBe('admitted');
  });

  test('are held ahead by who is busy, but not beyond an even part', () => {
    const player = new LeasePlayer({ deployments: [{ limits: { maxParallelRequests: 9 } }] });
    player.join(10);
    const other = new LeasePlayer(
      { deployments: [{ limits: { maxParallelRequests: 9 } }] },
      { name: 'b', ledger: player.ledger, now: 1_200 },
    );
    other.join(1_200);
    for (let now = 3_000; now < 6_000; now += 250) {
      for (let nth = 0; nth < 10; nth++) {
        started(player.fleet, 0);
        finished(player.fleet, 0);
      }
      player.exchange(now);
    }
    expect(player.ledger.held('d0', LEDGER_AHEAD_MS + 6_000)).toBe(4);
    started(player.fleet, 0);
    player.exchange(6_000);
    expect(player.ledger.held('d0', LEDGER_AHEAD_MS + 6_001)).toBe(4);
  });

  test('without an answer are an even part of all, or what is held if that is more', () => {
    const player = new LeasePlayer({ deployments: [{ limits: { maxParallelRequests: 4 } }] });
    player.join(10);
    const other = new LeasePlayer(
      { deployments: [{ limits: { maxParallelRequests: 4 } }] },
      { name: 'b', ledger: player.ledger, now: 1_200 },
    );
    other.join(1_200);
    player.exchange(2_400);
    for (let nth = 0; nth < 3; nth++) player.admit(2_500);
    player.exchange(2_500);
    player.holder.unanswered(2_600);
    const inUse = (count: number, now: number): string => {
      for (let nth = 0; nth < count; nth++) started(player.fleet, 0);
      const { kind } = player.admit(now);
      for (let nth = 0; nth < count; nth++) finished(player.fleet, 0);
      return kind;
    };
    expect([2, 3].map((count) => inUse(count, 8_499))).toEqual(['admitted', 'full']);
    expect([1, 2].map((count) => inUse(count, 8_501))).toEqual(['admitted', 'full']);
    expect(player.admit(8_502).kind).toBe('admitted');
  });

  test('are all taken when they are all in use', () => {
    const player = new LeasePlayer({ deployments: [{ limits: { maxParallelRequests: 1 } }] });
    player.join(10);
    started(player.fleet, 0);
    player.exchange(2_000);
    expect(player.admit(2_010)).toMatchObject({ kind: 'full', freeAtMs: Infinity });
    expect(player.rings).toBe(0);
  });

  test('that run are told again to a ledger that has forgotten them', () => {
    const player = new LeasePlayer(THREE);
    player.join(10);
    started(player.fleet, 0);
    player.exchange(2_000);
    expect(player.lastAsk?.slots).toEqual([{ deployment: 'd0', limit: 3, inUse: 1, hold: 1 }]);
    player.exchange(2_100);
    expect(player.lastAsk?.slots).toEqual([]);
    player.ledger.flush();
    player.exchange(2_200);
    player.exchange(2_210);
    expect(player.lastAsk?.slots).toEqual([{ deployment: 'd0', limit: 3, inUse: 1, hold: 1 }]);
    expect(player.ledger.held('d0', LEDGER_AHEAD_MS + 2_211)).toBe(1);
  });

  test('are told again after a silence in which the ledger may have given them to others', () => {
    const player = new LeasePlayer(THREE);
    player.join(10);
    started(player.fleet, 0);
    player.exchange(2_000);
    player.exchange(8_100);
    expect(player.lastAsk?.slots).toEqual([{ deployment: 'd0', limit: 3, inUse: 1, hold: 1 }]);
    player.exchange(8_200);
    expect(player.lastAsk?.slots).toEqual([]);
    finished(player.fleet, 0);
    expect(player.holder.pauseMs()).toBe(250);
    player.exchange(8_300);
    expect(player.lastAsk?.slots).toEqual([{ deployment: 'd0', limit: 3, inUse: 0, hold: 0 }]);
    expect(player.holder.pauseMs()).toBe(1_000);
  });
});

describe('a reload', () => {
  function reloaded(player: LeasePlayer, limits: object, now: number): void {
    const table = sketchTable({ deployments: [{ id: 'd0', limits }] });
    const fleet = leaseFleet(createFleet(table.deployments));
    inheritFleet(
      { fleet: player.fleet, deployments: player.table.deployments },
      { fleet, deployments: table.deployments },
      now,
    );
    player.fleet = fleet;
    player.holder.moved({ fleet, table });
  }

  test('goes on with what is in hand, and with the ledger', () => {
    const player = new LeasePlayer(RPM);
    player.join(10);
    player.admit(2_000);
    player.exchange(2_000);
    reloaded(player, { rpm: 12 }, 2_100);
    expect(player.admit(2_110).kind).toBe('admitted');
    player.admit(2_120);
    player.exchange(2_120);
    expect(player.lastAsk).toMatchObject({ isRecount: false, meters: [{ limit: 12, want: 1 }] });
    expect(player.admit(2_130).kind).toBe('admitted');
  });

  test('an answer that was asked for before is for those that are still there', () => {
    const player = new LeasePlayer({ deployments: [{ limits: { rpm: 6, tpm: 600 } }, { limits: { rpm: 6 } }] });
    player.join(10);
    player.admit(2_000);
    const ask = player.holder.ask(2_000);
    const reply = player.ledger.call(ask, LEDGER_AHEAD_MS + 2_001);
    reloaded(player, { rpm: 6 }, 2_001);
    player.holder.answered(reply, 2_002);
    expect(player.admit(2_003).kind).toBe('admitted');
  });

  test('slots of a deployment that is gone come back when its attempts are over', () => {
    const player = new LeasePlayer({ deployments: [{ id: 'gone', limits: { maxParallelRequests: 3 } }] });
    player.join(10);
    started(player.fleet, 0);
    player.exchange(2_000);
    const old = player.fleet;
    reloaded(player, { rpm: 6 }, 2_100);
    player.exchange(2_200);
    expect(player.ledger.held('gone', LEDGER_AHEAD_MS + 2_201)).toBe(1);
    finished(old, 0);
    player.exchange(2_300);
    expect(player.lastAsk?.slots).toEqual([{ deployment: 'gone', limit: 3, inUse: 0, hold: 0 }]);
    player.exchange(2_400);
    expect(player.lastAsk?.slots).toEqual([]);
    expect(player.ledger.held('gone', LEDGER_AHEAD_MS + 2_401)).toBe(0);
  });

  test('slots of a limit that is gone come back', () => {
    const player = new LeasePlayer({ deployments: [{ id: 'd0', limits: { maxParallelRequests: 3 } }] });
    player.join(10);
    started(player.fleet, 0);
    player.exchange(2_000);
    reloaded(player, { rpm: 6 }, 2_100);
    player.exchange(2_200);
    expect(player.lastAsk?.slots).toEqual([{ deployment: 'd0', limit: 0, inUse: 0, hold: 0 }]);
    player.exchange(2_300);
    expect(player.lastAsk?.slots).toEqual([]);
  });
});

test('an answer that says nothing of a line changes nothing', () => {
  const player = new LeasePlayer({ deployments: [{ limits: { rpm: 6, maxParallelRequests: 2 } }] });
  player.join(10);
  started(player.fleet, 0);
  const ask = player.holder.ask(2_000);
  const reply = player.ledger.call(ask, LEDGER_AHEAD_MS + 2_001) as LeaseAnswer;
  player.holder.answered({ ...reply, meters: [], slots: [] }, 2_002);
  player.exchange(2_100);
  expect(player.lastAsk?.slots).toEqual([{ deployment: 'd0', limit: 2, inUse: 1, hold: 1 }]);
});
