// Puts the parts together and runs them: config in, listening gateway out, and an orderly end. Everything that lives as
// long as the process is made here and handed down.
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { Server as NetServer, type AddressInfo } from 'node:net';
import type { GatewayConfig } from './config/types.ts';
import { Mirrors } from './gateway/mirror.ts';
import { TokenCounter } from './gateway/tokens/token-counter.ts';
import type { ServerState } from './gateway/runtime.ts';
import { lazyControlPlane } from './http/control-plane/lazy-control-plane.ts';
import { DataPlane } from './http/data-plane.ts';
import { createServer } from './http/server.ts';
import { InForce } from './in-force.ts';
import { RecentRequests } from './observe/recent.ts';
import { Metrics } from './observe/metrics.ts';
import type { RequestLog } from './observe/request-log.ts';
import { Reloader, reportReload, type ReloadOutcome, type ReloadTrigger } from './reload.ts';
import { Sharing } from './sharing/sharing.ts';
import { createClock, type Clock } from './upstream/clock.ts';
import { CredentialCache } from './upstream/credentials.ts';

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
  /** The config as it stands now; without it a reload enacts the same one again. */
  readonly readConfig?: () => GatewayConfig | Promise<GatewayConfig>;
}

export interface RunningGateway {
  readonly url: string;
  readonly port: number;
  /**
   * Reads the config again and puts it in force without a pause: requests under way finish as they began, all further
   * ones see the new one. A config with errors is rejected, and the old one stays.
   */
  reload(trigger: ReloadTrigger): Promise<ReloadOutcome>;
  /** Stops accepting, lets running requests finish for at most the grace, then closes everything. */
  drain(): Promise<void>;
}

const DRAIN_POLL_MS = 20;

/** Starts listening; rejects when the port cannot be had (`EADDRINUSE`). */
export async function serve(config: GatewayConfig, options: ServeOptions): Promise<RunningGateway> {
  const { clock, state, mirrors, tokens, inForce, reloader, control, sharing } = assemble(config, options);
  const dataPlane = new DataPlane(() => inForce.context);
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
    reload: (trigger) => reloader.reload(trigger),
    drain: () => drain({ server, state, inForce, clock, control, mirrors, tokens, sharing }),
  };
}

/** Everything but the socket. */
function assemble(config: GatewayConfig, options: ServeOptions) {
  const clock = options.clock ?? createClock();
  const metrics = new Metrics();
  const state = idleState();
  const credentials = new CredentialCache(clock);
  const mirrors = new Mirrors();
  const recent = new RecentRequests();
  const tokens = new TokenCounter();
  const lasting = { clock, log: options.log, metrics, recent, state, credentials, mirrors, tokens };
  const inForce = new InForce(config, lasting);
  const sharing = new Sharing({ clock, state, publish: (event) => inForce.context.services.publish(event) });
  sharing.adopt(inForce.context.runtime);
  const control = lazyControlPlane({
    context: () => inForce.context,
    metrics,
    recent,
    reload: () => reloader.reload('admin'),
    env: options.env,
  });
  const reloader = new Reloader({
    read: options.readConfig ?? (() => config),
    replace: (next) => {
      const change = inForce.replace(next);
      sharing.adopt(inForce.context.runtime);
      control.renew();
      return change;
    },
    report: (outcome, trigger) => reportReload(options.log, outcome, trigger),
  });
  return { clock, state, mirrors, tokens, inForce, reloader, control, sharing };
}

function idleState(): ServerState {
  return { inFlight: 0, queued: 0, admitted: 0, rejected: 0, openResponses: 0, shuttingDown: false };
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
  readonly inForce: InForce;
  readonly clock: Clock;
  readonly control: { close(): Promise<void> };
  readonly mirrors: Mirrors;
  readonly tokens: { close(): Promise<void> };
  readonly sharing: Sharing;
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
  const deadlineMs = clock.now() + parts.inForce.context.runtime.config.general.shutdownGraceMs;
  while (state.openResponses > 0 && !areAllGone && clock.now() < deadlineMs) {
    await new Promise<void>((resolve) => void clock.after(DRAIN_POLL_MS, resolve, undefined));
  }
  server.closeAllConnections();
  server.close();
  parts.mirrors.stop();
  await parts.sharing.stop();
  await parts.control.close();
  await parts.inForce.destroy();
  await parts.tokens.close();
}
