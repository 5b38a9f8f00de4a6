// What the control plane is given by the process that runs it.
import type { Metrics } from '../../observe/metrics.ts';
import type { RecentRequests } from '../../observe/recent.ts';
import type { ReloadOutcome } from '../../reload.ts';
import type { DataPlaneContext } from '../data-plane.ts';

export interface ControlPlaneOptions {
  /** What is in force now; asked anew for every request. */
  readonly context: () => DataPlaneContext;
  readonly metrics: Metrics;
  readonly recent: RecentRequests;
  /** Reads the config again and puts it in force. */
  readonly reload: () => Promise<ReloadOutcome>;
  /** Environment of the process; no route reads it yet. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Number of client connections, where the server can tell. */
  readonly openConnections?: () => Promise<number>;
}
