import { describe, expect, test } from 'vitest';
import type { DeploymentSketch } from '../../../test/support/routing-fixture.ts';
import { sketchDeployment } from '../../../test/support/routing-fixture.ts';
import { blockUntil, openNow } from '../breaker/breaker.ts';
import { breakerState, TRIGGER } from '../breaker/standing.ts';
import type { Deployment } from '../deployment.ts';
import { admit } from '../limiter/limiter.ts';
import { refund, settle } from '../limiter/settle.ts';
import type { FleetOf } from './inherit.ts';
import { inheritFleet } from './inherit.ts';
import { createFleet, fleetBytes, freeChargeOf, rowOf } from './fleet.ts';
import { finished, inFlight, started } from './operations.ts';
import { samplesAdd, samplesMean, samplesSince } from './samples.ts';
import { slotsAdd, slotsSum } from './slots.ts';
import { snapshot } from './snapshot.ts';

function fleetOf(sketches: readonly DeploymentSketch[]): FleetOf & { readonly deployments: readonly Deployment[] } {
  const deployments = sketches.map((sketch, index) => sketchDeployment(index, sketch));
  return { fleet: createFleet(deployments), deployments };
}

function ask({ fleet }: FleetOf, deployment: number, now: number, promptTokens = 1) {
  return admit(fleet, deployment, { promptTokens, maxTokens: 0, enforceLimits: true, now });
}

describe('rows', () => {
  test('two deployments with one id share their numbers, others do not', () => {
    const { fleet } = fleetOf([{ id: 'a' }, { id: 'b' }, { id: 'a' }]);
    started(fleet, 0);
    started(fleet, 2);
    expect([0, 1, 2].map((index) => inFlight(fleet, index))).toEqual([2, 0, 2]);
  });

  test('a shared row keeps the strictest of its limits', () => {
    const both = fleetOf([
      { id: 'a', limits: { rpm: 5 } },
      { id: 'a', limits: { rpm: 1 } },
    ]);
    expect(ask(both, 0, 0).kind).toBe('admitted');
    expect(ask(both, 1, 0).kind).toBe('full');
  });

  test('in flight never falls below zero', () => {
    const { fleet } = fleetOf([{}]);
    finished(fleet, 0);
    started(fleet, 0);
    expect(inFlight(fleet, 0)).toBe(1);
  });

  test('a second fleet over the same buffer sees the same numbers', () => {
    const deployments = [sketchDeployment(0, { limits: { rpm: 1 } }), sketchDeployment(1, { limits: { tpm: 9_000 } })];
    const buffer = new SharedArrayBuffer(fleetBytes(deployments));
    const one = { fleet: createFleet(deployments, buffer), deployments };
    const other = { fleet: createFleet(deployments, buffer), deployments };
    expect(ask(one, 0, 0).kind).toBe('admitted');
    expect(ask(other, 0, 0).kind).toBe('full');
    started(one.fleet, 1);
    expect(inFlight(other.fleet, 1)).toBe(1);
  });

  test('a buffer that is too small is refused', () => {
    expect(() => createFleet([sketchDeployment(0)], new ArrayBuffer(64))).toThrow(RangeError);
  });

  test('an unknown deployment is a mistake of the caller', () => {
    expect(() => inFlight(fleetOf([{}]).fleet, 1)).toThrow(RangeError);
  });
});

describe('a reload', () => {
  const row = (limits: DeploymentSketch['limits']): readonly DeploymentSketch[] => [
    { id: 'kept', limits: limits ?? {} },
  ];

  test('keeps health, counts and flights of what stays, and forgets what goes', () => {
    const old = fleetOf([{ id: 'gone' }, { id: 'kept' }]);
    openNow(old.fleet, freeChargeOf(old.fleet, 1), { trigger: TRIGGER.misconfigured, now: 0, openMs: 5_000 });
    started(old.fleet, 0);
    started(old.fleet, 1);
    const next = fleetOf([{ id: 'kept' }, { id: 'new' }]);
    inheritFleet(old, next, 1_000);
    expect(breakerState(next.fleet, 0, 1_000)).toBe('open');
    expect(inFlight(next.fleet, 0)).toBe(1);
    expect(inFlight(next.fleet, 1)).toBe(0);
  });

  test('requests that began before it finish in the new fleet', () => {
    const old = fleetOf([{ id: 'gone' }, { id: 'kept', limits: { maxParallelRequests: 1 } }]);
    started(old.fleet, 1);
    const next = fleetOf([{ id: 'kept', limits: { maxParallelRequests: 1 } }]);
    inheritFleet(old, next, 0);
    expect(ask(next, 0, 0).kind).toBe('full');
    finished(old.fleet, 1);
    expect(ask(next, 0, 0).kind).toBe('admitted');
    expect(freeChargeOf(old.fleet, 1).deployment).toBe(1);
  });

  test.each([
    { name: 'a log stays a log', from: 100, to: 100 },
    { name: 'slots stay slots', from: 1_000, to: 1_000 },
    { name: 'a log becomes slots', from: 100, to: 1_000 },
    { name: 'slots become a log', from: 1_000, to: 100 },
    { name: 'a log shrinks', from: 100, to: 50 },
  ])('carries the window over: $name', ({ from, to }) => {
    const old = fleetOf(row({ rpm: from }));
    const sent = Math.min(from, to);
    for (let nth = 0; nth < sent; nth++) expect(ask(old, 0, nth).kind).toBe('admitted');
    const next = fleetOf(row({ rpm: to }));
    inheritFleet(old, next, 30_000);
    const left = Array.from({ length: to + 1 }, () => ask(next, 0, 30_000)).filter(({ kind }) => kind === 'admitted');
    expect(left.length).toBe(to - sent);
    expect(ask(next, 0, 61_500).kind).toBe('admitted');
  });

  test('a shrunk log waits until the new limit holds', () => {
    const old = fleetOf(row({ rpm: 10 }));
    for (let nth = 0; nth < 10; nth++) ask(old, 0, nth * 1_000);
    const next = fleetOf(row({ rpm: 3 }));
    inheritFleet(old, next, 10_000);
    expect(ask(next, 0, 66_999)).toMatchObject({ kind: 'full', freeAtMs: 67_000 });
    expect(ask(next, 0, 67_000).kind).toBe('admitted');
  });

  test('keeps what strategies have learned, and goes on learning', () => {
    const old = fleetOf([{ id: 'gone' }, { id: 'kept' }]);
    const from = rowOf(old.fleet, 1);
    old.fleet.tracking.usage = true;
    slotsAdd(from.usage, 1_000_000, 70);
    samplesAdd(from.latencies, 1_000_000, 5_000);
    samplesAdd(from.firstContents, 1_000_000, 6_000);
    const next = fleetOf([{ id: 'kept' }]);
    inheritFleet(old, next, 2_000);
    const to = rowOf(next.fleet, 0);
    expect(next.fleet.tracking).toEqual({ usage: true, latency: false });
    expect(slotsSum(to.usage, 2_000_000)).toBe(70);
    expect(slotsSum(to.usage, 64_000_000)).toBe(0);
    expect([samplesMean(to.latencies, 1), samplesMean(to.firstContents, 1)]).toEqual([5_000, 6_000]);
  });

  test.each([
    { usage: false, latency: true, samples: 1 },
    { usage: false, latency: false, samples: 0 },
  ])('copies it only where something is counted: latency $latency', ({ samples, ...tracking }) => {
    const old = fleetOf([{ id: 'kept' }]);
    Object.assign(old.fleet.tracking, tracking);
    samplesAdd(rowOf(old.fleet, 0).latencies, 1, 5_000);
    const next = fleetOf([{ id: 'kept' }]);
    inheritFleet(old, next, 2_000);
    expect(samplesSince(rowOf(next.fleet, 0).latencies, 10, 0)).toBe(samples);
  });

  test('a charge from before is settled and refunded where it went', () => {
    const old = fleetOf(row({ tpm: 200, rpm: 5 }));
    const first = ask(old, 0, 0, 150);
    const second = ask(old, 0, 1, 40);
    const next = fleetOf(row({ tpm: 200, rpm: 5 }));
    inheritFleet(old, next, 2);
    if (first.kind !== 'admitted' || second.kind !== 'admitted') throw new Error('full');
    const usage = { promptTokens: 10, completionTokens: 0, totalTokens: 10 };
    settle(old.fleet, first.charge, { usage, now: 3 });
    refund(old.fleet, second.charge, 3);
    expect(snapshot(next.fleet, 0, 4)).toMatchObject({ tpm: { used: 10 }, rpm: { used: 1 } });
  });
});

test('a snapshot shows what the dashboard needs', () => {
  const busy = fleetOf([{ limits: { rpm: 10, tpm: 1_000 } }, {}]);
  ask(busy, 0, 0, 500);
  started(busy.fleet, 0);
  blockUntil(busy.fleet, 0, 7_000);
  expect(snapshot(busy.fleet, 0, 1)).toMatchObject({
    inFlight: 1,
    attempts: 1,
    breaker: 'closed',
    availableAtMs: 7_000,
    headroom: 0.5,
    rpm: { limit: 10, used: 1, left: 9 },
    tpm: { limit: 1_000, used: 500, left: 500 },
    outputTokensP95: undefined,
  });
  expect(snapshot(busy.fleet, 1, 1)).toMatchObject({ availableAtMs: undefined, ramp: 1, headroom: 1, rpm: undefined });
});
