import { describe, expect, test } from 'vitest';
import { sketchDeployment } from '../../../test/support/routing-fixture.ts';
import { load, store } from '../fleet/cells.ts';
import { createFleet, freeChargeOf, rowOf, type Fleet } from '../fleet/fleet.ts';
import { CELL, COUNTER } from '../fleet/row.ts';
import { blockUntil, markProbe, openNow, recordSuccess, restUntil } from './breaker.ts';
import { PROBE_LEASE_MS } from './policy.ts';
import {
  availableAtMs,
  availableAtUs,
  breakerState,
  coolingDeployments,
  isOpen,
  rampOf,
  standingOf,
  STATUS,
  TRIGGER,
  triggerOf,
} from './standing.ts';

const US = 1_000;

function fleetOf(count = 1): Fleet {
  return createFleet(Array.from({ length: count }, (_, index) => sketchDeployment(index)));
}

function open(fleet: Fleet, untilMs: number, index = 0): void {
  openNow(fleet, freeChargeOf(fleet, index), { trigger: TRIGGER.quota, now: 0, openMs: untilMs });
}

function standing(fleet: Fleet, nowMs: number) {
  return standingOf(rowOf(fleet, 0), nowMs * US);
}

/** Closed by a probe at `nowMs`. */
function recovered(nowMs: number): Fleet {
  const fleet = fleetOf();
  open(fleet, nowMs);
  markProbe(rowOf(fleet, 0), nowMs);
  recordSuccess(fleet, { ...freeChargeOf(fleet, 0), probe: true }, nowMs);
  return fleet;
}

describe('a deployment', () => {
  test('is ready, open, due for a probe, probed, and due again when the probe never came back', () => {
    const fleet = fleetOf();
    expect(standing(fleet, 0)).toBe('ready');
    open(fleet, 10);
    expect([standing(fleet, 0), standing(fleet, 9.999), standing(fleet, 10)]).toEqual(['open', 'open', 'probe-due']);
    markProbe(rowOf(fleet, 0), 12);
    expect([standing(fleet, 9), standing(fleet, 12), standing(fleet, 12 + PROBE_LEASE_MS - 0.001)]).toEqual([
      'open',
      'probing',
      'probing',
    ]);
    expect(standing(fleet, 12 + PROBE_LEASE_MS)).toBe('probe-due');
  });

  test('is blocked until the time that the provider named, then rests, then is ready', () => {
    const fleet = fleetOf();
    blockUntil(fleet, 0, 5);
    restUntil(fleet, 0, 8);
    expect([standing(fleet, 4.999), standing(fleet, 5), standing(fleet, 7.999)]).toEqual([
      'blocked',
      'resting',
      'resting',
    ]);
    expect(standing(fleet, 8)).toBe('ready');
    const { counters, counterAt } = rowOf(fleet, 0);
    expect(load(counters, counterAt + COUNTER.status)).toBe(0);
  });

  test('that is blocked longer than it is open stays open for a probe afterwards', () => {
    const fleet = fleetOf();
    open(fleet, 5);
    blockUntil(fleet, 0, 9);
    expect([standing(fleet, 4), standing(fleet, 8), standing(fleet, 9)]).toEqual(['blocked', 'blocked', 'probe-due']);
  });

  test('that is blocked shorter than it is open is open then', () => {
    const fleet = fleetOf();
    open(fleet, 9);
    blockUntil(fleet, 0, 5);
    expect([standing(fleet, 4), standing(fleet, 5), standing(fleet, 9)]).toEqual(['blocked', 'open', 'probe-due']);
  });

  test('is open with a reason, closed without one', () => {
    const fleet = recovered(7);
    expect([isOpen(rowOf(fleet, 0)), triggerOf(rowOf(fleet, 0))]).toEqual([false, 0]);
    open(fleet, 5);
    expect([isOpen(rowOf(fleet, 0)), triggerOf(rowOf(fleet, 0))]).toEqual([true, TRIGGER.quota]);
    expect([breakerState(fleet, 0, 4.999), breakerState(fleet, 0, 5)]).toEqual(['open', 'half-open']);
  });

  test('that is ramping only is ready', () => {
    expect(standing(recovered(7), 7)).toBe('ready');
  });
});

describe('the share after recovery', () => {
  test('grows from a tenth to everything in 20 s and never looks back', () => {
    const fleet = recovered(1_000);
    const ramp = (nowMs: number): number => rampOf(rowOf(fleet, 0), nowMs * US);
    expect([ramp(1_000), ramp(3_000), ramp(11_000), ramp(20_999)]).toEqual([0.1, 0.1, 0.5, 0.99995]);
    expect(ramp(21_000)).toBe(1);
    expect(ramp(1_000)).toBe(1);
  });

  test('ends without touching a block that came meanwhile', () => {
    const fleet = recovered(0);
    blockUntil(fleet, 0, 90_000);
    const { counters, counterAt } = rowOf(fleet, 0);
    expect(rampOf(rowOf(fleet, 0), 30_000 * US)).toBe(1);
    expect(load(counters, counterAt + COUNTER.status)).toBe(STATUS.blocked);
  });

  test('is everything for whoever never failed', () => {
    expect(rampOf(rowOf(fleetOf(), 0), 0)).toBe(1);
  });
});

describe('the time of the next traffic', () => {
  test('is the latest of what stands in the way, and now when nothing does', () => {
    const fleet = fleetOf();
    const row = rowOf(fleet, 0);
    expect([availableAtUs(row, 0), availableAtMs(fleet, 0, 3)]).toEqual([0, 3]);
    open(fleet, 5);
    expect(availableAtMs(fleet, 0, 3)).toBe(5);
    blockUntil(fleet, 0, 7);
    expect(availableAtMs(fleet, 0, 3)).toBe(7);
    restUntil(fleet, 0, 9);
    expect([availableAtUs(row, 8_999), availableAtUs(row, 9_000)]).toEqual([9_000, 0]);
    expect(availableAtMs(fleet, 0, 10)).toBe(10);
  });

  test('knows nothing of an open time that is over because the breaker closed', () => {
    const fleet = fleetOf();
    const row = rowOf(fleet, 0);
    store(row.cells, row.cellAt + CELL.openUntilUs, 9_000);
    blockUntil(fleet, 0, 7);
    expect(availableAtUs(row, 0)).toBe(7_000);
  });

  test('cools those that have one, in order', () => {
    const fleet = fleetOf(4);
    open(fleet, 5, 3);
    blockUntil(fleet, 1, 9);
    expect([coolingDeployments(fleet, 0), coolingDeployments(fleet, 5), coolingDeployments(fleet, 9)]).toEqual([
      [1, 3],
      [1],
      [],
    ]);
  });
});
