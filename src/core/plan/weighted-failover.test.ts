import { describe, expect, it } from 'vitest';
import { FAILURES, fallbacks, groupsOf, play, statusOf, world, type Run } from '../../../test/support/play-plan.ts';
import type { DeploymentSketch } from '../../../test/support/routing-fixture.ts';
import { openNow } from '../breaker/breaker.ts';
import { TRIGGER } from '../breaker/standing.ts';
import { freeChargeOf } from '../fleet/fleet.ts';
import type { RouterSettings } from '../routing-table.ts';

const on: Partial<RouterSettings> = { weightedFailover: true, numRetries: 0 };
const triedBy = (run: Run): number[] => run.attempts.map(({ deployment }) => deployment).toSorted((a, b) => a - b);

describe('weighted failover', () => {
  it('asks the rest of the group, each once, before another group', () => {
    const settings = { ...on, fallbacks: fallbacks({ m: ['b'] }) };
    const run = play(world({ m: 3, b: 1 }, { settings }), { m: ['e503'], b: ['ok'] });
    expect(groupsOf(run)).toEqual(['m', 'm', 'm', 'b']);
    expect(triedBy(run)).toEqual([0, 1, 2, 3]);
    expect(run.attempts.map(({ fallbacks: count }) => count)).toEqual([0, 1, 1, 2]);
  });

  it('is for a 400 too, which is never retried', () => {
    expect(triedBy(play(world({ m: 3 }, { settings: on }), ['e400']))).toEqual([0, 1, 2]);
    expect(play(world({ m: 3 }, { settings: { ...on, weightedFailover: false } }), ['e400']).attempts).toHaveLength(1);
  });

  it('goes by the weights', () => {
    const members: DeploymentSketch[] = [{ weight: 1_000_000 }, { weight: 0 }, { weight: 1_000 }, { weight: 1 }];
    const run = play(world({ m: members }, { settings: on }), ['e400', 'ok']);
    expect(run.attempts.map(({ deployment }) => deployment)).toEqual([0, 2]);
  });

  it('comes after the retries', () => {
    const settings = { ...on, numRetries: 1, fallbacks: fallbacks({ m: ['b'] }) };
    const run = play(world({ m: 4, b: 1 }, { settings }), { m: ['e503'], b: ['ok'] });
    expect(groupsOf(run)).toEqual(['m', 'm', 'm', 'm', 'b']);
    expect(run.attempts.map(({ retries }) => retries)).toEqual([0, 1, 0, 1, 0]);
  });

  it('counts against max_fallbacks', () => {
    const run = (maxFallbacks: number): Run => play(world({ m: 5 }, { settings: { ...on, maxFallbacks } }), ['e400']);
    expect([0, 1, 2, 5].map((most) => run(most).attempts.length)).toEqual([1, 2, 3, 5]);
  });

  it('leaves out who is cooling down or out of rotation', () => {
    const there = world({ m: [{}, {}, { outOfRotation: 'no key' }] }, { settings: on });
    openNow(there.fleet, freeChargeOf(there.fleet, 1), { trigger: TRIGGER.rate, now: 0, openMs: 60_000 });
    expect(triedBy(play(there, ['e400']))).toEqual([0]);
    const due = play(there, ['e400'], { startMs: 60_000 });
    expect(triedBy(due)).toEqual([0, 1]);
  });

  it('takes the place of the order levels, lowest first', () => {
    const members: DeploymentSketch[] = [{ order: 1 }, { order: 3 }, { order: 2 }];
    const run = play(world({ m: members }, { settings: on }), ['e400']);
    expect(run.attempts.map(({ deployment }) => deployment)).toEqual([0, 2, 1]);
  });

  it('is no way round the lists of overflows and refusals', () => {
    for (const word of ['window', 'policy'] as const) {
      expect(play(world({ m: 3 }, { settings: on }), [word]).attempts).toHaveLength(1);
    }
  });

  it('is for simple-shuffle only, and not for ids or requests that want no fallback', () => {
    const there = (settings: Partial<RouterSettings>) => world({ m: 3 }, { settings: { ...on, ...settings } });
    expect(play(there({ strategy: 'least-busy' }), ['e400']).attempts).toHaveLength(1);
    expect(play(there({}), ['e400'], { intent: { model: 'm-1' } }).attempts).toHaveLength(1);
    expect(play(there({}), ['e400'], { intent: { disableFallbacks: true } }).attempts).toHaveLength(1);
  });

  it('is nothing when nobody could be asked in the first place', () => {
    const there = world({ m: 2 }, { settings: { ...on, allowedFails: 0 } });
    for (const index of [0, 1]) {
      openNow(there.fleet, freeChargeOf(there.fleet, index), { trigger: TRIGGER.allowedFails, now: 0, openMs: 60_000 });
    }
    const run = play(there, ['ok']);
    expect([run.attempts.length, statusOf(run)]).toEqual([0, 429]);
  });

  it('keeps the fields that a fallback target replaces', () => {
    const target = { model: 'b', overrides: { temperature: 0 } };
    const settings = { ...on, fallbacks: fallbacks({ m: [target] }) };
    const run = play(world({ m: 1, b: 2 }, { settings }), { m: ['e400'], b: ['e400', 'ok'] });
    expect(run.attempts.map(({ overrides }) => overrides)).toEqual([undefined, { temperature: 0 }, { temperature: 0 }]);
  });

  it('names the group in the note of the final error', () => {
    const run = play(world({ m: 2 }, { settings: on }), ['e400']);
    expect(run.result).toHaveProperty(
      'message',
      `${FAILURES.e400.message}\nReceived Model Group=m\nAvailable Model Group Fallbacks=None` +
        `\nFallback to m also failed: ${FAILURES.e400.message}`,
    );
  });
});
