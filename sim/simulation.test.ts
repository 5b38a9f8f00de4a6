import { describe, expect, it } from 'vitest';
import { STRATEGY_NAMES, type RouterSettings } from '../src/core/routing-table.ts';
import { sketchTable, type DeploymentSketch } from '../test/support/routing-fixture.ts';
import type { FaultSpan } from './fault.ts';
import type { Report } from './report.ts';
import { FAULTY, smallRequests, threeFaults } from './scenarios.ts';
import { simulate } from './simulation.ts';
import { PLAIN_UPSTREAM, type UpstreamSpec } from './upstream.ts';
import type { WorkloadSpec } from './workload.ts';

const REQUESTS = 20_000;
const PER_SECOND = 50;
const FOREVER = Number.MAX_SAFE_INTEGER;

function tableOf(deployments: readonly DeploymentSketch[], settings: Partial<RouterSettings> = {}) {
  return sketchTable({ deployments, settings });
}

function eight(settings: Partial<RouterSettings>, rpm?: number) {
  return tableOf(
    Array.from({ length: 8 }, () => ({ limits: { rpm } })),
    settings,
  );
}

function always(fault: FaultSpan['fault']): Partial<UpstreamSpec> {
  return { faults: [{ fromMs: 0, toMs: FOREVER, fault }] };
}

interface Small {
  readonly deployments: readonly (DeploymentSketch & { readonly upstream?: Partial<UpstreamSpec> })[];
  readonly settings?: Partial<RouterSettings>;
  readonly workload?: Partial<WorkloadSpec>;
  readonly requests?: number;
}

function run({ deployments, settings, workload, requests = 500 }: Small): Report {
  const sketches = deployments.map(({ limits }) => ({ limits: limits ?? {} }));
  return simulate({
    name: 'small',
    seed: 3,
    table: tableOf(sketches, settings),
    upstreams: deployments.map(({ upstream }) => ({ ...PLAIN_UPSTREAM, ...upstream })),
    workload: { ...smallRequests('gpt-4', 5), ...workload },
    requests,
  });
}

describe.each(STRATEGY_NAMES)('three faults under %s', (strategy) => {
  const report = simulate(
    threeFaults({ table: eight({ strategy }, 1_200), requests: REQUESTS, perSecond: PER_SECOND, seed: 1 }),
  );
  const [slow, failing, limited] = [FAULTY.slow, FAULTY.failing, FAULTY.limited].map((at) => report.deployments[at]);

  it('are not seen by any client', () => {
    expect(report).toMatchObject({ requests: REQUESTS, succeeded: REQUESTS, failed: {}, failedThoughHealthy: 0 });
  });

  it('never break a limit, and leave nothing in flight', () => {
    expect([report.limitViolations, report.inFlightAtRest]).toEqual([0, 0]);
  });

  it('cost few attempts: the failing and the limited one are asked now and then only', () => {
    // 160 s of failure: 5 to open, then a probe in about 12 s once the open time has doubled to its end.
    expect(failing?.attemptsInFault).toBeLessThan(40);
    expect(failing?.openings).toBeGreaterThan(3);
    // Told to stay away for 20 s each time; those that were on the way already are refused too.
    expect(limited?.attemptsInFault).toBeLessThan(40);
    expect(report.mostAttempts).toBeLessThanOrEqual(3);
    expect(report.wastedCalls).toBe((failing?.attemptsInFault ?? 0) + (limited?.attemptsInFault ?? 0));
  });

  it('do not open the breaker of one that is only slow, and keep it in use', () => {
    expect(slow?.openings).toBe(0);
    expect(slow?.attempts).toBeGreaterThan(0);
  });
});

it('gives the slow one less under least-busy than a blind draw would', () => {
  const scenario = (strategy: RouterSettings['strategy']) =>
    threeFaults({ table: eight({ strategy }), requests: REQUESTS, perSecond: PER_SECOND, seed: 1 });
  const share = (strategy: RouterSettings['strategy']): number =>
    simulate(scenario(strategy)).deployments[FAULTY.slow]?.attemptsInFault ?? 0;
  expect(share('least-busy')).toBeLessThan(share('simple-shuffle') / 3);
});

describe('a simulation', () => {
  it('gives the same report for the same seed, and another for another', () => {
    const report = (seed: number): string =>
      JSON.stringify(simulate(threeFaults({ table: eight({}, 1_200), requests: 2_000, perSecond: 20, seed })));
    expect(report(5)).toBe(report(5));
    expect(report(5)).not.toBe(report(6));
  });

  it('follows every fault to the plan, and the plan to another deployment', () => {
    const faults: FaultSpan['fault'][] = [
      { kind: 'failing', probability: 1, status: 503 },
      { kind: 'down' },
      { kind: 'silent' },
      { kind: 'limited', retryAfterMs: undefined },
    ];
    for (const fault of faults) {
      const report = run({ deployments: [{ upstream: always(fault) }, {}], settings: { timeoutMs: 30_000 } });
      expect(report, fault.kind).toMatchObject({ succeeded: 500, failed: {}, inFlightAtRest: 0 });
      expect(report.wastedCalls, fault.kind).toBe(report.deployments[0]?.attempts);
      expect(report.wastedCalls, fault.kind).toBeGreaterThan(0);
    }
  });

  it('tells a client of a stream that broke off, and retries a plain answer', () => {
    const cut = { deployments: [{ upstream: always({ kind: 'cutting', probability: 0.2 }) }, {}] };
    const streams = run({ ...cut, workload: { streamShare: 1 } });
    expect(streams.failed.connection).toBe(streams.wastedCalls);
    expect(streams.attempts).toBe(500);
    expect(run({ ...cut, workload: { streamShare: 0 } })).toMatchObject({ succeeded: 500, failed: {} });
  });

  it('refuses what is over every limit with 429, breaks none, and waits where a unit is due soon', () => {
    for (const kind of ['bucket', 'fixed-window', 'sliding-log'] as const) {
      const upstream = { limit: { kind, rpm: 60, phaseMs: 20_000 } };
      const limited = { upstream, limits: { rpm: 60 } };
      const report = run({ deployments: [limited, limited], requests: 3_000 });
      expect(report).toMatchObject({ limitViolations: 0, inFlightAtRest: 0, failedThoughHealthy: 0 });
      expect(Object.keys(report.failed)).toEqual(['rate_limit']);
      expect(report.succeeded + (report.failed.rate_limit ?? 0)).toBe(3_000);
      // 600 s at 120 a minute, of 300 offered.
      expect(report.succeeded).toBeGreaterThan(1_180);
      expect(report.waits).toBeGreaterThan(100);
    }
  });

  it('counts what an upstream refuses when limits are not enforced', () => {
    const limited = { upstream: { limit: { kind: 'bucket', rpm: 60, phaseMs: 0 } as const }, limits: { rpm: 60 } };
    const report = run({ deployments: [limited, limited], settings: { enforceLimits: false } });
    expect(report.limitViolations).toBeGreaterThan(0);
  });

  it('lets clients leave, without blame for anybody', () => {
    const report = run({ deployments: [{}], workload: { leaving: { share: 0.5, afterMs: 300 } } });
    expect(report.abandoned).toBeGreaterThan(200);
    expect(report).toMatchObject({ failed: {}, breakerOpenings: 0, inFlightAtRest: 0, successPercent: 100 });
  });

  it('ends at once when nobody asks for anything', () => {
    expect(run({ deployments: [{}], requests: 0 })).toMatchObject({ requests: 0, events: 0, successPercent: 100 });
  });
});
