import { expect, test } from 'vitest';
import { sketchDeployment } from '../../../test/support/routing-fixture.ts';
import { hasFailedCheck, recordCheck } from './checks.ts';
import { createFleet, rowOf } from './fleet.ts';
import { inheritFleet } from './inherit.ts';
import { snapshot } from './snapshot.ts';

const deployments = [sketchDeployment(0), sketchDeployment(1)];

test('a failed check counts until it is stale, a good one never', () => {
  const fleet = createFleet(deployments);
  expect(snapshot(fleet, 0, 0).lastCheck).toBeUndefined();
  expect(hasFailedCheck(rowOf(fleet, 0), 0, 600)).toBe(false);
  recordCheck(fleet, 0, { isHealthy: false, now: 100 });
  expect(snapshot(fleet, 0, 0).lastCheck).toEqual({ isHealthy: false, atMs: 100 });
  expect(hasFailedCheck(rowOf(fleet, 0), 699_999, 600)).toBe(true);
  expect(hasFailedCheck(rowOf(fleet, 0), 700_000, 600)).toBe(false);
  expect(hasFailedCheck(rowOf(fleet, 1), 100_000, 600)).toBe(false);
  recordCheck(fleet, 0, { isHealthy: true, now: 200 });
  expect(snapshot(fleet, 0, 0).lastCheck).toEqual({ isHealthy: true, atMs: 200 });
  expect(hasFailedCheck(rowOf(fleet, 0), 200_000, 600)).toBe(false);
});

test('a check survives a reload', () => {
  const [old, next] = [createFleet(deployments), createFleet(deployments)];
  recordCheck(old, 1, { isHealthy: false, now: 100 });
  inheritFleet({ fleet: old, deployments }, { fleet: next, deployments }, 0);
  expect(snapshot(next, 1, 0).lastCheck).toEqual({ isHealthy: false, atMs: 100 });
});
