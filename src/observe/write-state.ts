// What is true right now, read from the fleet when somebody scrapes: health, limits, flights. Nothing here is counted.
import { snapshot, type DeploymentSnapshot } from '../core/fleet/snapshot.ts';
import type { DeploymentIndex, Millis } from '../core/units.ts';
import { insideGuard } from '../gateway/fleet-guard.ts';
import type { Runtime, ServerState } from '../gateway/runtime.ts';
import type { DeploymentMetrics } from './deployment-metrics.ts';
import { labelText, type Exposition } from './exposition.ts';
import { writeBudgets } from './write-budgets.ts';
import { deploymentLabels } from './write-deployments.ts';

/** What a scrape is told about the moment. */
export interface Scrape {
  readonly runtime: Runtime;
  readonly state: Readonly<ServerState>;
  readonly now: Millis;
  /** Client connections, where the server can tell. */
  readonly openConnections: number | undefined;
  /** Threads that serve; absent = the process is one. */
  readonly threads?: number;
}

/** One deployment as a scrape sees it; `index` is one of those that share its labels. */
export interface SeenDeployment {
  readonly index: DeploymentIndex;
  readonly metrics: DeploymentMetrics;
}

const BREAKER_VALUE = { closed: 0, 'half-open': 1, open: 2 } as const;

export function writeState(out: Exposition, scrape: Scrape, deployments: readonly SeenDeployment[]): void {
  const { runtime, state, now, openConnections } = scrape;
  const rows = deployments.map(({ index, metrics }) => ({
    labels: labelText(deploymentLabels(metrics.names)),
    isOut: runtime.config.table.deployments[index]?.outOfRotation !== undefined,
    limits: runtime.config.table.deployments[index]?.limits,
    seen: insideGuard(runtime.guard, now, (at) => snapshot(runtime.fleet, index, at)),
  }));
  const inRotation = rows.filter(({ isOut }) => !isOut);
  const perRow = (name: string, help: string, of: (row: (typeof rows)[number]) => number | undefined): void => {
    out.family('gauge', name, help);
    for (const row of inRotation) {
      const value = of(row);
      if (value !== undefined) out.sample(row.labels, value);
    }
  };
  perRow('litellm_deployment_state', '0 healthy, 1 failing at times, 2 gets no traffic.', ({ seen }) => outage(seen));
  perRow('litellm_deployment_rpm_limit', 'Requests per minute that are allowed.', ({ limits }) => limits?.rpm);
  perRow('litellm_deployment_tpm_limit', 'Tokens per minute that are allowed.', ({ limits }) => limits?.tpm);
  perRow('loadstone_breaker_state', '0 closed, 1 half-open, 2 open.', ({ seen }) => BREAKER_VALUE[seen.breaker]);
  perRow(
    'loadstone_limiter_headroom',
    'Share of the tightest limit that is left: 1 all, 0 nothing.',
    ({ seen }) => seen.headroom,
  );
  perRow('loadstone_deployment_in_flight', 'Attempts under way.', ({ seen }) => seen.inFlight);
  out.family('gauge', 'loadstone_deployment_out_of_rotation', '1: as configured it cannot be called.');
  for (const { labels, isOut } of rows) out.sample(labels, isOut ? 1 : 0);
  const single = (name: string, help: string, value: number): void => {
    out.family('gauge', name, help);
    out.sample('', value);
  };
  single('litellm_in_flight_requests', 'Requests of clients under way.', state.inFlight);
  single('loadstone_queued_requests', 'Requests waiting for a free unit of a limit.', state.queued);
  if (scrape.threads !== undefined) single('loadstone_threads', 'Threads that serve.', scrape.threads);
  writeBudgets(out, runtime, now);
  if (openConnections !== undefined) single('loadstone_open_connections', 'Connections of clients.', openConnections);
}

/** LiteLLM's three states: a closed breaker with failures behind the last success is a partial outage. */
function outage({ availableAtMs, breaker, consecutiveFailures }: DeploymentSnapshot): number {
  if (availableAtMs !== undefined || breaker !== 'closed') return 2;
  return consecutiveFailures > 0 ? 1 : 0;
}
