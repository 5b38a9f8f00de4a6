// A gateway of several threads on one port: what `serve.ts` is for one. The threads serve, this one watches over them.
import { createServer } from 'node:net';
import type { GatewayConfig } from '../config/types.ts';
import { Reloader, reportReload } from '../reload.ts';
import { readTls, urlOf, type RunningGateway, type ServeOptions } from '../serve-options.ts';
import { commonClock, originNow } from './common-clock.ts';
import { SharedFleet } from './shared-fleet.ts';
import { Supervisor } from './supervisor.ts';

export interface ServeThreadsOptions extends Omit<ServeOptions, 'clock'> {
  /** How many serve; 2 or more. */
  readonly threads: number;
  /** How many times as fast as the wall their clock runs; default 1. */
  readonly clockSpeed?: number;
  /** `own`: this process deals connections to its threads, as it does by itself where the system cannot. */
  readonly dealing?: 'system' | 'own';
}

/** Starts listening; rejects when the port cannot be had (`EADDRINUSE`). */
export async function serveThreads(config: GatewayConfig, options: ServeThreadsOptions): Promise<RunningGateway> {
  const { threads, clockSpeed = 1, dealing = 'system', host, log, env, keepAliveTimeoutMs } = options;
  const originNs = originNow();
  const clock = commonClock(originNs, clockSpeed);
  const fleet = new SharedFleet(config, threads, clock);
  const reloader = new Reloader({
    read: options.readConfig ?? (() => config),
    replace: (next) => supervisor.replace(next),
    report: (outcome, trigger) => reportReload(log, outcome, trigger),
  });
  const supervisor = new Supervisor({
    start: {
      threads,
      originNs,
      clockSpeed,
      dealing,
      cliModel: config.general.cliModel,
      env,
      host,
      port: options.port,
      tls: readTls(options),
      keepAliveTimeoutMs,
      logLevel: log.level,
    },
    fleet,
    clock,
    log,
    reload: () => reloader.reload('admin'),
  });
  if (dealing === 'system') await claim(options);
  const port = await supervisor.start();
  return {
    url: urlOf(options, port),
    port,
    reload: (trigger) => reloader.reload(trigger),
    drain: () => supervisor.drain(),
  };
}

/** Threads that share a port would share it with another gateway as well: whoever else has it is an error. */
function claim({ host, port }: Pick<ServeOptions, 'host' | 'port'>): Promise<void> {
  if (port === 0) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host, port }, () => server.close(() => resolve()));
  });
}
