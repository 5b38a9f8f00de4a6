import { describe, expect, test } from 'vitest';
import { sketchDeployment } from '../../../test/support/routing-fixture.ts';
import { createFleet } from '../fleet/fleet.ts';
import { add } from '../fleet/cells.ts';
import { GRANT, METER_LEASE, type MeterLease } from '../fleet/lease-cells.ts';
import { leaseFleet } from '../fleet/leases.ts';
import { datedTake } from './dated-units.ts';
import { changesOf, forgetHand, giveBackUntil, handLeft, handLeftAfter } from './hand.ts';
import { putInHand, recountHands, takeFromHand } from './hand.ts';

function emptyHand(): MeterLease {
  const [row] = leaseFleet(createFleet([sketchDeployment(0, { limits: { rpm: 100, tpm: 100 } })])).rows;
  if (row?.tpm?.lease === undefined) throw new Error('not leased');
  return row.tpm.lease;
}

/** Grants as [units, until, slot]. */
function handOf(...grants: readonly (readonly [number, number, number])[]): MeterLease {
  const hand = emptyHand();
  for (const [units, untilUs, slot] of grants) putInHand(hand, { units, untilUs, slot });
  return hand;
}

describe('what is in hand', () => {
  test('is nothing at first', () => {
    expect(handLeft(emptyHand(), 0)).toBe(0);
    expect(handLeftAfter(emptyHand(), 0)).toBe(0);
  });

  test('is usable until its time, and goes back to where it came from then', () => {
    const hand = handOf([5, 1_000, 70], [3, 2_000, 71]);
    expect(handLeft(hand, 999)).toBe(8);
    expect(handLeftAfter(hand, 999)).toBe(8);
    expect(handLeftAfter(hand, 1_000)).toBe(3);
    expect(handLeft(hand, 1_000)).toBe(3);
    expect(datedTake(changesOf(hand))).toEqual([[70, -5]]);
    expect(handLeft(hand, 2_000)).toBe(0);
    expect(datedTake(changesOf(hand))).toEqual([[71, -3]]);
    expect(handLeft(hand, 9_000)).toBe(0);
    expect(datedTake(changesOf(hand))).toEqual([]);
  });

  test('is used from the grant that runs out first', () => {
    const hand = handOf([3, 2_000, 71], [5, 1_000, 70]);
    expect(takeFromHand(hand, 2)).toBe(70);
    expect(takeFromHand(hand, 3)).toBe(70);
    expect(takeFromHand(hand, 1)).toBe(71);
    expect(handLeft(hand, 0)).toBe(2);
    giveBackUntil(hand, 2_000);
    expect(datedTake(changesOf(hand))).toEqual([[71, -2]]);
  });

  test('is taken from one grant where one has enough', () => {
    const hand = handOf([3, 1_000, 70], [5, 2_000, 71]);
    expect(takeFromHand(hand, 4)).toBe(71);
    expect(datedTake(changesOf(hand))).toEqual([]);
    expect(handLeft(hand, 0)).toBe(4);
    expect(handLeft(hand, 1_000)).toBe(1);
  });

  test('is taken from several where none has enough, and all of it counts under the newest', () => {
    const hand = handOf([3, 1_000, 70], [4, 2_000, 71], [2, 3_000, 72]);
    expect(takeFromHand(hand, 6)).toBe(71);
    expect(datedTake(changesOf(hand))).toEqual([
      [70, -3],
      [71, 3],
    ]);
    expect(handLeft(hand, 0)).toBe(3);
    expect(handLeft(hand, 2_000)).toBe(2);
    expect(datedTake(changesOf(hand))).toEqual([[71, -1]]);
  });

  test('holds four grants: a fifth sends back the one that would have run out first', () => {
    const hand = handOf([1, 4_000, 74], [2, 1_000, 71], [3, 3_000, 73], [4, 2_000, 72], [9, 5_000, 75]);
    expect(datedTake(changesOf(hand))).toEqual([[71, -2]]);
    expect(handLeft(hand, 0)).toBe(17);
    takeFromHand(hand, 4);
    expect(handLeft(hand, 0)).toBe(13);
    putInHand(hand, { units: 1, untilUs: 6_000, slot: 76 });
    expect(datedTake(changesOf(hand))).toEqual([]);
    expect(handLeft(hand, 4_999)).toBe(10);
  });

  test('is forgotten without a word when the ledger has forgotten it', () => {
    const hand = handOf([5, 1_000, 70]);
    forgetHand(hand);
    expect(handLeft(hand, 0)).toBe(0);
    expect(handLeft(hand, 1_000)).toBe(0);
    expect(datedTake(changesOf(hand))).toEqual([]);
  });
});

test('what a thread left half changed is counted anew, in every hand of the fleet', () => {
  const deployments = [0, 1].map((index) => sketchDeployment(index, { limits: { rpm: 100 } }));
  const fleet = leaseFleet(createFleet([...deployments, sketchDeployment(2, { limits: { tpm: 100 } })]));
  const hands = fleet.rows.map(({ rpm, tpm }) => (rpm ?? tpm)?.lease as MeterLease);
  for (const hand of hands) {
    putInHand(hand, { units: 5, untilUs: 1_000, slot: 70 });
    putInHand(hand, { units: 3, untilUs: 2_000, slot: 71 });
    // The oldest grant was used up, and no more than that was written down.
    add(hand.cells, hand.at + METER_LEASE.grants + GRANT.units, -5);
  }
  recountHands(fleet);
  for (const hand of hands) {
    expect([handLeft(hand, 0), handLeft(hand, 1_999), handLeft(hand, 2_000)]).toEqual([3, 3, 0]);
    expect(datedTake(changesOf(hand))).toEqual([[71, -3]]);
  }
});

test('a fleet that shares nothing has no hand to count', () => {
  const fleet = createFleet([sketchDeployment(0, { limits: { rpm: 100 } })]);
  const before = structuredClone(fleet.rows[0]?.cells);
  recountHands(fleet);
  expect(fleet.rows[0]?.cells).toEqual(before);
});
