// Many streams at once, in counts that need no long time: a drain ends none of them, clients that vanish leave nothing
// behind, and one that does not read costs the gateway less than a megabyte. `npm run soak` has the large numbers.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startHeldUpstream, type HeldUpstream } from '../support/held-upstream.ts';
import { kernelQueueBytes, knowsKernelQueues } from '../support/kernel-queues.ts';
import { startLoadstone } from '../support/loadstone-process.ts';
import { openGateway, opened } from '../support/opened.ts';
import { openRaw, rawRequest } from '../support/raw-client.ts';
import { startRawUpstream } from '../support/raw-upstream.ts';

const CROWD = 200;
const REQUEST = rawRequest(
  '/v1/chat/completions',
  JSON.stringify({ model: 'g', stream: true, messages: [{ role: 'user', content: 'hello' }] }),
  ['connection: close'],
);

function entry(url: string): string {
  return `- {model_name: g, litellm_params: {model: openai/m, api_base: "${url}/v1", api_key: sk-up}, model_info: {id: a}}`;
}

interface Reader {
  readonly socket: Socket;
  text(): string;
  readonly ended: Promise<string>;
}

/** Clients in the middle of a stream: each has its first word. */
async function openStreams(port: number, upstream: HeldUpstream): Promise<Reader[]> {
  const readers = Array.from({ length: CROWD }, () => {
    const socket = openRaw(port);
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    const ended = new Promise<string>((resolve) => void socket.on('close', () => resolve(text)));
    socket.write(REQUEST);
    return { socket, text: () => text, ended };
  });
  await expect.poll(() => upstream.held(), { timeout: 20_000 }).toBe(CROWD);
  await expect.poll(() => readers.every(({ text }) => text().includes('"first"')), { timeout: 20_000 }).toBe(true);
  return readers;
}

test(`SIGTERM with ${CROWD} open streams ends none of them, and the process when the last one is over`, async () => {
  const upstream = opened(await startHeldUpstream());
  const folder = mkdtempSync(join(tmpdir(), 'loadstone-crowds-'));
  const file = join(folder, 'config.yaml');
  writeFileSync(file, `model_list:\n${entry(upstream.url)}\n`);
  const gateway = startLoadstone(['--config', file, '--port', '0'], { cwd: folder });
  opened({
    close: async () => {
      gateway.child.kill('SIGKILL');
      await gateway.ended;
      rmSync(folder, { recursive: true, force: true });
    },
  });
  const readers = await openStreams(Number(new URL(await gateway.url()).port), upstream);
  gateway.child.kill('SIGTERM');
  await gateway.line('draining: no new connections, running requests finish');
  expect(upstream.held()).toBe(CROWD);
  expect(gateway.child.exitCode).toBe(null);
  upstream.release();
  const texts = await Promise.all(readers.map(({ ended }) => ended));
  expect(
    texts.filter((text) => text.includes('" last"') && text.endsWith('data: [DONE]\n\n\r\n0\r\n\r\n')),
  ).toHaveLength(CROWD);
  expect(await gateway.ended).toBe(0);
  expect(gateway.lines().filter(({ msg }) => msg === 'request')).toHaveLength(CROWD);
});

test(`${CROWD} clients that vanish in the middle of a stream free every upstream connection and every count`, async () => {
  const upstream = opened(await startHeldUpstream());
  const gateway = await openGateway([entry(upstream.url)]);
  const readers = await openStreams(gateway.port, upstream);
  const gauge = async (name: string): Promise<number> => {
    const scrape = await fetch(`${gateway.url}/metrics`, { headers: { connection: 'close' } });
    return Number(new RegExp(`^${name}(?:\\{.*\\})? (\\d+)$`, 'm').exec(await scrape.text())?.[1]);
  };
  const [requests, attempts, connections] = [
    'litellm_in_flight_requests',
    'loadstone_deployment_in_flight',
    'loadstone_open_connections',
  ] as const;
  // The scrape has a connection of its own.
  expect([await gauge(requests), await gauge(attempts), await gauge(connections)]).toEqual([CROWD, CROWD, CROWD + 1]);
  for (const [nth, { socket }] of readers.entries()) {
    if (nth % 2 === 0) socket.destroy();
    else socket.resetAndDestroy();
  }
  await expect.poll(() => upstream.held(), { timeout: 20_000 }).toBe(0);
  await expect.poll(() => gauge(connections)).toBe(1);
  expect([await gauge(requests), await gauge(attempts)]).toEqual([0, 0]);
  const left = (): number =>
    gateway.lines().filter(({ msg, status }) => msg === 'client left' && status === 499).length;
  await expect.poll(left).toBe(CROWD);
});

if (!knowsKernelQueues) {
  process.stdout.write('skipped: what the gateway holds for a client that does not read is known on Linux only\n');
}

const PIECE = `data: ${JSON.stringify({
  id: 'x',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm',
  choices: [{ index: 0, delta: { content: 'x'.repeat(4_000) }, finish_reason: null }],
})}\n\n`;

test.skipIf(!knowsKernelQueues)('a client that does not read costs the gateway less than a megabyte', async () => {
  let sent = 0;
  const upstream = opened(
    await startRawUpstream((socket) => {
      // The next piece follows when the last one is with the system: this process holds less than one.
      const next = (): void => {
        if (socket.destroyed) return;
        socket.write(PIECE, () => {
          sent += PIECE.length;
          next();
        });
      };
      socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n', next);
    }),
  );
  const gateway = await openGateway([entry(upstream.url)]);
  const client = connect(gateway.port, '127.0.0.1');
  client.pause();
  client.write(REQUEST);
  const ports = [gateway.port, Number(new URL(upstream.url).port)];
  const state = (): string => `${sent} ${kernelQueueBytes(ports)}`;
  let before = '';
  const stands = (): boolean => {
    const now = state();
    const isSame = now === before && sent > 0;
    before = now;
    return isSame;
  };
  await expect.poll(stands, { interval: 250, timeout: 20_000 }).toBe(true);
  expect(client.bytesRead).toBe(0);
  const held = sent - kernelQueueBytes(ports);
  expect(held).toBeLessThan(1024 * 1024);
  // It really was the gateway that was measured: it holds what it has read and could not pass on.
  expect(held).toBeGreaterThan(0);
  client.destroy();
  await expect.poll(() => upstream.open.size).toBe(0);
});
