// A gateway in this process, in one thread: config in, listening gateway out. What several threads do instead is in
// `threads/`.
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { assemble } from './assembly.ts';
import type { GatewayConfig } from './config/types.ts';
import type { RequestLog } from './observe/request-log.ts';
import { Reloader, reportReload, type ReloadOutcome, type ReloadTrigger } from './reload.ts';
import { createClock, type Clock } from './upstream/clock.ts';

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

/** Starts listening; rejects when the port cannot be had (`EADDRINUSE`). */
export async function serve(config: GatewayConfig, options: ServeOptions): Promise<RunningGateway> {
  const { env, log, keepAliveTimeoutMs } = options;
  const gateway = assemble(config, {
    tls: readTls(options),
    keepAliveTimeoutMs,
    env,
    log,
    clock: options.clock ?? createClock(),
    reload: () => reloader.reload('admin'),
  });
  const reloader = new Reloader({
    read: options.readConfig ?? (() => config),
    replace: (next) => {
      const change = gateway.inForce.replace(next);
      gateway.control.renew();
      return change;
    },
    report: (outcome, trigger) => reportReload(log, outcome, trigger),
  });
  await listen(gateway.server, options);
  const { port } = gateway.server.address() as AddressInfo;
  return {
    url: urlOf(options, port),
    port,
    reload: (trigger) => reloader.reload(trigger),
    drain: () => gateway.drain(),
  };
}

/** Where clients find it. */
export function urlOf({ host, certFile }: Pick<ServeOptions, 'host' | 'certFile'>, port: number): string {
  const scheme = certFile === undefined ? 'http' : 'https';
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** The PEM texts that HTTPS needs; throws when a file cannot be read. */
export function readTls(options: ServeOptions): { key: string; cert: string } | undefined {
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
