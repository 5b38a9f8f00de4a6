// An upstream that answers whatever bytes a test wants, also ones that no HTTP library would write. The fake provider
// knows the faults of real providers; this one is for malice and broken machines.
import { createServer, type AddressInfo, type Socket } from 'node:net';

/** Answers one request on `socket`; `head` is the request's text up to the blank line. */
export type RawAnswer = (socket: Socket, head: string) => void;

export interface RawUpstream {
  readonly url: string;
  /** Heads of the requests so far. */
  readonly heads: readonly string[];
  /** Connections that are open now. */
  readonly open: ReadonlySet<Socket>;
  answer: RawAnswer;
  close(): Promise<void>;
}

export async function startRawUpstream(answer: RawAnswer): Promise<RawUpstream> {
  const heads: string[] = [];
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => undefined);
    let text = '';
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
      const length = requestLength(text);
      if (length === undefined || text.length < length) return;
      const head = text.slice(0, text.indexOf('\r\n\r\n'));
      text = text.slice(length);
      heads.push(head);
      upstream.answer(socket, head);
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const upstream: RawUpstream = {
    url: `http://127.0.0.1:${port}`,
    heads,
    open,
    answer,
    close: () => {
      for (const socket of open) socket.destroy();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
  return upstream;
}

function requestLength(text: string): number | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  return end + 4 + Number(/^content-length: *(\d+)/im.exec(text.slice(0, end))?.[1] ?? 0);
}

/** Writes `bytes` again and again, as fast as they are taken, `maxBytes` in all; tells how many have been taken. */
export function flood(socket: Socket, bytes: string, maxBytes = Number.POSITIVE_INFINITY): { written(): number } {
  const chunk = Buffer.from(bytes);
  let written = 0;
  const go = (): void => {
    while (!socket.destroyed && written < maxBytes) {
      written += chunk.length;
      if (!socket.write(chunk)) return;
    }
    if (!socket.destroyed) socket.end();
  };
  socket.on('drain', go);
  go();
  return { written: () => written };
}
