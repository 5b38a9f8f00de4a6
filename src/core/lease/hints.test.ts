// What one instance learns about the health of a deployment shortens what the others have to learn.
import { describe, expect, test } from 'vitest';
import { LeasePlayer, LEDGER_AHEAD_MS } from '../../../test/support/lease-play.ts';
import type { RouterSettings } from '../routing-table.ts';
import { blockUntil, openNow, recordSuccess } from '../breaker/breaker.ts';
import { availableAtMs, breakerState, TRIGGER, triggerOf } from '../breaker/standing.ts';
import { freeChargeOf, rowOf } from '../fleet/fleet.ts';
import { mirrorHeaders } from '../limiter/header-mirror.ts';
import type { HeardLeft } from './exchange.ts';

function pair(settings: Partial<RouterSettings> = {}): readonly [LeasePlayer, LeasePlayer] {
  const sketch = { deployments: [{}, {}], settings };
  const one = new LeasePlayer(sketch);
  const two = new LeasePlayer(sketch, { name: 'b', ledger: one.ledger });
  for (const now of [10, 1_110, 1_200]) for (const each of [one, two]) each.exchange(now);
  return [one, two];
}

function open(player: LeasePlayer, deployment: number, at: { now: number; openMs: number }): void {
  const charge = { ...freeChargeOf(player.fleet, deployment), probe: true };
  openNow(player.fleet, charge, { trigger: TRIGGER.rate, ...at });
}

describe('a block', () => {
  test('is told once, and holds for the others for as long', () => {
    const [one, two] = pair();
    blockUntil(one.fleet, 1, 9_000);
    one.exchange(2_000);
    expect(one.lastAsk?.hints).toEqual([{ deployment: 'd1', blockedForMs: 7_000, openForMs: 0, trigger: 0 }]);
    expect(two.answer(2_500).hints).toEqual([
      { deployment: 'd1', blockedForMs: 6_500, openForMs: 0, openedMsAgo: 0, trigger: 0 },
    ]);
    expect(availableAtMs(two.fleet, 1, 2_600)).toBe(9_002);
    expect(availableAtMs(two.fleet, 0, 2_600)).toBe(2_600);
    expect(two.answer(2_700).hints).toEqual([]);
    expect(two.lastAsk?.hints).toEqual([]);
    expect(one.answer(2_700).hints).toEqual([]);
    expect(one.lastAsk?.hints).toEqual([]);
  });

  test('only ever lengthens', () => {
    const [one, two] = pair();
    blockUntil(two.fleet, 1, 60_000);
    blockUntil(one.fleet, 1, 9_000);
    one.exchange(2_000);
    two.exchange(2_100);
    expect(availableAtMs(two.fleet, 1, 2_600)).toBe(60_000);
    two.exchange(2_200);
    one.exchange(2_300);
    expect(availableAtMs(one.fleet, 1, 2_600)).toBe(60_002);
  });

  test('that is over is no news', () => {
    const [one, two] = pair();
    blockUntil(one.fleet, 1, 1_900);
    one.exchange(2_000);
    expect(one.lastAsk?.hints).toEqual([]);
    expect(two.answer(2_100).hints).toEqual([]);
  });
});

describe('an opening', () => {
  test('opens a breaker that is closed, for the same reason and as long', () => {
    const [one, two] = pair();
    open(one, 0, { now: 1_900, openMs: 5_000 });
    one.exchange(2_000);
    expect(one.lastAsk?.hints).toEqual([
      { deployment: 'd0', blockedForMs: 0, openForMs: 4_900, trigger: TRIGGER.rate },
    ]);
    two.exchange(2_500);
    expect(breakerState(two.fleet, 0, 2_600)).toBe('open');
    expect(triggerOf(rowOf(two.fleet, 0))).toBe(TRIGGER.rate);
    expect(availableAtMs(two.fleet, 0, 2_600)).toBe(6_902);
    two.exchange(2_700);
    expect(two.lastAsk?.hints).toEqual([]);
    one.exchange(2_700);
    expect(one.lastAsk?.hints).toEqual([]);
    expect(availableAtMs(one.fleet, 0, 2_600)).toBe(6_900);
  });

  test('does not change a breaker that is open, and is not told on', () => {
    const [one, two] = pair();
    open(two, 0, { now: 1_900, openMs: 30_000 });
    open(one, 0, { now: 1_900, openMs: 5_000 });
    one.exchange(2_000);
    two.exchange(2_100);
    expect(availableAtMs(two.fleet, 0, 2_600)).toBe(31_900);
  });

  test('does not open one that has recovered since', () => {
    const recoveredAt = (now: number): string => {
      const [one, two] = pair();
      open(one, 0, { now: 1_900, openMs: 5_000 });
      one.exchange(2_000);
      open(two, 0, { now: 1_000, openMs: 10 });
      recordSuccess(two.fleet, { ...freeChargeOf(two.fleet, 0), probe: true }, now);
      two.exchange(2_500);
      return breakerState(two.fleet, 0, 2_600);
    };
    expect(recoveredAt(1_999)).toBe('open');
    expect(recoveredAt(2_200)).toBe('closed');
  });

  test.each([{ disableCooldowns: true }, { cooldownMs: 0 }])('is not for who never opens: %o', (settings) => {
    const [one, two] = pair(settings);
    open(one, 0, { now: 1_900, openMs: 5_000 });
    one.exchange(2_000);
    two.exchange(2_500);
    expect(breakerState(two.fleet, 0, 2_600)).toBe('closed');
  });

  test('after which the breaker opens again is told again, one that half-opens is not', () => {
    const [one] = pair();
    open(one, 0, { now: 1_900, openMs: 500 });
    one.exchange(2_000);
    one.exchange(2_500);
    expect(one.lastAsk?.hints).toEqual([]);
    open(one, 0, { now: 2_600, openMs: 700 });
    one.exchange(2_700);
    expect(one.lastAsk?.hints).toMatchObject([{ openForMs: 600 }]);
  });
});

test('a deployment that this instance does not have is nobody', () => {
  const [one, two] = pair();
  const reply = two.ledger.call(two.holder.ask(2_000), LEDGER_AHEAD_MS + 2_001);
  if (reply.kind !== 'answer') throw new Error(reply.kind);
  const hint = { deployment: 'other', blockedForMs: 900, openForMs: 900, openedMsAgo: 0, trigger: 1 };
  two.holder.answered({ ...reply, hints: [hint] }, 2_002);
  expect(breakerState(two.fleet, 0, 2_010)).toBe('closed');
  expect(breakerState(one.fleet, 1, 2_010)).toBe('closed');
});

test('a new ledger is told what still holds, and a newcomer hears it', () => {
  const [one] = pair();
  blockUntil(one.fleet, 1, 90_000);
  one.exchange(2_000);
  const newcomer = new LeasePlayer({ deployments: [{}, {}] }, { name: 'c', ledger: one.ledger, now: 2_100 });
  newcomer.exchange(2_100);
  expect(availableAtMs(newcomer.fleet, 1, 2_600)).toBe(90_002);
});

describe('what a provider says is left', () => {
  const LIMIT = 100;

  function limited(): readonly [LeasePlayer, LeasePlayer] {
    const sketch = { deployments: [{ limits: { rpm: LIMIT } }] };
    const one = new LeasePlayer(sketch);
    const two = new LeasePlayer(sketch, { name: 'b', ledger: one.ledger });
    for (const now of [10, 1_110, 1_200]) for (const each of [one, two]) each.exchange(now);
    return [one, two];
  }

  /** The answer to a request of `player` that was charged just before. */
  function say(player: LeasePlayer, units: number, at: { now: number; resetMs: number }): void {
    const charge = player.charge(at.now - 10);
    const silent = { tokens: undefined, inputTokens: undefined, outputTokens: undefined };
    mirrorHeaders(player.fleet, charge, {
      headers: { ...silent, requests: { units, resetMs: at.resetMs } },
      now: at.now,
    });
  }

  function heard(player: LeasePlayer): HeardLeft | undefined {
    return player.lastAsk?.meters[0]?.heard;
  }

  test('is told once, and nobody is handed more than that until it starts anew', () => {
    const [one, two] = limited();
    say(one, 5, { now: 2_000, resetMs: 20_000 });
    one.exchange(2_100);
    expect(heard(one)).toEqual({ left: 5, hand: 0, forMs: 19_900 });
    one.exchange(2_200);
    expect(heard(one)).toBeUndefined();
    for (let nth = 0; nth < 5; nth++) two.charge(3_000 + nth * 50);
    expect(() => two.charge(4_000)).toThrow(/full until 22002$/);
    expect(two.charge(22_100).requests).toBe(1);
  });

  test('changes nothing where the others have used the rest', () => {
    const [one, two] = limited();
    for (let nth = 0; nth < 30; nth++) two.charge(2_000 + nth * 5);
    two.exchange(2_400);
    say(one, LIMIT - 31, { now: 2_500, resetMs: 20_000 });
    one.exchange(2_600);
    expect(heard(one)?.left).toBe(LIMIT - 31);
    let served = 0;
    for (let nth = 0; nth < 80 && served === nth; nth++) {
      const admission = two.admit(3_000 + nth * 20);
      if (admission.kind === 'full') two.exchange(3_000 + nth * 20);
      served += Number(admission.kind === 'admitted' || two.admit(3_005 + nth * 20).kind === 'admitted');
    }
    expect(served).toBe(LIMIT - 31);
  });

  test('is less by what was sent since, and replaced by the next word', () => {
    const [one] = limited();
    for (let nth = 0; nth < 20; nth++) one.charge(2_000 + nth * 5);
    one.exchange(2_300);
    say(one, 40, { now: 2_400, resetMs: 20_000 });
    expect([one.admit(2_410).kind, one.admit(2_420).kind]).toEqual(['admitted', 'admitted']);
    one.exchange(2_450);
    expect(heard(one)?.left).toBe(38);
    say(one, 76, { now: 3_000, resetMs: 20_000 });
    const { meters } = one.answer(3_100);
    expect(heard(one)?.left).toBe(76);
    const { left = 0, granted = 0 } = meters[0] ?? {};
    expect(left + granted + (heard(one)?.hand ?? 0)).toBe(76);
  });

  test('wears off while a call is repeated, and is left out when it is over', () => {
    const [one] = limited();
    say(one, 5, { now: 2_000, resetMs: 20_000 });
    expect(one.holder.ask(2_100).meters[0]?.heard).toEqual({ left: 5, hand: 0, forMs: 19_900 });
    expect(one.holder.ask(12_100).meters[0]?.heard).toEqual({ left: 5, hand: 0, forMs: 9_900 });
    expect(one.holder.ask(22_100).meters[0]).not.toHaveProperty('heard');
  });

  test('is told again to a ledger that had not heard of all charges, until it has', () => {
    const [one, two] = limited();
    say(one, 5, { now: 2_000, resetMs: 20_000 });
    one.exchange(2_100);
    one.ledger.flush();
    const told = (now: number): [string, boolean] => {
      const reply = one.exchange(now);
      return [reply.kind === 'answer' ? reply.phase : reply.kind, heard(one) !== undefined];
    };
    expect([2_200, 2_300, 2_400, 4_000].map(told)).toEqual([
      ['recount-demand', false],
      ['recount', false],
      ['recount', true],
      ['share', true],
    ]);
    for (const now of [4_100, 4_200]) two.exchange(now);
    expect([4_300, 4_400].map(told)).toEqual([
      ['normal', true],
      ['normal', false],
    ]);
  });
});
