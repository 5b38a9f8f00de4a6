// What is promised of limits that several instances share, over random histories on a virtual clock: no window exceeds
// its limit while the ledger answers, who is cut off adds its share and no more, a ledger that forgets is told again,
// nothing leaks, and what nobody needs is not held.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sketchTable } from '../../../test/support/routing-fixture.ts';
import { LeasedWorld, type Admitted, type LeasedRequest, type Passage } from '../../../test/support/leased-world.ts';
import type { Limits } from '../deployment.ts';
import { PATIENCE_MS } from './exchange.ts';
import { unpackSlot } from './packed-slots.ts';

const WINDOW_MS = 60_000;
/** A global setting, as a run over mutants has one, comes first. */
const RUNS = fc.readConfigureGlobal().numRuns ?? 5_000;
/** The first calls are over, and the ledger has waited for those who might remember more. */
const WARM_MS = 1_500;

interface TimedRequest extends LeasedRequest {
  readonly gapMs: number;
  readonly by: number;
}

interface History {
  readonly limits: Partial<Limits>;
  readonly instances: number;
  readonly skewsMs: readonly number[];
  readonly seed: number;
  readonly requests: readonly TimedRequest[];
  readonly delays: readonly (readonly [number, number])[];
}

const gapMs = fc.oneof(
  { weight: 5, arbitrary: fc.constant(0) },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 700 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1_000, max: 30_000 }) },
);

const requests: fc.Arbitrary<readonly TimedRequest[]> = fc.array(
  fc.record({
    gapMs,
    by: fc.nat(9),
    promptTokens: fc.integer({ min: 1, max: 60 }),
    takesMs: fc.constantFrom(1, 100, 4_000),
    usedShare: fc.constantFrom(undefined, undefined, 0, 0.5, 1),
    queueTimeoutMs: fc.constantFrom(0, 100, 10_000),
  }),
  { minLength: 1, maxLength: 30 },
);

const histories: fc.Arbitrary<History> = fc.record({
  limits: fc.oneof(
    fc.record({ rpm: fc.integer({ min: 1, max: 12 }) }),
    fc.record({ tpm: fc.constantFrom(60, 150, 400) }),
    fc.record({ rpm: fc.integer({ min: 2, max: 9 }), tpm: fc.constantFrom(100, 300) }),
  ),
  instances: fc.oneof(fc.integer({ min: 2, max: 4 }), fc.integer({ min: 2, max: 10 })),
  skewsMs: fc.array(fc.integer({ min: 1, max: 100_000_000 }), { minLength: 10, maxLength: 10 }),
  seed: fc.nat(),
  requests,
  delays: fc.array(fc.tuple(fc.nat(24), fc.nat(24)), { minLength: 1, maxLength: 12 }),
});

/** Passages in turn, whoever asks. */
function inTurn(passages: readonly Passage[]): () => Passage {
  let nth = 0;
  return () => passages[nth++ % passages.length] ?? { thereMs: 1, backMs: 1 };
}

function delayed(delays: History['delays']): Passage[] {
  return delays.map(([thereMs, backMs]) => ({ thereMs, backMs }));
}

/** The world with its requests sent, and when the last of them came. */
function begin(
  history: History,
  passages: readonly Passage[],
): { readonly world: LeasedWorld; readonly lastMs: number } {
  const { limits, instances, skewsMs, seed } = history;
  const table = sketchTable({ deployments: [{ limits }] });
  const world = new LeasedWorld(table, { instances, skewsMs, seed, passage: inTurn(passages) });
  let atMs = WARM_MS;
  for (const { gapMs: pauseMs, by, ...request } of history.requests) {
    atMs += pauseMs;
    world.at(atMs, () => world.instances[by % instances]?.request(request));
  }
  return { world, lastMs: atMs };
}

/** With their units in a receipt and their place in its slots. */
const METERS = [
  ['rpm', 'requests', 0],
  ['tpm', 'totalTokens', 1],
] as const;

/** Charged without the ledger's knowing, to the limit at this place. */
function isOwn({ charge }: Admitted, units: 'requests' | 'totalTokens', nth: number): boolean {
  return charge[units] > 0 && unpackSlot(charge.leaseSlots, nth) === 0;
}

/** What was truly used. */
function usedOf({ charge, usedShare }: Admitted, units: 'requests' | 'totalTokens'): number {
  if (units === 'requests') return usedShare === 0 ? 0 : charge.requests;
  return usedShare === 0 ? 0 : Math.max(1, Math.ceil(charge.totalTokens * usedShare));
}

interface Excess {
  readonly meter: string;
  readonly fromMs: number;
  readonly used: number;
  readonly allowed: number;
}

/** Windows with more than their limit and what `extra` allows to the charges in them. */
function excesses(world: LeasedWorld, extra: (own: readonly Admitted[], limit: number) => number): Excess[] {
  const limits = world.table.deployments[0]?.limits;
  return METERS.flatMap(([meter, units, nth]) => {
    const limit = limits?.[meter];
    if (limit === undefined) return [];
    return world.admitted.flatMap(({ atMs: fromMs }) => {
      const inWindow = world.admitted.filter(({ atMs }) => atMs >= fromMs && atMs < fromMs + WINDOW_MS);
      const used = inWindow.reduce((sum, each) => sum + usedOf(each, units), 0);
      const own = inWindow.filter((each) => isOwn(each, units, nth));
      const allowed = limit + extra(own, limit);
      return used > allowed ? [{ meter, fromMs, used, allowed }] : [];
    });
  });
}

const NOTHING = (): number => 0;

/** The shares of the instances that charged on their own. */
function ownShares(own: readonly Admitted[], limit: number): number {
  const shares = new Map<number, number>();
  for (const { by, shareOf } of own) shares.set(by, Math.max(shareOf(limit), shares.get(by) ?? 0));
  return [...shares.values()].reduce((sum, share) => sum + share, 0);
}

/** What the ledger counts against a limit now. */
function counted(world: LeasedWorld, meter: string): number {
  return world.ledger.total('d0', meter, world.ledgerMs);
}

describe('while the ledger answers', () => {
  const restarts = fc.array(fc.record({ atMs: fc.nat(40_000), by: fc.nat(9) }), { maxLength: 3 });

  test('no 60 s hold more than the limit, whatever the skews, delays and restarts of instances', () => {
    fc.assert(
      fc.property(histories, restarts, (history, crashes) => {
        const { world, lastMs } = begin(history, delayed(history.delays));
        for (const { atMs, by } of crashes) world.at(WARM_MS + atMs, () => world.restart(by % history.instances));
        world.runUntil(lastMs + 11_000);
        expect(METERS.flatMap(([, units, nth]) => world.admitted.filter((each) => isOwn(each, units, nth)))).toEqual(
          [],
        );
        expect(excesses(world, NOTHING)).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  }, 120_000);

  test('units never leak: at rest exactly what was used counts, and a minute later nothing', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const { world, lastMs } = begin(history, delayed(history.delays));
        world.runUntil(lastMs + 10_000);
        const restMs = Math.max(world.nowMs, ...world.admitted.map(({ endedAtMs }) => endedAtMs)) + 2_000;
        world.runUntil(restMs);
        for (const [meter, units] of METERS) {
          if (world.table.deployments[0]?.limits[meter] === undefined) continue;
          const inLast = (spanMs: number): number =>
            world.admitted
              .filter(({ atMs }) => atMs > world.nowMs - spanMs)
              .reduce((sum, each) => sum + usedOf(each, units), 0);
          expect(counted(world, meter)).toBeGreaterThanOrEqual(inLast(WINDOW_MS));
          expect(counted(world, meter)).toBeLessThanOrEqual(inLast(WINDOW_MS + 1_500));
        }
        world.runUntil(restMs + WINDOW_MS);
        expect(METERS.map(([meter]) => counted(world, meter))).toEqual([0, 0]);
      }),
      { numRuns: RUNS },
    );
  }, 120_000);

  test('no more attempts run than there are parallel slots, and those of the dead come back after 6 s', () => {
    const slots = fc.integer({ min: 1, max: 5 });
    fc.assert(
      fc.property(histories, slots, fc.nat(9), (history, maxParallelRequests, dying) => {
        const { world, lastMs } = begin({ ...history, limits: { maxParallelRequests } }, delayed(history.delays));
        const most = { running: 0 };
        const look = (): void => {
          most.running = Math.max(most.running, world.inFlight(0));
        };
        world.onAdmitted = look;
        world.runUntil(lastMs + 4_000);
        expect(most.running).toBeLessThanOrEqual(maxParallelRequests);
        world.instances[dying % history.instances]?.crash();
        world.runUntil(world.nowMs + 10_000);
        expect(world.ledger.held('d0', world.ledgerMs)).toBe(0);
      }),
      { numRuns: RUNS },
    );
  }, 120_000);
});

describe('while the ledger is late', () => {
  /** In time while the instances get to know each other. */
  const FIRST_ASKS = 8;
  const lateness = fc.array(fc.tuple(fc.nat(470), fc.nat(470)), { minLength: 1, maxLength: 12 });

  test('by less than a second, no 60 s hold more than a small limit', () => {
    fc.assert(
      fc.property(histories, lateness, (history, late) => {
        const { world, lastMs } = begin(history, delayed(history.delays));
        const passages = delayed(late);
        world.passageOf = ({ asks }) =>
          asks > FIRST_ASKS
            ? (passages[asks % passages.length] ?? { thereMs: 1, backMs: 1 })
            : { thereMs: 1, backMs: 1 };
        world.runUntil(lastMs + 11_000);
        expect(excesses(world, NOTHING)).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  }, 120_000);
});

describe('when the ledger does not answer', () => {
  const passages = fc.array(
    fc.oneof(
      { weight: 6, arbitrary: fc.record({ thereMs: fc.nat(24), backMs: fc.nat(24) }) },
      { weight: 1, arbitrary: fc.record({ thereMs: fc.nat(2_000), backMs: fc.nat(900) }) },
      {
        weight: 2,
        arbitrary: fc.record({
          thereMs: fc.nat(24),
          backMs: fc.nat(24),
          lost: fc.constantFrom('ask' as const, 'answer' as const),
        }),
      },
    ),
    { minLength: 1, maxLength: 20 },
  );

  test('whoever is cut off adds at most its share, whatever is lost and late', () => {
    fc.assert(
      fc.property(histories, passages, (history, lossy) => {
        const { world, lastMs } = begin(history, lossy);
        world.runUntil(lastMs + 11_000);
        expect(excesses(world, ownShares)).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  }, 120_000);

  test('with one of N instances cut off, no 60 s hold more than L(1 + 1/N); then what it charged counts', () => {
    fc.assert(
      fc.property(histories, fc.nat(9), fc.nat(20_000), (history, nth, sinceMs) => {
        const { instances } = history;
        const isAway = (world: LeasedWorld): boolean =>
          world.nowMs > WARM_MS + sinceMs && world.nowMs < WARM_MS + 70_000;
        const cut = nth % instances;
        const inTime = delayed(history.delays);
        const { world, lastMs } = begin(history, inTime);
        world.passageOf = (instance) =>
          instance.nth === cut && isAway(world)
            ? { thereMs: 0, backMs: 0, lost: 'ask' }
            : (inTime[instance.asks % inTime.length] ?? { thereMs: 1, backMs: 1 });
        world.runUntil(Math.max(lastMs + 11_000, WARM_MS + 72_000));
        const share = (limit: number): number => Math.max(1, Math.floor(limit / instances));
        expect(excesses(world, (_, limit) => share(limit))).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  }, 120_000);
});

describe('when the ledger loses its memory', () => {
  test('and all count again, no 60 s hold more than the limit', () => {
    const losses = fc.array(
      fc.record({ atMs: fc.nat(30_000), kind: fc.constantFrom('flush', 'server', 'old'), ageMs: fc.nat(5_000) }),
      { minLength: 1, maxLength: 3 },
    );
    fc.assert(
      fc.property(histories, losses, (history, lost) => {
        const { world, lastMs } = begin(history, delayed(history.delays));
        for (const { atMs, kind, ageMs } of lost) {
          let saved: unknown;
          world.at(WARM_MS + atMs, () => (saved = world.ledger.save()));
          world.at(WARM_MS + atMs + ageMs, () => {
            if (kind === 'flush') world.ledger.flush();
            if (kind === 'server') world.ledger.server += 'x';
            if (kind === 'old') {
              world.ledger.restore(saved);
              world.ledger.server += 'x';
            }
          });
        }
        world.runUntil(lastMs + 11_000);
        expect(METERS.flatMap(([, units, nth]) => world.admitted.filter((each) => isOwn(each, units, nth)))).toEqual(
          [],
        );
        expect(excesses(world, NOTHING)).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  }, 120_000);
});

describe('a small limit under demand', () => {
  const saturated = fc.record({
    rpm: fc.integer({ min: 2, max: 12 }),
    instances: fc.integer({ min: 2, max: 6 }),
    everyMs: fc.integer({ min: 100, max: 900 }),
    delays: fc.array(fc.tuple(fc.nat(20), fc.nat(20)), { minLength: 1, maxLength: 5 }),
    seed: fc.nat(),
  });

  test('is used to the last unit but one in any 62 s, and never beyond it in any 60 s', () => {
    fc.assert(
      fc.property(saturated, ({ rpm, instances, everyMs, delays, seed }) => {
        const table = sketchTable({ deployments: [{ limits: { rpm } }] });
        const world = new LeasedWorld(table, { instances, seed, passage: inTurn(delayed(delays)) });
        const lastMs = 130_000;
        for (let atMs = WARM_MS, nth = 0; atMs < lastMs; atMs += everyMs, nth++) {
          world.at(atMs, () => world.instances[nth % instances]?.request({ queueTimeoutMs: 5_000 }));
        }
        world.runUntil(lastMs);
        expect(excesses(world, NOTHING)).toEqual([]);
        const times = world.admitted.map(({ atMs }) => atMs);
        // Demand has filled the first minute by then.
        for (let fromMs = WARM_MS + 12_000; fromMs + 62_000 < lastMs; fromMs += 1_000) {
          const used = times.filter((atMs) => atMs >= fromMs && atMs < fromMs + 62_000).length;
          expect(used).toBeGreaterThanOrEqual(rpm - 1);
        }
        expect(world.ledger.total('d0', 'rpm', world.ledgerMs)).toBeLessThanOrEqual(rpm);
      }),
      { numRuns: Math.ceil(RUNS / 5) },
    );
  }, 120_000);
});

describe('who is refused', () => {
  const demands = fc.record({
    rpm: fc.integer({ min: 1, max: 40 }),
    instances: fc.integer({ min: 1, max: 5 }),
    everyMs: fc.constantFrom(50, 100, 300),
    flushMs: fc.option(fc.integer({ min: 64_000, max: 140_000 }), { nil: undefined }),
    seed: fc.nat(),
  });
  /** Nobody knows of a ledger that has just forgotten when it will have room. */
  const COUNTING_MS = 2_000;
  /** A unit may count for half a second longer once it was counted again; what was said of it before stands. */
  const COUNTED_AGAIN_MS = 500;

  test('and comes back when it was told to finds that somebody was served since', () => {
    fc.assert(
      fc.property(demands, ({ rpm, instances, everyMs, flushMs = Number.POSITIVE_INFINITY, seed }) => {
        const world = new LeasedWorld(sketchTable({ deployments: [{ limits: { rpm } }] }), { instances, seed });
        const lastMs = 200_000;
        if (flushMs < lastMs) world.at(flushMs, () => world.ledger.flush());
        for (let nth = 0; nth < instances; nth++) {
          // As the gateway does: who may not queue waits for the ledger's word all the same.
          const request = (): void => world.instances[nth]?.request({ queueTimeoutMs: PATIENCE_MS });
          for (let atMs = WARM_MS + world.rng() * everyMs; atMs < lastMs; atMs += everyMs) world.at(atMs, request);
        }
        world.runUntil(lastMs);
        const servedMs = world.admitted.map(({ atMs }) => atMs);
        const nextAfter = (atMs: number): number => servedMs.find((each) => each > atMs) ?? Number.POSITIVE_INFINITY;
        const inVain = world.instances
          .flatMap(({ refusals }) => refusals)
          .map(({ atMs, retryAfterS }) => ({ atMs, backMs: atMs + retryAfterS * 1_000 + 2 * everyMs }))
          .filter(({ atMs, backMs }) => {
            const isCounting = atMs > flushMs && atMs < flushMs + COUNTING_MS;
            const isOlder = flushMs < backMs && atMs < flushMs + WINDOW_MS;
            const untilMs = isOlder ? backMs + COUNTED_AGAIN_MS : backMs;
            return !isCounting && untilMs < lastMs && nextAfter(atMs) > untilMs;
          });
        expect(inVain).toEqual([]);
      }),
      { numRuns: Math.ceil(RUNS / 25) },
    );
  }, 120_000);
});
