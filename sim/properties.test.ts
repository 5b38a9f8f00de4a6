// What must hold in every history, whatever is wrong with whom: small worlds, drawn at random, run to their end.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { STRATEGY_NAMES } from '../src/core/routing-table.ts';
import { sketchTable } from '../test/support/routing-fixture.ts';
import { Auditor } from './auditor.ts';
import type { Fault, FaultSpan } from './fault.ts';
import type { Scenario } from './scenario.ts';
import { smallRequests } from './scenarios.ts';
import { simulate } from './simulation.ts';
import { PLAIN_UPSTREAM, type UpstreamSpec } from './upstream.ts';
import type { WorkloadSpec } from './workload.ts';

/** Histories of each property. */
const RUNS = 10_000;
const WINDOW_MS = 60_000;
const LONGEST_MS = 120_000;

const faults: fc.Arbitrary<Fault> = fc.oneof(
  fc.record({ kind: fc.constant('slow' as const), factor: fc.constantFrom(3, 10, 100) }),
  fc.record({ kind: fc.constant('recovering' as const), factor: fc.constantFrom(3, 10) }),
  fc.record({
    kind: fc.constant('failing' as const),
    probability: fc.constantFrom(0.3, 0.6, 1),
    status: fc.constantFrom(500, 503, 401),
  }),
  fc.record({
    kind: fc.constant('limited' as const),
    retryAfterMs: fc.constantFrom(undefined, 1_000, 7_500, 40_000),
  }),
  fc.record({ kind: fc.constant('down' as const) }),
  fc.record({ kind: fc.constant('silent' as const) }),
  fc.record({ kind: fc.constant('cutting' as const), probability: fc.constantFrom(0.5, 1) }),
);

const spans: fc.Arbitrary<FaultSpan[]> = fc.array(
  fc
    .tuple(fc.nat({ max: LONGEST_MS }), fc.integer({ min: 1, max: LONGEST_MS }), faults)
    .map(([fromMs, lengthMs, fault]) => ({ fromMs, toMs: fromMs + lengthMs, fault })),
  { maxLength: 2 },
);

const member = fc.record({
  group: fc.constantFrom('gpt-4', 'gpt-4', 'spare'),
  rpm: fc.constantFrom(undefined, undefined, 2, 6, 300),
  maxParallelRequests: fc.constantFrom(undefined, undefined, 1, 3),
  order: fc.constantFrom(undefined, undefined, 1, 2),
  weight: fc.constantFrom(undefined, 1, 5),
  limitKind: fc.constantFrom('bucket' as const, 'fixed-window' as const, 'sliding-log' as const),
  phaseMs: fc.nat({ max: WINDOW_MS }),
  spans,
});

const clients = fc.record({
  perSecond: fc.constantFrom(0.2, 1, 5, 30),
  streamShare: fc.constantFrom(0, 0.5, 1),
  leaving: fc.constantFrom(undefined, { share: 0.3, afterMs: 800 }, { share: 0.3, afterMs: 20_000 }),
  hurried: fc.constantFrom(undefined, { share: 0.3, timeoutMs: 400 }, { share: 0.3, timeoutMs: 8_000 }),
  ownKeyShare: fc.constantFrom(0, 0, 0.3),
});

const settings = fc.record({
  strategy: fc.constantFrom(...STRATEGY_NAMES),
  numRetries: fc.integer({ min: 0, max: 3 }),
  timeoutMs: fc.constantFrom(undefined, 5_000, 30_000),
  deadlineMs: fc.constantFrom(undefined, undefined, 20_000),
  queueTimeoutMs: fc.constantFrom(0, 10_000),
  allowedFails: fc.constantFrom(undefined, undefined, 0, 2),
  cooldownMs: fc.constantFrom(undefined, undefined, 2_000),
  hasFallback: fc.boolean(),
});

const world = fc.record({
  seed: fc.integer({ min: 1 }),
  requests: fc.integer({ min: 1, max: 25 }),
  members: fc.array(member, { minLength: 1, maxLength: 4 }),
  clients,
  settings,
});

type World = typeof world extends fc.Arbitrary<infer Drawn> ? Drawn : never;

const NO_FALLBACKS = { generic: undefined, contextWindow: undefined, contentPolicy: undefined, defaults: undefined };

function scenarioOf({ seed, requests, members, clients: drawn, settings: chosen }: World): Scenario {
  const { hasFallback, ...more } = chosen;
  const generic = [{ from: 'gpt-4', targets: [{ model: 'spare', overrides: undefined }] }];
  const [first, ...rest] = members;
  const grouped = first === undefined ? [] : [{ ...first, group: 'gpt-4' }, ...rest];
  const fallbacks = hasFallback ? { ...NO_FALLBACKS, generic } : NO_FALLBACKS;
  const workload: WorkloadSpec = {
    ...smallRequests('gpt-4', drawn.perSecond),
    ...drawn,
    arrivals: { kind: 'bursty', perSecond: drawn.perSecond, cv: 2 },
  };
  return {
    name: 'drawn',
    seed,
    requests,
    workload,
    table: sketchTable({
      deployments: grouped.map(({ group, rpm, maxParallelRequests, order, weight }) => ({
        group,
        order,
        weight,
        limits: { rpm, maxParallelRequests },
      })),
      settings: { ...more, fallbacks },
    }),
    upstreams: grouped.map(({ rpm, limitKind, phaseMs, spans: faulty }): UpstreamSpec => ({
      ...PLAIN_UPSTREAM,
      limit: rpm === undefined ? undefined : { kind: limitKind, rpm, phaseMs },
      faults: faulty,
    })),
  };
}

function mostAttempts({ numRetries, hasFallback }: World['settings'], members: World['members']): number {
  const orders = new Set(members.map(({ order }) => order)).size;
  return (1 + numRetries) * (hasFallback ? 1 + orders + orders : orders);
}

describe('in every history', () => {
  it('plans end within their bounds, limits hold, and nothing is left in flight', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(world, (drawn) => {
        const scenario = scenarioOf(drawn);
        const auditor = new Auditor(scenario);
        const report = simulate(scenario, auditor);
        const failed = Object.values(report.failed).reduce((total, count) => total + count, 0);
        expect(report.succeeded + report.abandoned + failed).toBe(drawn.requests);
        expect(report.mostAttempts).toBeLessThanOrEqual(mostAttempts(drawn.settings, drawn.members));
        expect(report.limitViolations).toBe(0);
        expect(report.inFlightAtRest).toBe(0);
        expect(auditor.complaints).toEqual([]);
        expect(Math.max(...auditor.inFlight)).toBe(0);
      }),
      { numRuns: RUNS },
    );
  });

  it('no caller opens the breaker of a provider in good order', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(world, (drawn) => {
        const healthy = drawn.members.map((each) => ({ ...each, spans: [] }));
        const report = simulate(
          scenarioOf({ ...drawn, members: healthy, settings: { ...drawn.settings, timeoutMs: undefined } }),
        );
        expect(report.breakerOpenings).toBe(0);
      }),
      { numRuns: RUNS },
    );
  });

  it(
    "a failure of one of two is never a client's, as long as a retry is allowed and the other has room",
    { timeout: 120_000 },
    () => {
      fc.assert(
        fc.property(world, spans, (drawn, faulty) => {
          const plain = {
            group: 'gpt-4',
            order: undefined,
            rpm: undefined,
            maxParallelRequests: undefined,
            weight: undefined,
            limitKind: 'bucket',
            phaseMs: 0,
          } as const;
          const members = [
            { ...plain, spans: faulty },
            { ...plain, spans: [] },
          ];
          const numRetries = Math.max(1, drawn.settings.numRetries);
          const report = simulate(scenarioOf({ ...drawn, members, settings: { ...drawn.settings, numRetries } }));
          expect(report.failedThoughHealthy).toBe(0);
        }),
        { numRuns: RUNS },
      );
    },
  );
});
