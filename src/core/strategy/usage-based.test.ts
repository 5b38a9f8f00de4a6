import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { failure, StrategyPlay, success } from '../../../test/support/strategy-play.ts';
import { createFleet, freeChargeOf, rowOf } from '../fleet/fleet.ts';
import { slotsSum } from '../fleet/slots.ts';
import { expectedTokens, settleUsage } from './usage-window.ts';
import { usageBased, usageBasedV2 } from './usage-based.ts';

const usage = { strategy: 'usage-based-routing-v2' } as const;

function usedBy(play: StrategyPlay, deployment: number): number {
  return slotsSum(rowOf(play.fleet, deployment).usage, play.nowMs * 1_000);
}

describe('usage-based routing', () => {
  test('is one function under two names', () => {
    expect(usageBased.score).toBe(usageBasedV2.score);
    expect([usageBased.name, usageBasedV2.name]).toEqual(['usage-based-routing', 'usage-based-routing-v2']);
  });

  test('takes the fewest tokens, not the fewest requests', () => {
    const play = new StrategyPlay([{}, {}], usage);
    play.end(play.begin(), success({ seconds: 1, tokens: 900 }));
    const [first] = [0, 1].toSorted((a, b) => usedBy(play, b) - usedBy(play, a));
    for (let nth = 0; nth < 8; nth++) {
      const plan = play.begin();
      expect(plan.deployment).not.toBe(first);
      play.end(plan, success({ seconds: 1, tokens: 100 }));
    }
    expect([usedBy(play, 0), usedBy(play, 1)].toSorted((a, b) => a - b)).toEqual([800, 900]);
  });

  test('counts a request at its dispatch: those under way are spread', () => {
    const play = new StrategyPlay([{}, {}, {}], usage);
    const plans = Array.from({ length: 9 }, () => play.begin());
    const counts = [0, 1, 2].map((index) => plans.filter(({ deployment }) => deployment === index).length);
    expect(counts).toEqual([3, 3, 3]);
    expect(usedBy(play, 0)).toBe(3 * 1_034);
  });

  test.each([
    ['the provider says what it was', success({ seconds: 1, tokens: 77 }), 77],
    ['nobody says what it was', success({ seconds: 1 }), 1_034],
    ['it failed, whatever the provider did with it', failure('server_error'), 1_034],
    ['it was never sent', failure('connection', { unsent: true }), 0],
    ['the client left', { kind: 'abandoned' } as const, 1_034],
    ['the provider says nonsense', success({ seconds: 1, tokens: Number.NaN }), 1_034],
    ['it was free', success({ seconds: 1, tokens: 0 }), 0],
  ])('the count afterwards, when %s', (_, outcome, tokens) => {
    const play = new StrategyPlay([{}], usage);
    play.end(play.begin(), outcome);
    expect(usedBy(play, 0)).toBe(tokens);
  });

  test('the window slides: after a minute nothing counts, and a late settlement changes nothing', () => {
    const play = new StrategyPlay([{}], usage);
    const plan = play.begin();
    play.nowMs += 59_000;
    expect(usedBy(play, 0)).toBe(1_034);
    play.nowMs += 4_000;
    play.end(plan, success({ seconds: 63, tokens: 5 }));
    expect(usedBy(play, 0)).toBe(0);
  });

  test('whatever was used, the one that is picked has used the least, whoever is left out', () => {
    const used = fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(used, fc.nat(5), (tokens, out) => {
        const play = new StrategyPlay(
          tokens.map((_, nth) => (nth === out ? { outOfRotation: 'x' } : {})),
          usage,
        );
        play.picked();
        play.nowMs += 120_000;
        tokens.forEach((amount, nth) => nth !== out && play.teach(nth, { seconds: 1, tokens: amount }));
        const least = Math.min(...tokens.filter((_, nth) => nth !== out));
        const { deployment } = play.begin();
        expect(deployment).not.toBe(out);
        expect(tokens[deployment ?? -1]).toBe(least);
      }),
      { numRuns: 50 },
    );
  });

  test('limits are counted as well, by their own rule', () => {
    const play = new StrategyPlay([{ limits: { rpm: 1 } }, {}], usage);
    const first = play.begin({ model: 'd0' });
    play.end(first, success({ seconds: 1, tokens: 1 }));
    expect(usedBy(play, 0)).toBe(1);
    expect(play.seen(5)).toEqual([1]);
  });

  test('a group under another strategy counts nothing', () => {
    const play = new StrategyPlay([{}], { strategy: 'simple-shuffle' });
    play.end(play.begin(), success({ seconds: 1, tokens: 7 }));
    expect(usedBy(play, 0)).toBe(0);
    expect(play.fleet.tracking).toEqual({ usage: false, latency: false });
  });
});

describe('the expected tokens of a request', () => {
  test.each([
    [10, undefined, 1_034],
    [10, 5_000, 1_034],
    [10, 100, 110],
    [10, 0, 10],
    [0.2, 0.5, 2],
    [0, 0, 1],
    [3, -4, 3],
  ])('of %d in the prompt and at most %s behind it are %d', (prompt, most, tokens) => {
    expect(expectedTokens(prompt, most)).toBe(tokens);
  });

  test('a receipt without them settles nothing', () => {
    const { table } = new StrategyPlay([{}], usage);
    const fleet = createFleet(table.deployments);
    settleUsage(fleet, freeChargeOf(fleet, 0), { outcome: success({ seconds: 1, tokens: 9 }), now: 1 });
    expect(slotsSum(rowOf(fleet, 0).usage, 1_000)).toBe(0);
  });
});
