// What is in force right now: the config and the numbers that go with it. A reload replaces it as one value, so that a
// request sees either the old world or the new one.
import type { GatewayConfig } from '../config/types.ts';
import type { AffinityMemory } from '../core/affinity/affinity-memory.ts';
import { createFleet } from '../core/fleet/fleet.ts';
import type { Fleet, SharedPlace } from '../core/fleet/fleet.ts';
import { leaseFleet } from '../core/fleet/leases.ts';
import { AdmissionQueue } from '../core/queue/admission-queue.ts';
import type { Transport } from '../upstream/transport.ts';
import type { FleetGuard } from './fleet-guard.ts';

export interface Runtime {
  readonly config: GatewayConfig;
  readonly fleet: Fleet;
  /** Requests that wait for a unit of a limit of this fleet. */
  readonly queue: AdmissionQueue;
  /** Who served whom, by deployment id; `undefined` = no request sticks to a deployment. */
  readonly affinity?: AffinityMemory | undefined;
  /** To be inside of for whatever reads or writes the fleet, where threads share it. */
  readonly guard?: FleetGuard | undefined;
  /** How to reach each deployment (TLS settings, proxy, pools); index equals the routing table's. */
  readonly transports: readonly Transport[];
}

/** Where the fleet lies when threads share it, and what keeps them apart. */
export interface FleetShare {
  readonly place: SharedPlace;
  readonly guard: FleetGuard;
  /** What the process holds of limits that instances share; `undefined` = the config names no Redis. */
  readonly leases: ArrayBufferLike | undefined;
  /** A request needs what only the ledger of all instances can give; called inside the guard. */
  readonly hurry: () => void;
}

/** For `config` as it is read, with numbers that begin at nothing, or in what is shared. */
export function createRuntime(
  config: GatewayConfig,
  lasting: { readonly transports: readonly Transport[]; readonly affinity: AffinityMemory },
  share?: FleetShare,
): Runtime {
  const { deployments, settings } = config.table;
  const affinity = settings.affinity === undefined ? undefined : lasting.affinity;
  const alone = createFleet(deployments, share?.place, settings.budgets?.list.length);
  const fleet = config.redis === undefined ? alone : leaseFleet(alone, share?.leases);
  if (fleet.hub !== undefined) fleet.hub.bell.ring = share?.hurry;
  const { transports } = lasting;
  return { config, fleet, queue: new AdmissionQueue(), affinity, guard: share?.guard, transports };
}

/** How sharing with other instances goes: shared, answers too late to wait for, or each by its own share. */
export interface SharingState {
  readonly kind: 'starting' | 'up' | 'slow' | 'down';
  /** Why it is down. */
  readonly reason: string | undefined;
  /** Where Redis is, without credentials. */
  readonly place: string;
  /** Instances that share, this one included, as far as it knows. */
  readonly instances: number;
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
  /** `undefined`: no Redis is configured. */
  sharing?: SharingState | undefined;
}
