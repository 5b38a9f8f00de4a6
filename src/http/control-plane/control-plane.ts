// Placeholder until the listings and health routes are in.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Metrics } from '../../observe/metrics.ts';
import type { DataPlaneContext } from '../data-plane.ts';

export interface ControlPlaneOptions {
  readonly context: () => DataPlaneContext;
  readonly metrics: Metrics;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface ControlPlane {
  handle(request: IncomingMessage, response: ServerResponse): void;
  close(): Promise<void>;
}

export async function createControlPlane(_options: ControlPlaneOptions): Promise<ControlPlane> {
  return {
    handle: (request, response) => {
      const isLive = request.url === '/health/liveliness' || request.url === '/health/readiness';
      response.writeHead(isLive ? 200 : 404, ['content-type', 'application/json']);
      response.end(isLive ? '"I\'m alive!"' : '{"detail":"Not Found"}');
    },
    close: async () => {},
  };
}
