// Everything of a gateway but its address: the config in force, both planes and the server that hands requests to them,
// and an orderly end. A lone process listens with it; each of several threads has one of its own.
import type { Server } from 'node:http';
import { Server as NetServer } from 'node:net';
import type { GatewayConfig } from './config/types.ts';
import { Mirrors } from './gateway/mirror.ts';
import { TokenCounter } from './gateway/tokens/token-counter.ts';
import type { FleetShare, ServerState } from './gateway/runtime.ts';
import type { ControlPlaneOptions } from './http/control-plane/control-context.ts';
import type { Fellows } from './http/control-plane/fellows.ts';
import { lazyControlPlane, type LazyControlPlane } from './http/control-plane/lazy-control-plane.ts';
import { DataPlane } from './http/data-plane.ts';
import type { HeldBytes } from './http/read-body.ts';
import { createServer, type ServerSettings } from './http/server.ts';
import { InForce } from './in-force.ts';
import { RecentRequests } from './observe/recent.ts';
import { Metrics } from './observe/metrics.ts';
import type { RequestLog } from './observe/request-log.ts';
import type { ConfigChange, ReloadOutcome } from './reload.ts';
import { Sharing } from './sharing/sharing.ts';
import type { Clock } from './upstream/clock.ts';
import { CredentialCache } from './upstream/credentials.ts';

export interface AssemblyOptions {
  readonly tls: ServerSettings['tls'];
  readonly keepAliveTimeoutMs: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: RequestLog;
  readonly clock: Clock;
  /** Reads the config again and puts it in force. */
  readonly reload: () => Promise<ReloadOutcome>;
  /** Of one of several threads: the numbers that all share. */
  readonly share?: FleetShare;
  readonly held?: HeldBytes;
  readonly fellows?: Fellows;
  readonly onHealthRounds?: ControlPlaneOptions['onHealthRounds'];
}

export interface Assembly {
  readonly server: Server;
  readonly state: ServerState;
  readonly inForce: InForce;
  readonly control: LazyControlPlane;
  readonly metrics: Metrics;
  readonly recent: RecentRequests;
  /** Puts another config in force, for everything but the threads beside this one. */
  replace(config: GatewayConfig): ConfigChange;
  /** Stops accepting, lets running requests finish for at most the grace, then closes everything. */
  drain(): Promise<void>;
}

const DRAIN_POLL_MS = 20;

/** Throws when a file that the config names cannot be read (a certificate). */
export function assemble(config: GatewayConfig, options: AssemblyOptions): Assembly {
  const { clock, log, env, tls, keepAliveTimeoutMs } = options;
  const lasting = lastingParts(clock, log);
  const { metrics, recent, state, mirrors, tokens } = lasting;
  const inForce = new InForce(config, lasting, options.share);
  const context = () => inForce.context;
  const { reload, fellows, onHealthRounds } = options;
  // Of several threads the one that watches over them asks Redis for all.
  const sharing = options.share === undefined ? openSharing({ clock, state, inForce }) : undefined;
  const openConnections = (): Promise<number> => connectionsOf(server);
  const control = lazyControlPlane({
    context,
    metrics,
    recent,
    reload,
    env,
    openConnections,
    fellows,
    onHealthRounds,
  });
  const dataPlane = new DataPlane(context, options.held);
  const server = serverOf({ dataPlane, control }, { tls, keepAliveTimeoutMs, state });
  return {
    server,
    state,
    inForce,
    control,
    metrics,
    recent,
    replace: (next) => {
      const change = inForce.replace(next);
      sharing?.adopt(inForce.context.runtime);
      control.renew();
      return change;
    },
    drain: () => drain({ server, state, inForce, clock, control, mirrors, tokens, sharing }),
  };
}

function serverOf(
  { dataPlane, control }: { readonly dataPlane: DataPlane; readonly control: LazyControlPlane },
  settings: ServerSettings,
): Server {
  return createServer(
    {
      inference: (request, response, target) => dataPlane.serve(request, response, target),
      resource: (request, response, route) => dataPlane.serveResource(request, response, route),
      control: (request, response) => control.handle(request, response),
    },
    settings,
  );
}

/** What outlives every config. */
function lastingParts(clock: Clock, log: RequestLog) {
  return {
    clock,
    log,
    metrics: new Metrics(),
    recent: new RecentRequests(),
    state: idleState(),
    credentials: new CredentialCache(clock),
    mirrors: new Mirrors(),
    tokens: new TokenCounter(),
  };
}

function openSharing({ clock, state, inForce }: Pick<Drained, 'clock' | 'state' | 'inForce'>): Sharing {
  const sharing = new Sharing({
    clock,
    access: {
      inside: async (work) => work(clock.now()),
      changed: (now) => inForce.context.runtime.queue.changed(now),
    },
    onState: (of) => (state.sharing = of),
    publish: (event) => inForce.context.services.publish(event),
  });
  sharing.adopt(inForce.context.runtime);
  return sharing;
}

function idleState(): ServerState {
  return { inFlight: 0, queued: 0, admitted: 0, rejected: 0, openResponses: 0, shuttingDown: false };
}

function connectionsOf(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
  });
}

interface Drained {
  readonly server: Server;
  readonly state: ServerState;
  readonly inForce: InForce;
  readonly clock: Clock;
  readonly control: { close(): Promise<void> };
  readonly mirrors: Mirrors;
  readonly tokens: { close(): Promise<void> };
  readonly sharing: Sharing | undefined;
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
  // A server that is handed its connections has no address to give up.
  if (server.listening) NetServer.prototype.close.call(server, () => (areAllGone = true));
  const deadlineMs = clock.now() + parts.inForce.context.runtime.config.general.shutdownGraceMs;
  while (state.openResponses > 0 && !areAllGone && clock.now() < deadlineMs) {
    await new Promise<void>((resolve) => void clock.after(DRAIN_POLL_MS, resolve, undefined));
  }
  server.closeAllConnections();
  server.close();
  parts.mirrors.stop();
  await parts.sharing?.stop();
  await parts.control.close();
  await parts.inForce.destroy();
  await parts.tokens.close();
}
