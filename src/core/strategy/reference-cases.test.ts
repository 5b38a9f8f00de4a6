// LiteLLM's own tests of selection, given / when / then (reference 15.2, cases 1 to 17), each under its number; case 3 is
// about the config and stands there. Where Loadstone differs on purpose, its own behaviour stands here, with the anchor in
// docs/differences.md.
import { describe, expect, test } from 'vitest';
import type { DeploymentSketch } from '../../../test/support/routing-fixture.ts';
import { failure, StrategyPlay, success } from '../../../test/support/strategy-play.ts';
import { rowOf } from '../fleet/fleet.ts';
import { samplesMean, samplesSince } from '../fleet/samples.ts';
import { slotsSum } from '../fleet/slots.ts';
import type { Plan } from '../plan.ts';
import { openNow } from '../breaker/breaker.ts';
import { TRIGGER } from '../breaker/standing.ts';
import { freeChargeOf } from '../fleet/fleet.ts';

const WEIGHTS_ONLY = { strategy: 'simple-shuffle', enforceLimits: false } as const;
const USAGE = { strategy: 'usage-based-routing-v2', queueTimeoutMs: 0 } as const;
const LATENCY = { strategy: 'latency-based-routing', queueTimeoutMs: 0 } as const;

function countOf(play: StrategyPlay, deployment: number, picks: number): number {
  return Array.from({ length: picks }, () => play.picked()).filter((picked) => picked === deployment).length;
}

function answered(play: StrategyPlay, plan: Plan, tokens: number): void {
  play.end(plan, success({ seconds: 1, tokens }));
}

/** A group in which each deployment has used so many tokens. */
function used(
  tokens: readonly number[],
  sketches: readonly DeploymentSketch[] = tokens.map(() => ({})),
  seed = 5,
): StrategyPlay {
  const play = new StrategyPlay(sketches, USAGE, { seed });
  play.picked({ model: 'd0' });
  play.nowMs += 120_000;
  tokens.forEach((amount, deployment) => play.teach(deployment, { seconds: 1, tokens: amount }));
  return play;
}

describe('simple-shuffle', () => {
  // Expected shares 0.996 and 0.947 of 1,000; "> 890" leaves both more than eight standard deviations.
  test('15.2 case 1: of rpm 6 and 1440 the larger gets more than 89 %', () => {
    const play = new StrategyPlay([{ limits: { rpm: 6 } }, { limits: { rpm: 1_440 } }], WEIGHTS_ONLY);
    expect(countOf(play, 1, 1_000)).toBeGreaterThan(890);
  });

  test('15.2 case 2: of tpm 5 and 90 the larger gets more than 89 %', () => {
    const play = new StrategyPlay([{ limits: { tpm: 5 } }, { limits: { tpm: 90 } }], WEIGHTS_ONLY);
    expect(countOf(play, 1, 1_000)).toBeGreaterThan(890);
  });

  test('15.2 case 4: a group of one beside others is always that one', () => {
    const play = new StrategyPlay([{ group: 'lone' }, {}, { group: 'other' }], WEIGHTS_ONLY);
    expect(play.seen(100, { model: 'lone' })).toEqual([0]);
  });

  test('15.2 case 5: an alias draws from the real group by its weights', () => {
    const aliases = [{ name: 'gpt-4-alias', target: 'gpt-3.5-turbo', hidden: false }];
    const play = new StrategyPlay(
      [{ group: 'gpt-3.5-turbo', weight: 1 }, { group: 'gpt-3.5-turbo', weight: 99 }, { group: 'gpt-4' }],
      WEIGHTS_ONLY,
      { aliases },
    );
    const picks = Array.from({ length: 1_000 }, () => play.picked({ model: 'gpt-4-alias' }));
    // 99 % of 1,000: 990 ± 3.2.
    expect(picks.filter((picked) => picked === 1).length).toBeGreaterThan(970);
    expect(picks).not.toContain(2);
  });
});

describe('usage-based-routing-v2', () => {
  test('15.2 case 6: of 50 and 20 tokens used the one with 20 is taken', () => {
    expect(used([50, 20]).seen(1)).toEqual([1]);
  });

  test('15.2 case 7: tpm 1440 with 1439 used takes no further prompt', () => {
    const play = used([1_439], [{ limits: { tpm: 1_440 } }]);
    expect(play.begin({ promptTokens: 5 }).deployment).toBeUndefined();
  });

  test('15.2 case 8: equal usage draws both', () => {
    const seen = new Set(Array.from({ length: 20 }, (_, seed) => used([30, 30], [{}, {}], seed).picked()));
    expect(seen).toEqual(new Set([0, 1]));
  });

  test('15.2 case 9: tpm 0 takes nothing', () => {
    expect(new StrategyPlay([{ limits: { tpm: 0 } }], USAGE).begin().deployment).toBeUndefined();
  });

  // No minute keys: the window slides (docs/differences.md#limits-are-enforced).
  test('15.2 case 10: a request answered with 50 tokens counts as 1 request and 50 tokens', () => {
    const play = new StrategyPlay([{ limits: { rpm: 2 } }], USAGE);
    answered(play, play.begin(), 50);
    expect(slotsSum(rowOf(play.fleet, 0).usage, play.nowMs * 1_000)).toBe(50);
    expect([play.begin().deployment, play.begin().deployment]).toEqual([0, undefined]);
  });
});

describe('latency-based-routing', () => {
  test('15.2 case 11: of 3 s and 2 s the faster is taken', () => {
    const play = new StrategyPlay([{}, {}], LATENCY);
    play.picked();
    play.teach(0, { seconds: 3 });
    play.teach(1, { seconds: 2 });
    expect(play.seen(20)).toEqual([1]);
  });

  // Each sample grows old by itself, the map of a group does not (docs/differences.md#latency-samples).
  test('15.2 case 12: with ttl 3, nothing is known after 3 s', () => {
    const play = new StrategyPlay([{}, {}], LATENCY, { args: { ttlMs: 3_000 } });
    play.picked();
    play.teach(0, { seconds: 3 });
    play.teach(1, { seconds: 2 });
    play.nowMs += 2_999;
    expect(play.seen(50)).toEqual([1]);
    play.nowMs += 1;
    expect(play.seen(50)).toEqual([0, 1]);
  });

  test('15.2 case 13: an eleventh sample displaces the first', () => {
    const play = new StrategyPlay([{}], LATENCY);
    play.picked();
    const { byteLength } = play.fleet.buffer;
    for (const seconds of [1_000, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]) play.teach(0, { seconds });
    expect(samplesMean(rowOf(play.fleet, 0).latencies, 10)).toBe(1_000_000);
    expect(play.fleet.buffer.byteLength).toBe(byteLength);
  });

  test('15.2 case 14: when the fast one is at its rpm, the other is taken, or none', () => {
    const sketches: DeploymentSketch[] = [{ limits: { rpm: 2 } }, { limits: { rpm: 2 } }];
    const play = new StrategyPlay(sketches, LATENCY);
    play.picked({ model: 'd0' });
    play.teach(0, { seconds: 1 });
    play.teach(1, { seconds: 9 });
    expect([play.picked(), play.picked()]).toEqual([1, undefined]);
  });

  test('15.2 case 15: no completion tokens means the whole seconds', () => {
    const play = new StrategyPlay([{}], LATENCY);
    play.end(play.begin(), success({ seconds: 2, tokens: 0 }));
    expect(samplesSince(rowOf(play.fleet, 0).latencies, 10, 0)).toBe(1);
    expect(samplesMean(rowOf(play.fleet, 0).latencies, 1)).toBe(2_000_000);
  });
});

describe('least-busy', () => {
  test('15.2 case 16: three idle deployments get more than 30 of 300 each', () => {
    const play = new StrategyPlay([{}, {}, {}], { strategy: 'least-busy' });
    const picks = Array.from({ length: 300 }, () => play.picked());
    // 100 ± 8 each: 30 is more than eight standard deviations away.
    for (const index of [0, 1, 2]) expect(picks.filter((picked) => picked === index).length).toBeGreaterThan(30);
  });

  test('15.2 case 17: an idle deployment that is not healthy does not win', () => {
    const play = new StrategyPlay([{}, {}, {}], { strategy: 'least-busy' });
    openNow(play.fleet, freeChargeOf(play.fleet, 0), {
      trigger: TRIGGER.misconfigured,
      now: play.nowMs,
      openMs: 5_000,
    });
    const busy = play.begin({ model: 'd1' });
    expect(play.seen(30)).toEqual([2]);
    play.end(busy, failure('bad_request', { scope: 'request' }));
  });
});
