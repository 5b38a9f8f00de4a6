import { describe, expect, test } from 'vitest';
import { sketchTable, type DeploymentSketch } from '../../../test/support/routing-fixture.ts';
import { VirtualGateway, type VirtualResult } from '../../../test/support/virtual-gateway.ts';
import { openNow } from '../breaker/breaker.ts';
import { TRIGGER } from '../breaker/standing.ts';
import { freeCharge } from '../fleet/charge.ts';
import { dropReservations } from '../fleet/lanes.ts';
import { meterUsed } from '../fleet/meter.ts';
import { inFlight } from '../fleet/operations.ts';
import type { RouterSettings } from '../routing-table.ts';

interface World {
  readonly deployments?: readonly DeploymentSketch[];
  readonly settings?: Partial<RouterSettings>;
  readonly lateMs?: number;
  readonly most?: number;
}

/** One deployment with `rpm: 1`, unless the test says otherwise; no retries. */
function world({ deployments = [{ limits: { rpm: 1 } }], settings, ...options }: World = {}): VirtualGateway {
  return new VirtualGateway(
    sketchTable({ deployments, settings: { numRetries: 0, queueTimeoutMs: 60_000, ...settings } }),
    options,
  );
}

function sentAt({ dispatches }: VirtualResult): number | undefined {
  return dispatches[0]?.atMs;
}

describe('a place in the queue', () => {
  test('is the moment at which the unit comes free, and not a moment later', () => {
    const gateway = world();
    gateway.send({ atMs: 0 });
    const second = gateway.send({ atMs: 10_000 });
    gateway.run(10_000);
    expect(second.plan.waiter?.reservation?.atUs).toBe(60_000_000);
    gateway.run();
    expect(sentAt(second)).toBe(60_000);
  });

  test('is on the deployment that is free first', () => {
    const gateway = world({ deployments: [{ limits: { rpm: 1 } }, { limits: { rpm: 1 } }] });
    gateway.send({ atMs: 0 });
    gateway.send({ atMs: 1_000 });
    const waiting = [gateway.send({ atMs: 59_000 }), gateway.send({ atMs: 59_001 })];
    gateway.run();
    expect(waiting.map(sentAt)).toEqual([60_000, 61_000]);
  });

  test('is refused at once when it would come too late, with the true time', () => {
    const gateway = world({ settings: { queueTimeoutMs: 10_000 } });
    gateway.send({ atMs: 0 });
    const early = gateway.send({ atMs: 49_999 });
    const inTime = gateway.send({ atMs: 50_000 });
    const behind = gateway.send({ atMs: 50_001 });
    gateway.run();
    expect(early).toMatchObject({ end: 'failed', endedAtMs: 49_999, failure: { status: 429, retryAfterMs: 10_001 } });
    expect(sentAt(inTime)).toBe(60_000);
    expect(behind).toMatchObject({ end: 'failed', endedAtMs: 50_001, failure: { retryAfterMs: 69_999 } });
  });

  test('is never taken with queue_timeout 0', () => {
    const gateway = world({ settings: { queueTimeoutMs: 0 } });
    gateway.send({ atMs: 0 });
    const second = gateway.send({ atMs: 59_999 });
    gateway.run();
    expect(second).toMatchObject({ end: 'failed', endedAtMs: 59_999 });
  });

  test('is no later than the deadline allows', () => {
    const gateway = world({ settings: { deadlineMs: 5_000 } });
    gateway.send({ atMs: 0 });
    const hasty = gateway.send({ atMs: 54_999 });
    const other = gateway.send({ atMs: 55_000 });
    gateway.run();
    expect(hasty).toMatchObject({ end: 'failed', endedAtMs: 54_999 });
    expect(sentAt(other)).toBe(60_000);
  });

  test('holds against a request that comes when the unit is free and the timer late', () => {
    const gateway = world({ lateMs: 50 });
    gateway.send({ atMs: 0 });
    const first = gateway.send({ atMs: 59_000 });
    const late = gateway.send({ atMs: 60_000 });
    gateway.run();
    expect(sentAt(first)).toBeLessThanOrEqual(60_050);
    expect(late.end).toBe('answered');
    expect(sentAt(late)).toBeGreaterThanOrEqual((sentAt(first) ?? NaN) + 60_000);
  });

  test('is given to nobody who needs a parallel slot that is taken', () => {
    const gateway = world({ deployments: [{ limits: { rpm: 1, maxParallelRequests: 1 } }] });
    gateway.send({ atMs: 0, takesMs: 90_000 });
    const second = gateway.send({ atMs: 30_000 });
    gateway.run();
    expect(second).toMatchObject({ end: 'failed', endedAtMs: 30_000 });
  });

  test('is lost when the slot is taken at its time', () => {
    const gateway = world({ deployments: [{ limits: { rpm: 2, maxParallelRequests: 1 } }] });
    gateway.send({ atMs: 0 });
    gateway.send({ atMs: 1_000 });
    const first = gateway.send({ atMs: 59_000, takesMs: 5_000 });
    const second = gateway.send({ atMs: 59_100 });
    gateway.run();
    expect(sentAt(first)).toBe(60_000);
    expect(second).toMatchObject({ end: 'failed', endedAtMs: 61_000, failure: { status: 429 } });
  });

  test('grows no window: a large request waits, a small one goes where that is safe', () => {
    const gateway = world({ deployments: [{ limits: { tpm: 100 } }] });
    gateway.send({ atMs: 0, promptTokens: 60, maxTokens: 0 });
    gateway.send({ atMs: 10_000, promptTokens: 30, maxTokens: 0 });
    const large = gateway.send({ atMs: 20_000, promptTokens: 80, maxTokens: 0 });
    const small = gateway.send({ atMs: 21_000, promptTokens: 10, maxTokens: 0 });
    gateway.run();
    expect(sentAt(large)).toBe(70_000);
    expect(sentAt(small)).toBe(70_000);
  });
});

describe('who comes first', () => {
  test('is who came first, as long as the queue does not stand', () => {
    const gateway = world({ deployments: [{ limits: { rpm: 3 } }] });
    for (let nth = 0; nth < 3; nth++) gateway.send({ atMs: nth * 100 });
    const waiting = [0, 1, 2].map((nth) => gateway.send({ atMs: 59_000 + nth }));
    gateway.run();
    expect(waiting.map(sentAt)).toEqual([60_000, 60_100, 60_200]);
  });

  test('is the newest, once the queue has stood for more than two seconds', () => {
    const gateway = world({ deployments: [{ limits: { rpm: 3 } }] });
    for (let nth = 0; nth < 3; nth++) gateway.send({ atMs: nth * 100 });
    const waiting = [57_000, 58_000, 59_001].map((atMs) => gateway.send({ atMs }));
    gateway.run();
    expect(waiting.map(sentAt)).toEqual([60_200, 60_100, 60_000]);
  });

  test('is the oldest again when the queue was empty in between', () => {
    const gateway = world({ deployments: [{ limits: { rpm: 3 } }] });
    for (let nth = 0; nth < 3; nth++) gateway.send({ atMs: nth * 100 });
    gateway.send({ atMs: 55_000, leavesAfterMs: 3_000 });
    const waiting = [59_000, 59_001, 59_002].map((atMs) => gateway.send({ atMs }));
    gateway.run();
    expect(waiting.map(sentAt)).toEqual([60_000, 60_100, 60_200]);
  });

  test.each([
    { name: 'a lower number', mine: -1, theirs: undefined, default: undefined },
    { name: 'no number where the default is higher', mine: 0, theirs: undefined, default: 5 },
    { name: 'no number against a higher one', mine: undefined, theirs: 1, default: undefined },
  ])('is who has the better priority: $name', ({ mine, theirs, default: defaultPriority }) => {
    const gateway = world({ deployments: [{ limits: { rpm: 2 } }], settings: { defaultPriority } });
    gateway.send({ atMs: 0 });
    gateway.send({ atMs: 100 });
    const other = gateway.send({ atMs: 59_000, priority: theirs });
    const better = gateway.send({ atMs: 59_500, priority: mine });
    gateway.run();
    expect([sentAt(better), sentAt(other)]).toEqual([60_000, 60_100]);
  });

  test('tells those at once who are too late because of it', () => {
    const gateway = world({ settings: { queueTimeoutMs: 10_000 } });
    gateway.send({ atMs: 0 });
    const other = gateway.send({ atMs: 52_000 });
    const better = gateway.send({ atMs: 53_000, priority: -1 });
    gateway.run();
    expect(sentAt(better)).toBe(60_000);
    expect(other).toMatchObject({ end: 'failed', endedAtMs: 53_000, failure: { status: 429, retryAfterMs: 67_000 } });
  });

  test('does not make a worse one wait for a unit that only it can use', () => {
    const gateway = world({
      deployments: [
        { limits: { rpm: 1 }, group: 'a' },
        { limits: { rpm: 1 }, group: 'b' },
      ],
    });
    gateway.send({ atMs: 0, model: 'a' });
    gateway.send({ atMs: 1_000, model: 'b' });
    const onA = gateway.send({ atMs: 59_000, model: 'a', priority: 9 });
    const onB = gateway.send({ atMs: 59_100, model: 'b', priority: -9 });
    gateway.run();
    expect([sentAt(onA), sentAt(onB)]).toEqual([60_000, 61_000]);
  });

  test('a fallback is taken at once by who can no longer be served in time', () => {
    const gateway = world({
      deployments: [{ limits: { rpm: 1 } }, { group: 'other' }],
      settings: {
        fallbacks: {
          generic: [{ from: 'gpt-4', targets: [{ model: 'other', overrides: undefined }] }],
          contextWindow: undefined,
          contentPolicy: undefined,
          defaults: undefined,
        },
      },
    });
    gateway.send({ atMs: 0 });
    const early = gateway.send({ atMs: 56_999 });
    const pushed = gateway.send({ atMs: 58_000 });
    const better = gateway.send({ atMs: 59_000, priority: -1 });
    gateway.run();
    const where = [early, pushed, better].map(({ dispatches }) => [
      dispatches[0]?.charge.deployment,
      dispatches[0]?.atMs,
    ]);
    expect(where).toEqual([
      [1, 56_999],
      [1, 59_000],
      [0, 60_000],
    ]);
  });
});

test('a fallback that fails is followed by the wait that was put off, in the queue', () => {
  const gateway = world({
    deployments: [{ limits: { rpm: 1 } }, { group: 'other', outOfRotation: 'no key' }],
    settings: {
      fallbacks: {
        generic: [{ from: 'gpt-4', targets: [{ model: 'other', overrides: undefined }] }],
        contextWindow: undefined,
        contentPolicy: undefined,
        defaults: undefined,
      },
    },
  });
  gateway.send({ atMs: 0 });
  const second = gateway.send({ atMs: 50_000 });
  gateway.run();
  expect(sentAt(second)).toBe(60_000);
});

describe('a request that leaves', () => {
  test('gives its place to those behind it', () => {
    const gateway = world({ deployments: [{ limits: { rpm: 2 } }] });
    gateway.send({ atMs: 0 });
    gateway.send({ atMs: 5_000 });
    const first = gateway.send({ atMs: 58_000, leavesAfterMs: 1_000 });
    const second = gateway.send({ atMs: 58_500 });
    gateway.run();
    expect(first).toMatchObject({ end: 'left', dispatches: [] });
    expect(sentAt(second)).toBe(60_000);
  });

  test('leaves nothing to a new request that somebody else waits for', () => {
    const gateway = world({ deployments: [{ limits: { rpm: 2 } }] });
    gateway.send({ atMs: 0 });
    gateway.send({ atMs: 5_000 });
    gateway.send({ atMs: 58_000, leavesAfterMs: 2_000 });
    const second = gateway.send({ atMs: 58_500 });
    const fresh = gateway.send({ atMs: 60_000 });
    gateway.run();
    expect([sentAt(second), sentAt(fresh)]).toEqual([60_000, 65_000]);
  });

  test('gives back what it was picked for and has not begun', () => {
    const gateway = world();
    gateway.send({ atMs: 0 });
    const second = gateway.send({ atMs: 59_000 });
    gateway.run(59_999);
    gateway.queue.round({ now: 60_000, rng: gateway.rng });
    expect(second.plan.waiter?.state).toBe('picked');
    expect(inFlight(gateway.fleet, 0)).toBe(1);
    second.plan.abandon(60_000);
    second.end = 'left';
    expect(inFlight(gateway.fleet, 0)).toBe(0);
    const third = gateway.send({ atMs: 60_001 });
    gateway.run();
    expect(sentAt(third)).toBe(60_001);
  });

  test('after it was told changes nothing', () => {
    const gateway = world();
    gateway.send({ atMs: 0 });
    const second = gateway.send({ atMs: 59_000 });
    gateway.run(59_000);
    openNow(gateway.fleet, freeCharge(0), { trigger: TRIGGER.misconfigured, openMs: 90_000, now: 59_000 });
    gateway.queue.round({ now: 59_000, rng: gateway.rng });
    expect(second.plan.waiter?.state).toBe('told');
    second.plan.abandon(59_000);
    second.end = 'left';
    expect([gateway.queue.size, gateway.queue.dueMs, gateway.queue.isStale(70_000)]).toEqual([0, Infinity, false]);
    gateway.run();
  });

  test('twice, or after its end, changes nothing', () => {
    const gateway = world();
    const only = gateway.send({ atMs: 0 });
    gateway.run();
    only.plan.abandon(1);
    expect(gateway.queue.dueMs).toBe(Infinity);
    expect(gateway.queue.isStale(1)).toBe(false);
  });
});

describe('what changes meanwhile', () => {
  test('units that come back are used at once by who waits for them', () => {
    const gateway = world({ deployments: [{ limits: { tpm: 100 } }] });
    gateway.send({ atMs: 0, promptTokens: 90, maxTokens: 0, takesMs: 40_000, usedShare: 0.1 });
    const second = gateway.send({ atMs: 39_000, promptTokens: 50, maxTokens: 0 });
    const fresh = gateway.send({ atMs: 40_001, promptTokens: 50, maxTokens: 0 });
    gateway.run();
    expect(sentAt(second)).toBe(40_000);
    expect(sentAt(fresh)).toBe(60_000);
  });

  test('a breaker that opens sends its waiters elsewhere, or tells them', () => {
    const gateway = world({ deployments: [{ limits: { rpm: 1 } }, { limits: { rpm: 1 } }] });
    gateway.send({ atMs: 0 });
    gateway.send({ atMs: 3_000 });
    const waiting = [gateway.send({ atMs: 58_000 }), gateway.send({ atMs: 58_001 })];
    gateway.run(58_500);
    const places = waiting.map(({ plan }) => plan.waiter?.reservation);
    expect(places.map((place) => place?.atUs)).toEqual([60_000_000, 63_000_000]);
    openNow(gateway.fleet, freeCharge(places[0]?.deployment ?? NaN), {
      trigger: TRIGGER.misconfigured,
      openMs: 31_500,
      now: 58_500,
    });
    gateway.queue.changed(58_500);
    gateway.run();
    expect(waiting.map(sentAt)).toEqual([63_000, 90_000]);
  });

  test('a deployment that is back in health serves who waits for another one', () => {
    const gateway = world({ deployments: [{ limits: { rpm: 1 } }, {}] });
    openNow(gateway.fleet, freeCharge(1), { trigger: TRIGGER.misconfigured, openMs: 30_000, now: 0 });
    gateway.send({ atMs: 0 });
    const waiting = gateway.send({ atMs: 20_000 });
    gateway.run();
    expect(sentAt(waiting)).toBe(30_000);
  });
});

describe('the bound', () => {
  test('refuses who would be last at once, and puts out the last for who comes before it', () => {
    const gateway = world({ deployments: [{ limits: { rpm: 3 } }], most: 2 });
    for (let nth = 0; nth < 3; nth++) gateway.send({ atMs: nth });
    const kept = gateway.send({ atMs: 58_000 });
    const put = gateway.send({ atMs: 58_001 });
    const refused = gateway.send({ atMs: 58_002 });
    const better = gateway.send({ atMs: 58_003, priority: -1 });
    gateway.run();
    expect(gateway.mostWaiting).toBe(2);
    expect(refused).toMatchObject({ end: 'failed', endedAtMs: 58_002, failure: { retryAfterMs: 1_999 + 1 } });
    expect(put).toMatchObject({ end: 'failed', endedAtMs: 58_003 });
    expect([better, kept].map(sentAt)).toEqual([60_000, 60_001]);
  });

  test('many changes are answered together once more than a hundred wait', () => {
    const gateway = world({ deployments: [{ limits: { rpm: 200 } }] });
    for (let nth = 0; nth < 200; nth++) gateway.send({ atMs: 0 });
    for (let nth = 0; nth < 101; nth++) gateway.send({ atMs: 59_000 });
    gateway.run(59_000);
    gateway.queue.changed(59_010);
    gateway.queue.changed(59_012);
    expect(gateway.queue.dueMs).toBe(59_015);
    gateway.run();
    expect(gateway.results.every(({ end }) => end === 'answered')).toBe(true);
  });

  test('what was withdrawn for a move of the numbers is reserved again by the next round', () => {
    const gateway = world();
    gateway.send({ atMs: 0 });
    const second = gateway.send({ atMs: 59_000 });
    gateway.run(59_000);
    gateway.queue.withdraw();
    expect(second.plan.waiter?.reservation).toBeUndefined();
    gateway.queue.changed(59_000);
    gateway.run();
    expect(sentAt(second)).toBe(60_000);
  });
});

describe('reservations that somebody else has taken out', () => {
  test('are not given back, and made anew with the next round', () => {
    const gateway = world();
    gateway.send({ atMs: 0 });
    const second = gateway.send({ atMs: 10_000 });
    gateway.run(10_000);
    const [row] = gateway.fleet.rows;
    if (row === undefined) throw new Error('no row');
    dropReservations(row, 10_000_000);
    gateway.queue.forget(gateway.now);
    expect(second.plan.waiter?.reservation).toBeUndefined();
    expect(gateway.queue.isStale(gateway.now)).toBe(true);
    gateway.run(20_000);
    expect(second.plan.waiter?.reservation?.atUs).toBe(60_000_000);
    gateway.run();
    expect(sentAt(second)).toBe(60_000);
  });

  test('of those who have left are forgotten with them', () => {
    const gateway = world();
    gateway.send({ atMs: 0 });
    const second = gateway.send({ atMs: 10_000 });
    gateway.run(10_000);
    expect(gateway.queue.holdsForLeavers).toBe(false);
    second.plan.abandon(10_000);
    expect(gateway.queue.holdsForLeavers).toBe(true);
    gateway.queue.forget(10_000);
    expect([gateway.queue.holdsForLeavers, gateway.queue.size]).toEqual([false, 0]);
    const { rpm } = gateway.fleet.rows[0] ?? {};
    // Nothing was released: what stood there is whoever's took it out.
    expect(rpm && meterUsed(rpm, 10_000_000)).toBe(2);
  });
});
