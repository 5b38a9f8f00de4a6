import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { buildConnector, Pool } from 'undici';
import { afterEach, expect, test } from 'vitest';
import { createClock } from './clock.ts';
import { UpstreamCall, type BrokenCall } from './upstream-call.ts';

const open: (() => void)[] = [];

afterEach(() => {
  for (const close of open.splice(0)) close();
});

/** Answers every connection's first bytes with `answer`. */
async function serverOf(answer: string): Promise<string> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.write(answer));
    open.push(() => socket.destroy());
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  open.push(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

class Call extends UpstreamCall {
  readonly seen: string[] = [];
  broken: BrokenCall | undefined;
  readonly #throwsAt: string | undefined;
  readonly #end: () => void;

  constructor(throwsAt: string | undefined, end: () => void) {
    super(createClock(100));
    this.#throwsAt = throwsAt;
    this.#end = end;
  }

  protected onHead(status: number): void {
    this.#note('head');
    if (status >= 500) this.limitErrorBody(undefined, 1_000);
  }

  protected onBytes(): void {
    this.#note('bytes');
  }

  protected onComplete(): void {
    this.#note('complete');
    this.#end();
  }

  protected onBroken(broken: BrokenCall): void {
    this.broken = broken;
    this.#end();
  }

  #note(what: string): void {
    this.seen.push(what);
    if (what === this.#throwsAt) throw new Error(`bug at ${what}`);
  }
}

async function run(answer: string, throwsAt?: string): Promise<Call> {
  const origin = await serverOf(answer);
  const pool = new Pool(origin);
  open.push(() => void pool.destroy());
  return new Promise((resolve) => {
    const call: Call = new Call(throwsAt, () => resolve(call));
    call.send(pool, origin, { path: '/', method: 'GET', headers: [], body: undefined });
  });
}

const WHOLE = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}';

test('a whole answer completes once', async () => {
  const call = await run(WHOLE);
  expect([call.seen, call.broken]).toEqual([['head', 'bytes', 'complete'], undefined]);
});

test.for(['head', 'bytes', 'complete'])(
  'a bug in the handling of %s breaks the call instead of leaving it hanging',
  async (at) => {
    const call = await run(WHOLE, at);
    expect(call.broken).toMatchObject({ kind: 'transport', message: `bug at ${at}` });
    expect(call.isOver).toBe(true);
  },
);

test('an error whose body stalls completes with what came', async () => {
  const call = await run('HTTP/1.1 500 E\r\ncontent-length: 50\r\n\r\n{');
  expect([call.seen, call.broken]).toEqual([['head', 'bytes', 'complete'], undefined]);
});

test.for([
  ['is read', (): undefined => undefined],
  ['is held back', (call: Call): void => call.pause()],
] as const)('a call that is cancelled while its answer %s has closed its connection at once', async ([, prepare]) => {
  const origin = await serverOf('HTTP/1.1 200 OK\r\n\r\nthe beginning');
  let socket: Socket | undefined;
  const connectTo = buildConnector({});
  const pool = new Pool(origin, {
    connect: (options, callback) =>
      connectTo(options, (...result) => {
        socket = result[1] ?? undefined;
        callback(...result);
      }),
  });
  open.push(() => void pool.destroy());
  const call = new Call(undefined, () => undefined);
  call.send(pool, origin, { path: '/', method: 'GET', headers: [], body: undefined });
  await expect.poll(() => call.seen).toEqual(['head', 'bytes']);
  expect(socket?.destroyed).toBe(false);
  prepare(call);
  call.cancel('the client went away');
  // In the same turn of the event loop.
  expect([socket?.destroyed, call.broken?.kind, call.isOver]).toEqual([true, 'cancelled', true]);
});
