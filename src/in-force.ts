// The config in force, with everything that is made from it, and its replacement by a newer one. A request reads it once
// and keeps what it read: it sees the old world or the new one, never a mixture. Connections, counts and the numbers of
// deployments that stay live on.
import type { GatewayConfig } from './config/types.ts';
import { AffinityMemory } from './core/affinity/affinity-memory.ts';
import { inheritFleets, pointAtHeirs, type FleetOf } from './core/fleet/inherit.ts';
import type { Millis } from './core/units.ts';
import type { GatewayEvent, GatewayListener } from './gateway/events.ts';
import type { Mirrors } from './gateway/mirror.ts';
import { createRuntime } from './gateway/runtime.ts';
import type { FleetShare, Runtime, ServerState } from './gateway/runtime.ts';
import type { TokenCounter } from './gateway/tokens/token-counter.ts';
import { Authenticator } from './http/auth.ts';
import type { DataPlaneContext } from './http/data-plane.ts';
import type { Metrics } from './observe/metrics.ts';
import type { RecentRequests } from './observe/recent.ts';
import type { RequestLog } from './observe/request-log.ts';
import type { Clock } from './upstream/clock.ts';
import type { CredentialCache } from './upstream/credentials.ts';
import { changeBetween, type ConfigChange } from './reload.ts';
import { tlsProfile } from './upstream/tls-profile.ts';
import { Transport } from './upstream/transport.ts';

const CONNECT_TIMEOUT_MS = 5_000;
/** How often a replaced config is asked whether its last request has ended. */
const RETIRE_POLL_MS = 1_000;

/** What lives as long as the process, whatever the config. */
export interface Lasting {
  readonly clock: Clock;
  readonly log: RequestLog;
  readonly metrics: Metrics;
  readonly state: ServerState;
  readonly credentials: CredentialCache;
  readonly mirrors: Mirrors;
  readonly recent: RecentRequests;
  readonly tokens: TokenCounter;
}

export class InForce {
  readonly #lasting: Lasting;
  /** By TLS profile and proxies: deployments that agree share connections, over replacements too. */
  #transports = new Map<string, Transport>();
  /** Who served whom, by deployment id: it outlives the config. */
  readonly #affinity = new AffinityMemory();
  #context: DataPlaneContext;
  /** Replaced ones with requests that still run. */
  readonly #retiring = new Set<DataPlaneContext>();

  /** Made for `takeUp`. */
  #prepared: Runtime | undefined;

  /** Throws when a file that the config names cannot be read (a certificate). `share`: threads share the numbers. */
  constructor(config: GatewayConfig, lasting: Lasting, share?: FleetShare) {
    this.#lasting = lasting;
    this.#context = this.#enact(this.#open(config, share));
  }

  /** Who served whom, over every config. */
  get affinity(): AffinityMemory {
    return this.#affinity;
  }

  get context(): DataPlaneContext {
    return this.#context;
  }

  /**
   * Puts `config` in force for every request from now on. Throws as the constructor does, and then nothing has changed.
   * The numbers of deployments with the same id move over; requests under way finish in the world they began in.
   */
  replace(config: GatewayConfig): ConfigChange {
    const old = this.#context;
    const next = this.#enact(this.#open(config));
    const now = this.#lasting.clock.now();
    const generations = this.#runtimes();
    // Reservations do not move: who waits reserves anew, in the numbers that move on.
    for (const { queue } of generations) queue.withdraw();
    inheritFleets(generations.map(fleetOf), fleetOf(next.runtime), now);
    for (const { queue } of generations) queue.changed(now);
    this.#switchTo(next);
    return changeBetween(old.runtime.config, config);
  }

  /** Makes everything that `config` needs, and changes nothing yet. Throws as the constructor does. */
  prepare(config: GatewayConfig, share: FleetShare): void {
    this.#prepared = this.#open(config, share);
  }

  /** What was prepared does not come into force. */
  discard(): void {
    this.#prepared = undefined;
    this.#closeUnused();
  }

  /** Another thread has put what was prepared in force, and the numbers have moved. */
  takeUp(): void {
    const prepared = this.#prepared;
    this.#prepared = undefined;
    if (prepared !== undefined) this.#switchTo(this.#enact(prepared));
  }

  /** All reservations have been taken out of the numbers by another thread: who waits here reserves anew. */
  reserveAnew(now: Millis): void {
    for (const { queue } of this.#runtimes()) queue.forget(now);
  }

  #switchTo(next: DataPlaneContext): void {
    const old = this.#context;
    for (const runtime of this.#runtimes()) pointAtHeirs(fleetOf(runtime), fleetOf(next.runtime));
    this.#context = next;
    this.#retiring.add(old);
    this.#retire(old);
  }

  /** Those that requests still run in, the one in force first, newest first. */
  #runtimes(): Runtime[] {
    return [this.#context, ...[...this.#retiring].toReversed()].map(({ runtime }) => runtime);
  }

  /** Closes every connection to an upstream, at once. */
  async destroy(): Promise<void> {
    const transports = [...this.#transports.values()];
    // What is destroyed must not be closed as well, when a config from before retires.
    this.#transports.clear();
    await Promise.all(transports.map((transport) => transport.destroy()));
  }

  /** What may fail. */
  #open(config: GatewayConfig, share?: FleetShare): Runtime {
    const lasting = { transports: this.#openTransports(config), affinity: this.#affinity };
    return createRuntime(config, lasting, share);
  }

  #enact(runtime: Runtime): DataPlaneContext {
    const { clock, log, metrics, recent, state, credentials, mirrors, tokens } = this.#lasting;
    const { general } = runtime.config;
    const publish = publisher([log.listener(runtime), metrics.adopt(runtime), recent.listener]);
    return {
      runtime,
      services: {
        clock,
        publish,
        credentials,
        tokens,
        mirror: (original, deployment) => mirrors.start(original, deployment),
        waits: state,
        explainTrouble: recent.explainTrouble,
      },
      authenticator: new Authenticator(general.masterKey, general.keyHeaderName),
      state,
      load: { requests: 0 },
    };
  }

  #openTransports(config: GatewayConfig): Transport[] {
    const known = new Map(this.#transports);
    const transports = config.deployments.map((deployment) => {
      const tls = tlsProfile(deployment, config);
      const key = JSON.stringify([tls, proxies(config.environment)]);
      const transport =
        known.get(key) ?? new Transport({ tls, connectTimeoutMs: CONNECT_TIMEOUT_MS, env: config.environment });
      known.set(key, transport);
      return transport;
    });
    this.#transports = known;
    return transports;
  }

  /** A retry may still need a connection of the old world, so they are closed when its last request has ended. */
  #retire(old: DataPlaneContext): void {
    const { clock } = this.#lasting;
    if (old.load.requests > 0) {
      clock.after(RETIRE_POLL_MS, () => this.#retire(old), undefined).unref();
      return;
    }
    this.#retiring.delete(old);
    this.#closeUnused();
  }

  #closeUnused(): void {
    const prepared = this.#prepared?.transports ?? [];
    const inUse = new Set([...prepared, ...this.#runtimes().flatMap(({ transports }) => transports)]);
    for (const [key, transport] of this.#transports) {
      if (inUse.has(transport)) continue;
      this.#transports.delete(key);
      void transport.close();
    }
  }
}

function fleetOf({ fleet, config: { table } }: Runtime): FleetOf {
  return { fleet, deployments: table.deployments, budgets: table.settings.budgets };
}

const PROXY_NAMES = /^(?:https?|no|all)_proxy$/i;

function proxies(env: GatewayConfig['environment']): readonly unknown[] {
  return Object.entries(env).filter(([name]) => PROXY_NAMES.test(name));
}

/** A subscriber that throws is cut off from nothing but this one event: it can never break a request. */
function publisher(listeners: readonly GatewayListener[]): GatewayListener {
  return (event: GatewayEvent) => {
    for (const listener of listeners) {
      try {
        listener(event);
      } catch (error) {
        process.emitWarning(error instanceof Error ? error : new Error(String(error)));
      }
    }
  };
}
