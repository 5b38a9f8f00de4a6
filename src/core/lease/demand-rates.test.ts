import { expect, test } from 'vitest';
import { sketchDeployment } from '../../../test/support/routing-fixture.ts';
import { store } from '../fleet/cells.ts';
import { createFleet } from '../fleet/fleet.ts';
import { HUB, METER_LEASE, ROW_LEASE } from '../fleet/lease-cells.ts';
import { leaseFleet } from '../fleet/leases.ts';
import { chunkOf, spareSlots } from './demand-rates.ts';

/** Rates in units and attempts per second. */
function leasesAt(rates: { attempts: number; units?: number; known?: number }) {
  const { hub, rows } = leaseFleet(createFleet([sketchDeployment(0, { limits: { tpm: 1_000 } })]));
  const row = rows[0]?.lease;
  const meter = rows[0]?.tpm?.lease;
  if (row === undefined || meter === undefined) throw new Error('not leased');
  store(hub.cells, HUB.known, rates.known ?? 0);
  store(row.cells, row.at + ROW_LEASE.rate, rates.attempts * 1_000);
  store(meter.cells, meter.at + METER_LEASE.rate, (rates.units ?? 0) * 1_000);
  return { row, meter };
}

test.each([
  { attempts: 0.999, units: 500, isPlenty: true, chunk: 0 },
  { attempts: 1, units: 500, isPlenty: false, chunk: 500 },
  { attempts: 4, units: 400, isPlenty: false, chunk: 200 },
  { attempts: 32, units: 32, isPlenty: false, chunk: 16 },
  { attempts: 32, units: 32, isPlenty: true, chunk: 24 },
  { attempts: 3, units: 4, isPlenty: false, chunk: 2 },
])('$attempts requests a second that use $units units: $chunk are held, plenty: $isPlenty', (given) => {
  const { row, meter } = leasesAt(given);
  expect(chunkOf(row, meter, given.isPlenty)).toBe(given.chunk);
});

test.each([
  { attempts: 0.999, inUse: 0, known: 1, spare: 0 },
  { attempts: 1, inUse: 0, known: 1, spare: 1 },
  { attempts: 9, inUse: 2, known: 1, spare: 5 },
  { attempts: 9, inUse: 2, known: 2, spare: 3 },
  { attempts: 9, inUse: 6, known: 2, spare: 0 },
  { attempts: 90, inUse: 0, known: 0, spare: 10 },
])('of 10 slots, $inUse in use at $attempts a second and known to $known: $spare are spare', (given) => {
  expect(spareSlots(leasesAt(given).row, given.inUse, 10)).toBe(given.spare);
});
