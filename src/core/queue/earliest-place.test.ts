import { describe, expect, test } from 'vitest';
import { sketchContext, sketchTable, type DeploymentSketch } from '../../../test/support/routing-fixture.ts';
import { blockUntil, markProbe, openNow } from '../breaker/breaker.ts';
import { TRIGGER } from '../breaker/standing.ts';
import { freeCharge } from '../fleet/charge.ts';
import { createFleet, rowOf, type Fleet } from '../fleet/fleet.ts';
import { started } from '../fleet/operations.ts';
import { admit } from '../limiter/limiter.ts';
import type { RouterSettings } from '../routing-table.ts';
import type { SelectContext } from '../select/select-context.ts';
import { earliestPlace } from './earliest-place.ts';

const NOW_US = 1_000_000;

function world(deployments: readonly DeploymentSketch[], settings: Partial<RouterSettings> = {}) {
  const table = sketchTable({ deployments, settings });
  const fleet = createFleet(table.deployments);
  const context = (more: Partial<SelectContext> = {}): SelectContext => sketchContext({ table, fleet }, more);
  return { fleet, context };
}

function use(fleet: Fleet, deployment: number, now: number): void {
  admit(fleet, deployment, { promptTokens: 1, maxTokens: 0, enforceLimits: true, now });
}

describe('the earliest place', () => {
  test('is on the deployment that is free first, the first of equals', () => {
    const { fleet, context } = world([{ limits: { rpm: 1 } }, { limits: { rpm: 1 } }, { limits: { rpm: 1 } }]);
    use(fleet, 0, 500);
    use(fleet, 1, 100);
    use(fleet, 2, 100);
    const found = earliestPlace(context(), NOW_US);
    expect(found).toEqual({ place: { deployment: 1, atUs: 60_100_000 }, askAgainAtUs: Infinity });
  });

  test.each<{ name: string; bad: DeploymentSketch; more: Partial<SelectContext> }>([
    { name: 'out of rotation', bad: { outOfRotation: 'no key' }, more: {} },
    { name: 'with too small a window', bad: { maxInputTokens: 3 }, more: { minInputTokens: 4 } },
    {
      name: 'whose whole limit is below the prompt',
      bad: { limits: { tpm: 50 } },
      more: { promptTokens: 51, promptIsCounted: true },
    },
    { name: 'with a limit of nothing', bad: { limits: { rpm: 0 } }, more: {} },
  ])('is on no deployment $name', ({ bad, more }) => {
    const { context } = world([bad]);
    expect(earliestPlace(context(more), NOW_US)).toEqual({ place: undefined, askAgainAtUs: Infinity });
  });

  test('is on no deployment that the table does not have', () => {
    const { context } = world([{}]);
    expect(earliestPlace(context({ candidates: [7] }), NOW_US).place).toBeUndefined();
  });

  test('is now where limits are weights only', () => {
    const { fleet, context } = world([{ limits: { rpm: 1 } }], { enforceLimits: false });
    use(fleet, 0, 0);
    expect(earliestPlace(context(), NOW_US).place).toEqual({ deployment: 0, atUs: 0 });
  });

  test('passes over a deployment that is out for its health, and says when to ask again', () => {
    const { fleet, context } = world([{}, {}, { limits: { rpm: 1 } }]);
    blockUntil(fleet, 0, 9_000);
    blockUntil(fleet, 1, 7_000);
    use(fleet, 2, 500);
    const found = earliestPlace(context(), NOW_US);
    expect(found).toEqual({ place: { deployment: 2, atUs: 60_500_000 }, askAgainAtUs: 7_000_000 });
    expect(earliestPlace(context({ ignoreHealth: true }), NOW_US).place).toEqual({ deployment: 0, atUs: 0 });
  });

  test('waits for no probe that is out: its end is told', () => {
    const { fleet, context } = world([{}]);
    openNow(fleet, freeCharge(0), { trigger: TRIGGER.misconfigured, openMs: 500, now: 0 });
    markProbe(rowOf(fleet, 0), 600);
    expect(earliestPlace(context(), NOW_US)).toEqual({ place: undefined, askAgainAtUs: Infinity });
  });

  test('needs a parallel slot now, and hopes for one later', () => {
    const { fleet, context } = world([{ limits: { rpm: 1, maxParallelRequests: 1 } }]);
    use(fleet, 0, 0);
    started(fleet, 0);
    expect(earliestPlace(context(), NOW_US).place).toEqual({ deployment: 0, atUs: 60_000_000 });
    expect(earliestPlace(context(), 60_000_000).place).toBeUndefined();
  });
});
