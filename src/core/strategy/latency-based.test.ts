import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { failure, StrategyPlay, success, type Answer } from '../../../test/support/strategy-play.ts';
import { rowOf } from '../fleet/fleet.ts';
import type { Samples } from '../fleet/samples.ts';
import { samplesMean, samplesSince } from '../fleet/samples.ts';
import type { Outcome } from '../outcome.ts';
import type { RequestIntent } from '../request-intent.ts';
import type { StrategyArgs } from '../routing-table.ts';

const latency = { strategy: 'latency-based-routing' } as const;

/** Answers of each deployment, given one after the other. */
function taught(answers: readonly (readonly Answer[])[], args: Partial<StrategyArgs> = {}) {
  const play = new StrategyPlay(
    answers.map(() => ({})),
    latency,
    { args },
  );
  play.picked();
  answers.forEach((list, deployment) => list.forEach((answer) => play.teach(deployment, answer)));
  return play;
}

function seconds(samples: Samples): number | undefined {
  const count = samplesSince(samples, 100, 0);
  return count === 0 ? undefined : samplesMean(samples, count) / 1_000_000;
}

describe('what an attempt teaches', () => {
  const rows: [string, Outcome, Partial<RequestIntent>, number | undefined, number | undefined][] = [
    ['seconds per completion token', success({ seconds: 3, tokens: 60 }), {}, 0.05, undefined],
    ['the whole seconds without tokens', success({ seconds: 3, tokens: 0 }), {}, 3, undefined],
    ['the whole seconds without usage', success({ seconds: 3 }), {}, 3, undefined],
    ['the whole seconds of an embedding', success({ seconds: 3, tokens: 60 }), { maxTokens: 0 }, 3, undefined],
    ['both times of a stream', success({ seconds: 4, tokens: 80, first: 0.5 }), { stream: true }, 0.05, 0.5],
    ['the first content alone without usage', success({ seconds: 4, first: 0.5 }), { stream: true }, undefined, 0.5],
    ['a microsecond at least', success({ seconds: 0, tokens: 80, first: 0 }), { stream: true }, 1e-6, 1e-6],
    ['1,000 s for a timeout', failure('timeout'), {}, 1_000, undefined],
    ['1,000 s for a stream that times out', failure('timeout'), { stream: true }, 1_000, 1_000],
    ["1,000 s for the upstream's own timeout", failure('upstream_timeout'), {}, 1_000, undefined],
    ["nothing for a timeout of the caller's making", failure('timeout', { scope: 'caller' }), {}, undefined, undefined],
    ['nothing for another failure', failure('server_error'), {}, undefined, undefined],
    ['nothing when the client left', { kind: 'abandoned' }, {}, undefined, undefined],
    [
      "nothing with the caller's own key",
      success({ seconds: 3, tokens: 60 }),
      { callerCredentials: true },
      undefined,
      undefined,
    ],
  ];

  test.each(rows)('is %s', (_, outcome, intent, perToken, first) => {
    const play = new StrategyPlay([{}], { ...latency, numRetries: 0 });
    play.end(play.begin(intent), outcome);
    expect(seconds(rowOf(play.fleet, 0).latencies)).toBe(perToken);
    expect(seconds(rowOf(play.fleet, 0).firstContents)).toBe(first);
  });

  test('is nothing where no decision needed it', () => {
    const play = new StrategyPlay([{}], { strategy: 'simple-shuffle' });
    play.end(play.begin(), success({ seconds: 3, tokens: 60 }));
    expect(seconds(rowOf(play.fleet, 0).latencies)).toBeUndefined();
  });
});

describe('latency-based routing', () => {
  test('takes the lowest mean, and only that', () => {
    expect(taught([[{ seconds: 1 }, { seconds: 5 }], [{ seconds: 2 }]]).seen(50)).toEqual([1]);
  });

  test('whoever is within the buffer of the lowest is as good', () => {
    const answers = [[{ seconds: 1 }], [{ seconds: 1.4 }], [{ seconds: 1.6 }]];
    expect(taught(answers, { lowestLatencyBuffer: 0.5 }).seen(200)).toEqual([0, 1]);
    expect(taught(answers, { lowestLatencyBuffer: 0.4 }).seen(200)).toEqual([0, 1]);
    expect(taught(answers, { lowestLatencyBuffer: 0.39 }).seen(200)).toEqual([0]);
    expect(taught(answers).seen(200)).toEqual([0]);
  });

  test('equals within the buffer share evenly', () => {
    const play = taught([[{ seconds: 1 }], [{ seconds: 1.2 }]], { lowestLatencyBuffer: 0.5 });
    const hits = Array.from({ length: 2_000 }, () => play.picked()).filter((deployment) => deployment === 0).length;
    // A fair coin, 2,000 times: 1,000 ± 22; five standard deviations.
    expect(Math.abs(hits - 1_000)).toBeLessThan(112);
  });

  test('only so many of the newest samples count', () => {
    const answers = [[{ seconds: 90 }, { seconds: 1 }, { seconds: 1 }], [{ seconds: 2 }]];
    expect(taught(answers, { maxLatencyListSize: 2 }).seen(20)).toEqual([0]);
    expect(taught(answers, { maxLatencyListSize: 3 }).seen(20)).toEqual([1]);
  });

  test('a sample older than its time counts no more: the deployment is as good as new', () => {
    const play = taught([[{ seconds: 1 }], [{ seconds: 9 }]], { ttlMs: 10_000 });
    play.nowMs += 5_000;
    play.teach(0, { seconds: 1 });
    expect(play.seen(20)).toEqual([0]);
    play.nowMs += 5_000;
    expect(play.seen(20)).toEqual([1]);
    play.nowMs += 5_000;
    expect(play.seen(50)).toEqual([0, 1]);
  });

  test('a stream goes by its times to first content, a plain answer by the others', () => {
    const play = taught([[{ seconds: 10, tokens: 1_000, first: 3 }], [{ seconds: 10, tokens: 100, first: 1 }]]);
    expect(play.seen(20)).toEqual([0]);
    expect(play.seen(20, { stream: true })).toEqual([1]);
  });

  test('a stream goes by whole answers where there was no stream yet', () => {
    const play = taught([[{ seconds: 3 }], [{ seconds: 2 }]]);
    expect(play.seen(20, { stream: true })).toEqual([1]);
  });

  test('with a percentile, a stream goes by that instead of the mean', () => {
    const streams = (...firsts: number[]) => firsts.map((first): Answer => ({ seconds: 9, first }));
    const answers = [streams(1, 1, 1, 9), streams(2, 2, 2, 2)];
    expect(taught(answers).seen(20, { stream: true })).toEqual([1]);
    expect(taught(answers, { ttftPercentile: 0.75 }).seen(20, { stream: true })).toEqual([0]);
    expect(taught(answers, { ttftPercentile: 0.76 }).seen(20, { stream: true })).toEqual([1]);
  });

  test('who was never measured is tried first, by one request at a time', () => {
    const play = taught([[{ seconds: 1 }], []]);
    const first = play.begin();
    expect(first.deployment).toBe(1);
    expect([play.begin().deployment, play.begin().deployment]).toEqual([0, 0]);
    play.end(first, success({ seconds: 0.5 }));
    expect(play.begin().deployment).toBe(1);
  });

  test('of several that nobody has measured, the one with the fewest requests under way', () => {
    const play = new StrategyPlay([{}, {}, {}], latency, { args: { lowestLatencyBuffer: 9 } });
    const plans = Array.from({ length: 9 }, () => play.begin());
    expect([0, 1, 2].map((index) => plans.filter((plan) => plan.deployment === index).length)).toEqual([3, 3, 3]);
  });

  test('whatever the answers were, the one that is picked is within the buffer of the lowest mean', () => {
    const lists = fc.array(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 4 }), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(lists, fc.constantFrom(0, 0.25, 1), (times, lowestLatencyBuffer) => {
        const answers = times.map((list) => list.map((one): Answer => ({ seconds: one })));
        const means = times.map((list) => list.reduce((sum, one) => sum + one, 0) / list.length);
        const bound = Math.min(...means) * (1 + lowestLatencyBuffer);
        const as = (picked: number | undefined): number => means[picked ?? -1] ?? Number.NaN;
        for (const picked of taught(answers, { lowestLatencyBuffer }).seen(10)) {
          expect(as(picked)).toBeLessThanOrEqual(bound * (1 + 1e-9));
        }
      }),
      { numRuns: 50 },
    );
  });

  test('a timeout puts a deployment behind the slow ones', () => {
    const play = taught([[], [{ seconds: 500 }]]);
    const plan = play.begin();
    expect(plan.deployment).toBe(0);
    play.end(plan, failure('timeout'));
    plan.record({ kind: 'abandoned' }, play.nowMs, play.rng);
    expect(play.seen(20)).toEqual([1]);
  });
});
