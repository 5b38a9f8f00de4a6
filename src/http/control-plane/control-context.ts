// What the control plane is given by the process that runs it.
import type { Metrics } from '../../observe/metrics.ts';
import type { RecentRequests } from '../../observe/recent.ts';
import type { ReloadOutcome } from '../../reload.ts';
import type { DataPlaneContext } from '../data-plane.ts';
import type { Fellows } from './fellows.ts';
import type { CheckedDeployment } from './health-report.ts';

export interface ControlPlaneOptions {
  /** What is in force now; asked anew for every request. */
  readonly context: () => DataPlaneContext;
  readonly metrics: Metrics;
  readonly recent: RecentRequests;
  /** Reads the config again and puts it in force. */
  readonly reload: () => Promise<ReloadOutcome>;
  /** Environment of the process; no route reads it yet. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The threads that serve the same port, this one among them; absent = there is no other. */
  readonly fellows?: Fellows | undefined;
  /** Given, once they are made here, the way to the latest round of background health checks. */
  readonly onHealthRounds?: ((latest: () => Promise<readonly CheckedDeployment[]>) => void) | undefined;
  /** Number of client connections, where the server can tell. */
  readonly openConnections?: () => Promise<number>;
}
