// Puts the parts together and runs them: config in, listening gateway out, and an orderly end. Everything that lives as
// long as the process is made here and handed down.
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { Server as NetServer, type AddressInfo } from 'node:net';
import type { GatewayConfig } from './config/types.ts';
import { AffinityMemory } from './core/affinity/affinity-memory.ts';
import { createFleet } from './core/fleet/fleet.ts';
import type { GatewayEvent, GatewayListener } from './gateway/events.ts';
import type { GatewayServices } from './gateway/exchange.ts';
import type { Runtime, ServerState } from './gateway/runtime.ts';
import { Authenticator } from './http/auth.ts';
import { lazyControlPlane } from './http/control-plane/lazy-control-plane.ts';
import { DataPlane, type DataPlaneContext } from './http/data-plane.ts';
import { createServer } from './http/server.ts';
import { Metrics } from './observe/metrics.ts';
import type { RequestLog } from './observe/request-log.ts';
import { createClock, type Clock } from './upstream/clock.ts';
import { CredentialCache } from './upstream/credentials.ts';
import { tlsProfile } from './upstream/tls-profile.ts';
import { Transport } from './upstream/transport.ts';

export interface ServeOptions {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  readonly keyFile: string | undefined;
  readonly certFile: string | undefined;
  readonly keepAliveTimeoutMs: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: RequestLog;
  readonly clock?: Clock;
}

export interface RunningGateway {
  readonly url: string;
  readonly port: number;
  /** Stops accepting, lets running requests finish for at most the grace, then closes everything. */
  drain(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 5_000;
const DRAIN_POLL_MS = 20;

/** Starts listening; rejects when the port cannot be had (`EADDRINUSE`). */
export async function serve(config: GatewayConfig, options: ServeOptions): Promise<RunningGateway> {
  const clock = options.clock ?? createClock();
  const runtime = createRuntime(config);
  const metrics = new Metrics(runtime);
  const state: ServerState = {
    inFlight: 0,
    queued: 0,
    admitted: 0,
    rejected: 0,
    openResponses: 0,
    shuttingDown: false,
  };
  const services: GatewayServices = {
    clock,
    publish: publisher([options.log.listener(runtime), metrics.listener]),
    credentials: new CredentialCache(clock),
  };
  const authenticator = new Authenticator(config.general.masterKey, config.general.keyHeaderName);
  const context: DataPlaneContext = { runtime, services, authenticator, state };
  const dataPlane = new DataPlane(() => context);
  const control = lazyControlPlane({ context: () => context, metrics, env: options.env });
  const server = createServer(
    {
      inference: (request, response, target) => dataPlane.serve(request, response, target),
      resource: (request, response, route) => dataPlane.serveResource(request, response, route),
      control: (request, response) => control.handle(request, response),
    },
    { tls: readTls(options), keepAliveTimeoutMs: options.keepAliveTimeoutMs, state },
  );
  await listen(server, options);
  const { port } = server.address() as AddressInfo;
  const scheme = options.certFile === undefined ? 'http' : 'https';
  return {
    url: `${scheme}://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`,
    port,
    drain: () => drain({ server, state, runtime, graceMs: config.general.shutdownGraceMs, clock, control }),
  };
}

/** A config with the numbers and connections that it needs; made again for a reload. */
export function createRuntime(config: GatewayConfig): Runtime {
  const shared = new Map<string, Transport>();
  const transports = config.deployments.map((deployment) => {
    const tls = tlsProfile(deployment, config);
    const key = JSON.stringify(tls);
    const transport =
      shared.get(key) ?? new Transport({ tls, connectTimeoutMs: CONNECT_TIMEOUT_MS, env: config.environment });
    shared.set(key, transport);
    return transport;
  });
  const { deployments, settings } = config.table;
  return {
    config,
    fleet: createFleet(deployments, undefined, settings.budgets?.list.length),
    affinity: settings.affinity === undefined ? undefined : new AffinityMemory(),
    transports,
  };
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

function readTls(options: ServeOptions): { key: string; cert: string } | undefined {
  if (options.keyFile === undefined || options.certFile === undefined) return undefined;
  return { key: readFileSync(options.keyFile, 'utf8'), cert: readFileSync(options.certFile, 'utf8') };
}

function listen(server: Server, options: ServeOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: options.port, host: options.host, backlog: 4096 }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

interface Drained {
  readonly server: Server;
  readonly state: ServerState;
  readonly runtime: Runtime;
  readonly graceMs: number;
  readonly clock: Clock;
  readonly control: { close(): Promise<void> };
}

/**
 * Accepts nothing further and waits for every answer to have reached its client. Idle connections stay until then: a
 * probe on one reads 503, and a request that was on its way is served, as the last one of its connection (Node's own
 * `server.close()` would cut them, and answers that are still being written, too).
 */
async function drain(parts: Drained): Promise<void> {
  const { server, state, clock } = parts;
  state.shuttingDown = true;
  let areAllGone = false;
  NetServer.prototype.close.call(server, () => (areAllGone = true));
  const deadlineMs = clock.now() + parts.graceMs;
  while (state.openResponses > 0 && !areAllGone && clock.now() < deadlineMs) {
    await new Promise<void>((resolve) => void clock.after(DRAIN_POLL_MS, resolve, undefined));
  }
  server.closeAllConnections();
  server.close();
  await parts.control.close();
  await Promise.all([...new Set(parts.runtime.transports)].map((transport) => transport.destroy()));
}
