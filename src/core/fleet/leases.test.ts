import { describe, expect, test } from 'vitest';
import { sketchDeployment } from '../../../test/support/routing-fixture.ts';
import { putInHand, handLeft } from '../lease/hand.ts';
import { load, store } from './cells.ts';
import { createFleet, type Fleet } from './fleet.ts';
import { inheritFleet } from './inherit.ts';
import { HUB, ROW_LEASE } from './lease-cells.ts';
import { leaseBytes, leaseFleet } from './leases.ts';

const deployments = [
  sketchDeployment(0, { limits: { rpm: 6, tpm: 600, itpm: 500, otpm: 400 } }),
  sketchDeployment(1, { limits: { maxParallelRequests: 2 } }),
  sketchDeployment(2, { id: 'd0', limits: { rpm: 8 } }),
];

function inherit(old: Fleet, next: Fleet): void {
  inheritFleet({ fleet: old, deployments }, { fleet: next, deployments }, 1_000);
}

describe('a leased fleet', () => {
  test('has a lease for every limit and every row, none of them over another', () => {
    const fleet = createFleet(deployments);
    const bytes = leaseBytes(fleet);
    const leased = leaseFleet(fleet);
    expect(leased.hub.cells.byteLength).toBe(bytes);
    const places = leased.rows.flatMap((row) => [
      row.lease,
      row.rpm?.lease,
      row.tpm?.lease,
      row.itpm?.lease,
      row.otpm?.lease,
    ]);
    const starts = [...new Set(places.filter((place) => place !== undefined).map(({ at }) => at))];
    expect(starts).toHaveLength(6);
    expect(Math.max(...starts)).toBeLessThan(bytes / 8);
    expect(leased.rows[0]).toBe(leased.rows[2]);
    expect(fleet.rows[0]?.lease).toBeUndefined();
    expect(fleet.rows[0]?.rpm?.lease).toBeUndefined();
  });

  test('lies in a buffer that is given', () => {
    const fleet = createFleet(deployments);
    const buffer = new SharedArrayBuffer(leaseBytes(fleet));
    store(leaseFleet(fleet, buffer).hub.cells, HUB.known, 3);
    expect(load(leaseFleet(fleet, buffer).hub.cells, HUB.known)).toBe(3);
  });

  test('every limit has numbers of its own, to the last one', () => {
    const leased = leaseFleet(createFleet(deployments));
    const [row] = leased.rows;
    const leases = [row?.rpm?.lease, row?.tpm?.lease, row?.itpm?.lease, row?.otpm?.lease].filter(
      (each) => each !== undefined,
    );
    leases.forEach((lease, nth) => putInHand(lease, { units: nth + 1, untilUs: 9, slot: 70 }));
    expect(leases.map((lease) => handLeft(lease, 8))).toEqual([1, 2, 3, 4]);
  });

  test('moves what it holds to its heir', () => {
    const old = leaseFleet(createFleet(deployments));
    const next = leaseFleet(createFleet(deployments));
    const [from] = old.rows;
    const slots = old.rows[1]?.lease;
    if (from?.otpm?.lease === undefined || slots === undefined) throw new Error('not leased');
    putInHand(from.otpm.lease, { units: 7, untilUs: 9, slot: 70 });
    store(slots.cells, slots.at + ROW_LEASE.held, 2);
    store(old.hub.cells, HUB.known, 5);
    inherit(old, next);
    const heir = next.rows[0]?.otpm?.lease;
    const heirSlots = next.rows[1]?.lease;
    expect(heir === undefined ? NaN : handLeft(heir, 8)).toBe(7);
    expect(heirSlots === undefined ? NaN : load(heirSlots.cells, heirSlots.at + ROW_LEASE.held)).toBe(2);
    expect(load(next.hub.cells, HUB.known)).toBe(5);
    expect(old.rows[0]).toBe(next.rows[0]);
  });

  test('begins and ends with a reload', () => {
    const alone = createFleet(deployments);
    const shared = leaseFleet(createFleet(deployments));
    inherit(alone, shared);
    expect(load(shared.hub.cells, HUB.known)).toBe(0);
    store(shared.hub.cells, HUB.known, 4);
    const again = createFleet(deployments);
    inherit(shared, again);
    expect(again.hub).toBeUndefined();
    expect(again.rows[0]?.lease).toBeUndefined();
  });

  test('a limit that is gone or new has nothing to inherit', () => {
    const other = [sketchDeployment(0, { limits: { tpm: 600 } })];
    const next = leaseFleet(createFleet(other));
    const old = leaseFleet(createFleet(deployments));
    const rpm = old.rows[0]?.rpm?.lease;
    if (rpm !== undefined) putInHand(rpm, { units: 7, untilUs: 9, slot: 70 });
    inheritFleet({ fleet: old, deployments }, { fleet: next, deployments: other }, 1_000);
    const tpm = next.rows[0]?.tpm?.lease;
    expect(tpm === undefined ? NaN : handLeft(tpm, 8)).toBe(0);
  });
});
