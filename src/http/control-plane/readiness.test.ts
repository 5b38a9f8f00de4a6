import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { loadConfigText } from '../../config/load.ts';
import { Metrics } from '../../observe/metrics.ts';
import { RecentRequests } from '../../observe/recent.ts';
import { TokenCounter } from '../../gateway/tokens/token-counter.ts';
import { AdmissionQueue } from '../../core/queue/admission-queue.ts';
import { createFleet } from '../../core/fleet/fleet.ts';
import { createClock } from '../../upstream/clock.ts';
import { CredentialCache } from '../../upstream/credentials.ts';
import { Authenticator } from '../auth.ts';
import { createControlPlane } from './control-plane.ts';

test('while shutting down readiness turns 503 and liveness stays', async () => {
  const config = loadConfigText('model_list: []', { env: {} });
  const runtime = { config, fleet: createFleet([]), transports: [], queue: new AdmissionQueue() };
  const clock = createClock();
  const state = { inFlight: 1, queued: 0, admitted: 0, rejected: 0, openResponses: 0, shuttingDown: false };
  const services = {
    clock,
    publish: () => undefined,
    credentials: new CredentialCache(clock),
    mirror: () => undefined,
    waits: { queued: 0 },
    tokens: new TokenCounter(),
    explainTrouble: () => false,
  };
  const authenticator = new Authenticator(undefined, undefined);
  const context = { runtime, services, authenticator, state, load: { requests: 0 } };
  const control = await createControlPlane({
    context: () => context,
    metrics: new Metrics(),
    recent: new RecentRequests(),
    reload: () => Promise.reject(new Error('nobody reloads')),
    env: {},
  });
  const server = createServer((request, response) => control.handle(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  expect((await fetch(`${url}/health/readiness`)).status).toBe(200);
  state.shuttingDown = true;
  for (const path of ['/health/readiness', '/health/readiness/details']) {
    const answer = await fetch(url + path);
    expect([answer.status, await answer.json()]).toEqual([503, { status: 'shutting_down' }]);
  }
  expect((await fetch(`${url}/health/liveliness`)).status).toBe(200);
  await control.close();
  server.close();
  server.closeAllConnections();
});
