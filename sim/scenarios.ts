// Named situations. Lengths of prompts and answers are those of the league's "small" requests (routing-science 6.4),
// speeds its defaults.
import type { RoutingTable } from '../src/core/routing-table.ts';
import type { FaultSpan } from './fault.ts';
import type { Scenario } from './scenario.ts';
import { PLAIN_UPSTREAM, type UpstreamSpec } from './upstream.ts';
import type { WorkloadSpec } from './workload.ts';

/** Small requests of one model, half of them streams. */
export function smallRequests(model: string, perSecond: number): WorkloadSpec {
  return {
    arrivals: { kind: 'poisson', perSecond },
    models: [model],
    promptTokens: { median: 120, sigma: 0.6 },
    outputTokens: { median: 60, sigma: 0.6 },
    maxTokens: 256,
    streamShare: 0.5,
    estimateSigma: 0.1,
    leaving: undefined,
    hurried: undefined,
    ownKeyShare: 0,
  };
}

export interface ScenarioSize {
  readonly table: RoutingTable;
  readonly requests: number;
  readonly perSecond: number;
  readonly seed: number;
}

/** Positions of the three faults in `threeFaults`. */
export const FAULTY = { slow: 0, failing: 1, limited: 2 } as const;

/**
 * One deployment ten times slower, one that fails every request, one that another tenant has used up; all others in
 * good order. Each fault lasts for two fifths of the run and ends while it goes on. The providers of deployments with
 * an `rpm` enforce it, in windows of every kind.
 */
export function threeFaults({ table, requests, perSecond, seed }: ScenarioSize): Scenario {
  const totalMs = (requests / perSecond) * 1_000;
  const span = (from: number, fault: FaultSpan['fault']): readonly FaultSpan[] => [
    { fromMs: from * totalMs, toMs: (from + 0.4) * totalMs, fault },
  ];
  const faults: Readonly<Record<number, readonly FaultSpan[]>> = {
    [FAULTY.slow]: span(0.2, { kind: 'slow', factor: 10 }),
    [FAULTY.failing]: span(0.3, { kind: 'failing', probability: 1, status: 500 }),
    [FAULTY.limited]: span(0.4, { kind: 'limited', retryAfterMs: 20_000 }),
  };
  const upstreams = table.deployments.map(({ limits: { rpm } }, index): UpstreamSpec => ({
    ...PLAIN_UPSTREAM,
    limit: rpm === undefined ? undefined : { kind: limitKind(index), rpm, phaseMs: index * 7_000 },
    faults: faults[index] ?? [],
  }));
  const workload = smallRequests(table.deployments[0]?.group ?? '', perSecond);
  return { name: 'three faults', seed, table, upstreams, workload, requests };
}

function limitKind(index: number): 'bucket' | 'fixed-window' | 'sliding-log' {
  return (['sliding-log', 'bucket', 'fixed-window'] as const)[index % 3] ?? 'sliding-log';
}
