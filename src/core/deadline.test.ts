import { expect, test } from 'vitest';
import { sketchTable } from '../../test/support/routing-fixture.ts';
import { latestWaitMs } from './deadline.ts';
import { createFleet } from './fleet/fleet.ts';
import { leaseFleet } from './fleet/leases.ts';
import { plainIntent } from './request-intent.ts';
import type { RouterSettings } from './routing-table.ts';

function latest(settings: Partial<RouterSettings>, isShared: boolean): number {
  const table = sketchTable({ deployments: [{}], settings });
  const alone = createFleet(table.deployments);
  const intent = plainIntent({ model: 'gpt-4', stream: false, maxTokens: 1 }, 1);
  return latestWaitMs({ table, intent, startedAtMs: 1_000, fleet: isShared ? leaseFleet(alone) : alone }, 2_000);
}

test('who does not wait for units waits to be told whether there are any, where limits are shared', () => {
  expect(latest({ queueTimeoutMs: 0 }, false)).toBe(2_000);
  expect(latest({ queueTimeoutMs: 0 }, true)).toBe(2_100);
  expect(latest({ queueTimeoutMs: 5_000 }, true)).toBe(7_000);
  expect(latest({ queueTimeoutMs: 0, deadlineMs: 1_050 }, true)).toBe(2_050);
});
