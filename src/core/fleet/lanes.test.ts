import { describe, expect, test } from 'vitest';
import { sketchDeployment, type DeploymentSketch } from '../../../test/support/routing-fixture.ts';
import { markProbe } from '../breaker/breaker.ts';
import { admit } from '../limiter/limiter.ts';
import { load, store } from './cells.ts';
import { createFleet, fleetBytes, rowOf, type Fleet } from './fleet.ts';
import { copyNumbers, pointAtHeirs } from './inherit.ts';
import { dropReservations, giveBackThread, recountFleet } from './lanes.ts';
import { meterReserve, meterUsed } from './meter.ts';
import { finished, inFlight, started } from './operations.ts';
import { CELL, COUNTER } from './row.ts';
import { slotsAdd, slotsSum } from './slots.ts';

const THREADS = 3;

/** The same numbers as each of three threads sees them, and as somebody without a lane does. */
function shared(...sketches: DeploymentSketch[]) {
  const deployments = sketches.map((sketch, index) => sketchDeployment(index, sketch));
  const buffer = new SharedArrayBuffer(fleetBytes(deployments, 2, THREADS));
  const seenBy = (thread: number): Fleet => createFleet(deployments, { buffer, count: THREADS, thread }, 2);
  return { deployments, watching: seenBy(0), first: seenBy(1), second: seenBy(2), third: seenBy(3) };
}

describe('a fleet that threads share', () => {
  test('has one number for what all of them have in flight', () => {
    const { first, second, third, watching } = shared({}, {});
    started(first, 1);
    started(first, 1);
    started(second, 1);
    started(third, 0);
    expect([inFlight(watching, 0), inFlight(watching, 1)]).toEqual([1, 3]);
    finished(second, 1);
    expect([inFlight(first, 0), inFlight(first, 1)]).toEqual([1, 2]);
  });

  test('needs a counter a thread for each row and two for what is tracked, and a lone one needs none', () => {
    const deployments = [sketchDeployment(0), sketchDeployment(1)];
    expect(fleetBytes(deployments, 2, 4) - fleetBytes(deployments, 2)).toBe(4 * (2 * 4 + 2));
    expect(createFleet(deployments).rows.map(({ lanes }) => lanes)).toEqual([undefined, undefined]);
  });

  test('is laid out the same for all: nothing of one lies on anything of another', () => {
    const { first, second, watching } = shared({ limits: { rpm: 5 } }, {});
    started(first, 0);
    started(second, 1);
    first.tracking.latency = true;
    expect(watching.rows.map(({ lanes }) => lanes)).toEqual([
      { first: 12, count: 3, thread: 0 },
      { first: 15, count: 3, thread: 0 },
    ]);
    const [row] = watching.rows;
    expect([...(row?.counters ?? [])].slice(12)).toEqual([1, 0, 0, 0, 1, 0, 0, 1]);
    expect(inFlight(second, 0)).toBe(1);
  });

  test('tracks for all what one of them needs', () => {
    const { first, second } = shared({});
    expect({ ...second.tracking }).toEqual({ usage: false, latency: false });
    first.tracking.usage = true;
    expect({ ...second.tracking }).toEqual({ usage: true, latency: false });
    second.tracking.latency = true;
    expect({ ...first.tracking }).toEqual({ usage: true, latency: true });
    second.tracking.usage = false;
    second.tracking.latency = false;
    expect({ ...first.tracking }).toEqual({ usage: false, latency: false });
  });
});

const NOW_US = 100_000_000;
const demand = { now: NOW_US / 1000, enforceLimits: true, promptTokens: 10, maxTokens: 5 };

describe('a thread that is gone', () => {
  test('gives back what it had in flight, and nobody else does', () => {
    const { first, second, third, watching } = shared({}, {});
    for (const fleet of [first, first, second, third]) started(fleet, 0);
    started(second, 1);
    giveBackThread(watching, 1, NOW_US);
    expect([inFlight(watching, 0), inFlight(watching, 1)]).toEqual([2, 1]);
    giveBackThread(watching, 1, NOW_US);
    expect([inFlight(watching, 0), inFlight(watching, 1)]).toEqual([2, 1]);
    giveBackThread(watching, 2, NOW_US);
    expect([inFlight(watching, 0), inFlight(watching, 1)]).toEqual([1, 0]);
    started(first, 1);
    giveBackThread(watching, 1, NOW_US);
    expect(inFlight(watching, 1)).toBe(0);
  });

  test('is counted once where deployments share a row, and never below zero', () => {
    const { first, watching } = shared({ id: 'same' }, { id: 'same' });
    started(first, 0);
    started(first, 1);
    const row = rowOf(watching, 0);
    store(row.counters, row.counterAt + COUNTER.inFlight, 1);
    giveBackThread(watching, 1, NOW_US);
    expect(inFlight(watching, 0)).toBe(0);
  });

  test('keeps what it had charged', () => {
    const { first, watching } = shared({ limits: { rpm: 5, tpm: 1_000 } });
    expect(admit(first, 0, demand).kind).toBe('admitted');
    giveBackThread(watching, 1, NOW_US);
    const { rpm, tpm } = rowOf(watching, 0);
    expect([rpm && meterUsed(rpm, NOW_US), tpm && meterUsed(tpm, NOW_US)]).toEqual([1, 15]);
  });

  test('leaves the place of its probe to the next one, and that of others alone', () => {
    const { first, second, watching } = shared({}, {});
    markProbe(rowOf(first, 0), 7);
    markProbe(rowOf(second, 1), 8);
    giveBackThread(watching, 1, NOW_US);
    const probes = watching.rows.map(({ cells, cellAt, counters, counterAt }) => [
      load(cells, cellAt + CELL.probeAtUs),
      load(counters, counterAt + COUNTER.probeBy),
    ]);
    expect(probes).toEqual([
      [0, 0],
      [8_000, 2],
    ]);
  });

  test('in a fleet without lanes has nothing to give back', () => {
    const fleet = createFleet([sketchDeployment(0, { limits: { rpm: 2 } })]);
    started(fleet, 0);
    giveBackThread(fleet, 1, NOW_US);
    recountFleet(fleet);
    expect(inFlight(fleet, 0)).toBe(1);
  });
});

describe('reservations that nobody owns any more', () => {
  test.each([5, 500])('of a limit of %d are taken out, and what was charged stays', (rpm) => {
    const { first, watching } = shared({ limits: { rpm } });
    admit(first, 0, demand);
    const meter = rowOf(first, 0).rpm;
    if (meter === undefined) throw new Error('no meter');
    meterReserve(meter, NOW_US + 1_000_000, 1);
    meterReserve(meter, NOW_US + 59_000_000, 1);
    expect(meterUsed(meter, NOW_US)).toBe(3);
    dropReservations(rowOf(watching, 0), NOW_US);
    expect(meterUsed(meter, NOW_US)).toBe(1);
    expect(meterUsed(meter, NOW_US + 59_000_000)).toBe(1);
    expect(meterUsed(meter, NOW_US + 61_000_000)).toBe(0);
    giveBackThread(watching, 3, NOW_US);
    expect(meterUsed(meter, NOW_US + 61_000_000)).toBe(0);
  });

  test('a charge that was dated at the end of its microsecond is none', () => {
    const { first, watching } = shared({ limits: { rpm: 5 } });
    admit(first, 0, { ...demand, now: 100_000.000_4 });
    const meter = rowOf(first, 0).rpm;
    if (meter === undefined) throw new Error('no meter');
    dropReservations(rowOf(watching, 0), NOW_US);
    expect(meterUsed(meter, NOW_US)).toBe(1);
    meterReserve(meter, NOW_US + 2, 1);
    dropReservations(rowOf(watching, 0), NOW_US);
    expect(meterUsed(meter, NOW_US)).toBe(1);
  });

  test('in slots stay where their half second has begun', () => {
    const { first, watching } = shared({ limits: { rpm: 500 } });
    const meter = rowOf(first, 0).rpm;
    if (meter === undefined) throw new Error('no meter');
    meterUsed(meter, NOW_US);
    meterReserve(meter, NOW_US + 499_999, 1);
    meterReserve(meter, NOW_US + 500_000, 1);
    dropReservations(rowOf(watching, 0), NOW_US);
    expect(meterUsed(meter, NOW_US)).toBe(1);
  });

  test('all go when the clock has stepped back beyond the window', () => {
    const { first, watching } = shared({ limits: { rpm: 500 } });
    const meter = rowOf(first, 0).rpm;
    if (meter === undefined) throw new Error('no meter');
    meterUsed(meter, NOW_US);
    meterReserve(meter, NOW_US + 3_000_000, 4);
    dropReservations(rowOf(watching, 0), 0);
    expect(meterUsed(meter, NOW_US)).toBe(0);
  });
});

test('sums that a thread left half written are counted anew, from what they are sums of', () => {
  const { first, second, watching } = shared({ limits: { rpm: 5, tpm: 1_000 } });
  admit(first, 0, demand);
  admit(second, 0, demand);
  started(first, 0);
  started(second, 0);
  started(second, 0);
  const row = rowOf(watching, 0);
  const { rpm, tpm, rateTotal, usage } = row;
  if (rpm === undefined || tpm === undefined) throw new Error('no meters');
  slotsSum(rateTotal, NOW_US);
  slotsAdd(rateTotal, NOW_US, 4);
  slotsSum(usage, NOW_US);
  slotsAdd(usage, NOW_US, 70);
  const sums = (): unknown[] => [
    meterUsed(rpm, NOW_US),
    meterUsed(tpm, NOW_US),
    slotsSum(rateTotal, NOW_US),
    slotsSum(usage, NOW_US),
    inFlight(watching, 0),
  ];
  expect(sums()).toEqual([2, 30, 4, 70, 3]);
  recountFleet(watching);
  expect(sums()).toEqual([2, 30, 4, 70, 3]);
  // The sum of a log is its third cell, that of slots the second.
  store(row.cells, rpm.window.at + 2, 99);
  store(row.cells, tpm.window.at + 1, 99);
  store(row.cells, rateTotal.at + 1, 99);
  store(row.cells, usage.at + 1, 99);
  store(row.counters, row.counterAt + COUNTER.inFlight, 99);
  expect(sums()).toEqual([99, 99, 99, 99, 99]);
  recountFleet(watching);
  expect(sums()).toEqual([2, 30, 4, 70, 3]);
});

test('a new config keeps each thread its own: one copies, each points', () => {
  const old = shared({ id: 'gone' }, { id: 'kept' });
  const next = shared({ id: 'new' }, { id: 'kept' }, { id: 'more' });
  started(old.first, 1);
  started(old.second, 1);
  started(old.second, 0);
  const of = (fleet: Fleet, { deployments }: { deployments: typeof old.deployments }) => ({ fleet, deployments });
  copyNumbers([of(old.watching, old)], of(next.watching, next), 0);
  expect(inFlight(next.first, 1)).toBe(2);
  pointAtHeirs(of(old.second, old), of(next.second, next));
  finished(old.second, 1);
  expect([inFlight(next.first, 1), inFlight(old.second, 0)]).toEqual([1, 1]);
  giveBackThread(next.watching, 1, NOW_US);
  expect(inFlight(next.watching, 1)).toBe(0);
});

test('numbers move between a fleet with lanes and one without', () => {
  const { first, deployments } = shared({ id: 'kept' });
  const lone = createFleet(deployments);
  started(first, 0);
  copyNumbers([{ fleet: first, deployments }], { fleet: lone, deployments }, 0);
  expect(inFlight(lone, 0)).toBe(1);
  const back = shared({ id: 'kept' });
  copyNumbers([{ fleet: lone, deployments }], { fleet: back.watching, deployments }, 0);
  expect(inFlight(back.watching, 0)).toBe(1);
});
