// Over real sockets: when answers reach the system, and that they are whole however they were held.
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { GatheredResponse } from './gathered-response.ts';

const LARGE = 'x'.repeat(3_000_000);
const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

type Act = (responses: readonly GatheredResponse[]) => void;

interface Received {
  readonly text: string;
  readonly isWhole: boolean;
}

/** `act` is handed the responses to as many requests at once, in one turn. */
async function answered(count: number, act: Act): Promise<Received[]> {
  const waiting: GatheredResponse[] = [];
  const server = createServer({ ServerResponse: GatheredResponse }, (_request, response) => {
    waiting.push(response);
    if (waiting.length === count) act(waiting.splice(0));
  });
  servers.push(server);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Promise.all(Array.from({ length: count }, () => receive(port)));
}

function receive(port: number): Promise<Received> {
  return new Promise((resolve) => {
    let text = '';
    const end = (isWhole: boolean): void => resolve({ text, isWhole });
    const client = request({ port, host: '127.0.0.1', agent: false }, (answer: IncomingMessage) => {
      answer.setEncoding('latin1');
      answer.on('data', (part: string) => (text += part));
      answer.once('error', () => end(false));
      answer.once('end', () => end(true));
    });
    client.once('error', () => end(false));
    client.end();
  });
}

/** Turns with several writes, so that the next one holds them. */
async function makeBusy(): Promise<void> {
  await answered(2, (responses) => {
    for (const response of responses) response.end('busy');
  });
}

async function makeQuiet(): Promise<void> {
  await answered(1, ([response]) => response?.end('quiet'));
  await answered(1, ([response]) => response?.end('quiet'));
}

describe('answers of one turn', () => {
  test('wait for its end where the last one had several', async () => {
    await makeBusy();
    const ended: boolean[] = [];
    const received = await answered(2, (responses) => {
      for (const [nth, response] of responses.entries()) response.end(`answer ${nth}`);
      for (const { writableEnded } of responses) ended.push(writableEnded);
      setImmediate(() => {
        for (const { writableEnded } of responses) ended.push(writableEnded);
      });
    });
    expect(received.map(({ text }) => text).toSorted()).toEqual(['answer 0', 'answer 1']);
    expect(ended).toEqual([false, false, true, true]);
  });

  test('leave without one that cannot be written, which is told as a warning', async () => {
    await makeBusy();
    const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const received = await answered(2, ([broken, whole]) => {
      broken?.end(5);
      whole?.end('whole');
    });
    expect(received.toSorted((one, other) => one.text.localeCompare(other.text))).toEqual([
      { text: '', isWhole: false },
      { text: 'whole', isWhole: true },
    ]);
    expect(warnings).toHaveBeenCalledOnce();
    warnings.mockRestore();
  });

  test('leave at once where the last one had one', async () => {
    await makeQuiet();
    const ended: boolean[] = [];
    await answered(1, ([response]) => ended.push(response?.end('alone').writableEnded === true));
    expect(ended).toEqual([true]);
  });
});

describe.each([
  ['held', makeBusy],
  ['not held', makeQuiet],
])('what is written, %s,', (_name, before) => {
  test('arrives whole and in order', async () => {
    await before();
    const [received] = await answered(1, ([response]) => {
      response?.writeHead(200, ['content-type', 'text/plain']);
      for (let nth = 0; nth < 100; nth++) response?.write(`${nth},`, 'latin1');
      response?.end('end', 'latin1');
    });
    expect(received).toEqual({
      text: `${Array.from({ length: 100 }, (_, nth) => `${nth},`).join('')}end`,
      isWhole: true,
    });
  });

  test('makes room again for who waits for it', async () => {
    await before();
    const [received] = await answered(1, ([response]) => {
      const hasRoom = response?.write(LARGE, 'latin1');
      response?.once('drain', () => response.end(`room: ${hasRoom}`));
    });
    expect(received).toEqual({ text: `${LARGE}room: false`, isWhole: true });
  });

  test('is there when the connection is broken behind it', async () => {
    await before();
    const [received] = await answered(1, ([response]) => {
      response?.writeHead(200, ['content-type', 'text/plain']);
      response?.write('a part');
      process.nextTick(() => response?.destroy());
    });
    expect(received).toEqual({ text: 'a part', isWhole: false });
  });

  test('is nobody else’s when the client is gone', async () => {
    await before();
    const [received] = await answered(1, ([response]) => {
      response?.socket?.destroy();
      response?.write('for nobody');
      response?.end('for nobody');
    });
    expect(received).toEqual({ text: '', isWhole: false });
    await makeQuiet();
  });
});
