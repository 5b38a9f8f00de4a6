// What is simulated: a routing table, the truth about each of its deployments, and what the clients do. The table is
// handed in: a config, a test's sketch, or a benchmark may stand behind it.
import type { RoutingTable } from '../src/core/routing-table.ts';
import type { UpstreamSpec } from './upstream.ts';
import type { WorkloadSpec } from './workload.ts';

export interface Scenario {
  readonly name: string;
  readonly seed: number;
  readonly table: RoutingTable;
  /** By deployment index. */
  readonly upstreams: readonly UpstreamSpec[];
  readonly workload: WorkloadSpec;
  readonly requests: number;
}
