// What is promised of limits, over random histories of many requests: no window exceeds its limit at dispatch, a
// saturated limit is used to the full, nothing leaks, nobody waits for ever.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sketchTable } from '../../../test/support/routing-fixture.ts';
import { VirtualGateway, type VirtualRequest } from '../../../test/support/virtual-gateway.ts';
import type { Limits } from '../deployment.ts';
import type { Charge } from '../fleet/charge.ts';
import { meterBetween, meterUsed } from '../fleet/meter.ts';
import { inFlight } from '../fleet/operations.ts';
import { unitsOf } from '../limiter/demand.ts';
import { admit } from '../limiter/limiter.ts';

const WINDOW_MS = 60_000;
/** A global setting, as a run over mutants has one, comes first. */
const RUNS = fc.readConfigureGlobal().numRuns ?? 10_000;

interface History {
  readonly limits: Partial<Limits>;
  readonly copies: number;
  readonly queueTimeoutMs: number;
  readonly lateMs: number;
  readonly seed: number;
  readonly requests: readonly VirtualRequest[];
}

const gap = fc.oneof(
  { weight: 4, arbitrary: fc.constant(0) },
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 2_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 70_000 }) },
);

const requests = fc
  .array(
    fc.record({
      gap,
      promptTokens: fc.integer({ min: 1, max: 40 }),
      maxTokens: fc.integer({ min: 0, max: 30 }),
      priority: fc.constantFrom(undefined, undefined, -1, 3),
      takesMs: fc.constantFrom(1, 100, 5_000),
      leavesAfterMs: fc.constantFrom(undefined, undefined, undefined, 1, 3_000),
      usedShare: fc.constantFrom(undefined, 0.1, 0.5, 1),
      isUnsent: fc.constantFrom(false, false, false, false, true),
    }),
    { minLength: 1, maxLength: 14 },
  )
  .map((each): VirtualRequest[] => {
    let atMs = 0;
    return each.map(({ gap: pause, ...request }) => ({ ...request, atMs: (atMs += pause) }));
  });

const limit = (max: number): fc.Arbitrary<number | undefined> =>
  fc.option(fc.integer({ min: 1, max }), { nil: undefined });

const histories: fc.Arbitrary<History> = fc.record({
  limits: fc.record({
    rpm: limit(6),
    tpm: fc.oneof(limit(120), fc.integer({ min: 257, max: 400 })),
    itpm: limit(90),
    otpm: limit(60),
    maxParallelRequests: limit(4),
  }),
  copies: fc.constantFrom(1, 1, 2),
  queueTimeoutMs: fc.constantFrom(0, 3_000, 10_000, 60_000, 100_000),
  lateMs: fc.constantFrom(0, 5, 200),
  seed: fc.nat(),
  requests,
});

function play({ limits, copies, queueTimeoutMs, lateMs, seed, requests: sent }: History): VirtualGateway {
  const deployments = Array.from({ length: copies }, () => ({ limits }));
  const settings = { queueTimeoutMs, numRetries: 0 };
  const gateway = new VirtualGateway(sketchTable({ deployments, settings }), { lateMs, seed });
  for (const request of sent) gateway.send(request);
  gateway.run();
  return gateway;
}

const UNITS: readonly [keyof Limits, (charge: Charge) => number][] = [
  ['rpm', ({ requests: units }) => units],
  ['tpm', ({ totalTokens }) => totalTokens],
  ['itpm', ({ inputTokens }) => inputTokens],
  ['otpm', ({ outputTokens }) => outputTokens],
];

/** The largest sum of what was truly used in any 60 s. */
function mostInAnyWindow(gateway: VirtualGateway, deployment: number, name: keyof Limits): number {
  const units = UNITS.find(([key]) => key === name)?.[1] ?? (() => 0);
  const spent = gateway.results.flatMap(({ dispatches }) =>
    dispatches
      .filter(({ charge }) => charge.deployment === deployment)
      .map(({ atMs, charge, settled }) => ({
        atMs,
        units: name === 'rpm' ? units(charge) * Math.ceil(settled) : units(charge) * settled,
      })),
  );
  return Math.max(
    0,
    ...spent.map(({ atMs: from }) =>
      spent.reduce((sum, { atMs, units: used }) => (atMs >= from && atMs < from + WINDOW_MS ? sum + used : sum), 0),
    ),
  );
}

describe('whatever arrives, leaves, fails or settles, with late timers', () => {
  test('no limit is exceeded at dispatch in any 60 s', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const gateway = play(history);
        const exceeded = gateway.table.deployments.flatMap(({ index, limits }) =>
          UNITS.filter(([name]) => mostInAnyWindow(gateway, index, name) > (limits[name] ?? Infinity) + 1e-9),
        );
        expect(exceeded).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  }, 60_000);

  test('never more attempts run than there are parallel slots', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const gateway = play({ ...history, requests: history.requests.map((each) => ({ ...each, isUnsent: false })) });
        for (const { index, limits } of gateway.table.deployments) {
          if (limits.maxParallelRequests === undefined) continue;
          const runs = gateway.results.flatMap(({ dispatches, endedAtMs }) =>
            dispatches
              .filter(({ charge }) => charge.deployment === index)
              .map(({ atMs }) => [atMs, endedAtMs] as const),
          );
          for (const [at] of runs) {
            const together = runs.filter(([from, to]) => from <= at && at < to).length;
            expect(together).toBeLessThanOrEqual(limits.maxParallelRequests);
          }
        }
      }),
      { numRuns: RUNS },
    );
  }, 60_000);

  test('at rest nothing is in flight, nothing waits and nothing is reserved', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const gateway = play(history);
        expect(gateway.queue.size).toBe(0);
        const endUs = Math.ceil(gateway.now * 1_000) + 1_000_000;
        gateway.fleet.rows.forEach((row, index) => {
          expect(inFlight(gateway.fleet, index)).toBe(0);
          for (const meter of [row.rpm, row.tpm, row.itpm, row.otpm]) {
            if (meter === undefined) continue;
            meterUsed(meter, endUs);
            expect(meterBetween(meter, endUs, endUs + 60_000_000)).toBe(0);
            expect(meterUsed(meter, endUs + 61_000_000)).toBe(0);
          }
        });
      }),
      { numRuns: RUNS },
    );
  }, 60_000);

  test('every request comes to an end, and none waits longer than it may', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const gateway = play(history);
        for (const { end, request, dispatches, endedAtMs } of gateway.results) {
          expect(end).toBeDefined();
          const waitedMs = (dispatches[0]?.atMs ?? endedAtMs) - request.atMs;
          expect(waitedMs).toBeLessThanOrEqual(history.queueTimeoutMs + history.lateMs * 2 + 1);
        }
      }),
      { numRuns: RUNS },
    );
  }, 60_000);

  test('what is refused for a limit could not have gone before its Retry-After, were nothing to change', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.array(gap, { minLength: 2, maxLength: 20 }), (rpm, gaps) => {
        const gateway = new VirtualGateway(
          sketchTable({ deployments: [{ limits: { rpm } }], settings: { queueTimeoutMs: 0 } }),
        );
        let atMs = 0;
        for (const pause of gaps) gateway.send({ atMs: (atMs += pause) });
        gateway.run();
        const sent = gateway.results.flatMap(({ dispatches }) => dispatches.map((each) => each.atMs));
        for (const { failure, request } of gateway.results) {
          if (failure === undefined) continue;
          const freeMs = request.atMs + (failure.retryAfterMs ?? NaN);
          const before = sent.filter((time) => time <= request.atMs).toSorted((a, b) => a - b);
          expect(freeMs).toBeCloseTo((before.at(-rpm) ?? NaN) + WINDOW_MS, 3);
        }
      }),
      { numRuns: RUNS },
    );
  }, 60_000);
});

describe('saturated', () => {
  const backlog = fc.record({
    rpm: fc.integer({ min: 1, max: 4 }),
    arrivals: fc.array(fc.integer({ min: 0, max: 59_000 }), { minLength: 5, maxLength: 10 }),
    priorities: fc.array(fc.constantFrom(undefined, -1, 2), { minLength: 20, maxLength: 20 }),
    leave: fc.array(fc.constantFrom(undefined, undefined, undefined, 500, 20_000), { minLength: 20, maxLength: 20 }),
  });

  test('a limit of N lets exactly N through in any 60 s: the unit that comes free at t is used at t', () => {
    fc.assert(
      fc.property(backlog, ({ rpm, arrivals, priorities, leave }) => {
        const settings = { queueTimeoutMs: 60_000 };
        const gateway = new VirtualGateway(sketchTable({ deployments: [{ limits: { rpm } }], settings }));
        arrivals.forEach((atMs, nth) => {
          const stayMs = leave[nth] ?? Infinity;
          gateway.send({ atMs, priority: priorities[nth], leavesAfterMs: atMs + stayMs < 59_000 ? stayMs : undefined });
        });
        // Enough who stay that somebody always waits: what is measured is the limit, not the demand.
        for (let nth = 0; nth < 2 * rpm; nth++) gateway.send({ atMs: 59_500 + nth });
        gateway.run(200_000);
        const sent = gateway.results
          .flatMap(({ dispatches }) => dispatches.map(({ atMs }) => atMs))
          .toSorted((a, b) => a - b);
        expect(sent.length).toBeGreaterThanOrEqual(2 * rpm);
        for (let nth = rpm; nth < 2 * rpm; nth++)
          expect(sent[nth]).toBeCloseTo((sent[nth - rpm] ?? NaN) + WINDOW_MS, 3);
      }),
      { numRuns: RUNS },
    );
  }, 120_000);
});

test('a clock that steps back never lets more through in any 60 s of real time', () => {
  const steps = fc.array(
    fc.record({ gapMs: fc.oneof(fc.nat(3_000), fc.nat(40_000)), backMs: fc.constantFrom(0, 0, 0, 1, 7_000, 90_000) }),
    { minLength: 5, maxLength: 30 },
  );
  fc.assert(
    fc.property(fc.constantFrom(2, 4), fc.constantFrom('rpm', 'tpm'), steps, (units, name, history) => {
      // Above 256 units the meter counts in slots: each request takes a share of it.
      const limits = name === 'rpm' ? { rpm: units } : { tpm: units * 100 };
      const { fleet } = new VirtualGateway(sketchTable({ deployments: [{ limits }] }));
      const admitted: number[] = [];
      let realMs = 0;
      let offsetMs = 1_000_000;
      for (const { gapMs, backMs } of history) {
        realMs += gapMs;
        offsetMs -= backMs;
        const demand = { promptTokens: 100, maxTokens: 0, enforceLimits: true, now: realMs + offsetMs };
        if (admit(fleet, 0, demand).kind === 'admitted') admitted.push(realMs);
      }
      for (const from of admitted) {
        expect(admitted.filter((at) => at >= from && at < from + WINDOW_MS).length).toBeLessThanOrEqual(units);
      }
    }),
    { numRuns: RUNS },
  );
}, 60_000);

test('a unit is never more than the whole limit, and never less than one', () => {
  const meter = {
    limit: 5,
    window: { kind: 'log', cells: new Float64Array(1), at: 0, capacity: 1, windowUs: 1 },
  } as const;
  expect([0, 1, 5, 9].map((amount) => unitsOf(meter, amount))).toEqual([1, 1, 5, 5]);
});
