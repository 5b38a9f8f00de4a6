import type { AddressInfo } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { createServer } from './server.ts';

const open: { close(): unknown }[] = [];

afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

test('a bug met by one request is answered 500 and told as a warning, and the next request is served', async () => {
  const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  const state = { inFlight: 0, queued: 0, admitted: 0, rejected: 0, openResponses: 0, shuttingDown: false };
  const unused = (): never => {
    throw new Error('a bug');
  };
  const parts = {
    inference: unused,
    resource: unused,
    control: (_request: unknown, response: { end(text: string): void }) => response.end('served'),
  };
  const server = createServer(parts, { tls: undefined, keepAliveTimeoutMs: 1_000, state });
  open.push(server);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const broken = await fetch(`${url}/v1/chat/completions`, { method: 'POST' });
  expect([broken.status, await broken.json()]).toMatchObject([500, { error: { code: '500' } }]);
  expect(warnings).toHaveBeenCalledOnce();
  expect(await (await fetch(`${url}/other`)).text()).toBe('served');
  warnings.mockRestore();
});
