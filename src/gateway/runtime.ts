// What is in force right now: the config and the numbers that go with it. A reload replaces it as one value, so that a
// request sees either the old world or the new one.
import type { GatewayConfig } from '../config/types.ts';
import type { AffinityMemory } from '../core/affinity/affinity-memory.ts';
import type { Fleet } from '../core/fleet/fleet.ts';
import type { Transport } from '../upstream/transport.ts';

export interface Runtime {
  readonly config: GatewayConfig;
  readonly fleet: Fleet;
  /** Who served whom, by deployment id; `undefined` = no request sticks to a deployment. */
  readonly affinity?: AffinityMemory | undefined;
  /** How to reach each deployment (TLS settings, proxy, pools); index equals the routing table's. */
  readonly transports: readonly Transport[];
}

/** Counts that readiness, drain and `/health/backlog` show. */
export interface ServerState {
  inFlight: number;
  /** Requests of any kind whose answer has not reached the client whole; what draining waits for. */
  openResponses: number;
  queued: number;
  admitted: number;
  rejected: number;
  shuttingDown: boolean;
}
