// What a gateway is started with and what it then offers, in one thread or in several. Apart from either, so that the
// thread which only watches over others does not load what serves.
import { readFileSync } from 'node:fs';
import type { GatewayConfig } from './config/types.ts';
import type { RequestLog } from './observe/request-log.ts';
import type { ReloadOutcome, ReloadTrigger } from './reload.ts';
import type { Clock } from './upstream/clock.ts';

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
