// A gateway in this process, in one thread: config in, listening gateway out. What several threads do instead is in
// `threads/`.
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { assemble } from './assembly.ts';
import type { GatewayConfig } from './config/types.ts';
import { Reloader, reportReload } from './reload.ts';
import { readTls, urlOf, type RunningGateway, type ServeOptions } from './serve-options.ts';
import { createClock } from './upstream/clock.ts';

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
    replace: (next) => gateway.replace(next),
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

function listen(server: Server, options: ServeOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: options.port, host: options.host, backlog: 4096 }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
