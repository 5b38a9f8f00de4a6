// A client that sends whatever bytes a test wants and tells what came back, byte for byte.
import { connect, type Socket } from 'node:net';

export interface RawReply {
  /** 0 when nothing came. */
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** The bytes of one request; `headers` are whole lines. */
export function rawRequest(target: string, body: string | Buffer, headers: readonly string[] = []): Buffer {
  const bytes = Buffer.from(body);
  const lines = [`POST ${target} HTTP/1.1`, 'host: x', `content-length: ${bytes.length}`, ...headers];
  if (!headers.some((line) => line.startsWith('content-type'))) lines.push('content-type: application/json');
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), bytes]);
}

/** Sends `bytes` and reads until the other side closes; a reset ends the reading as well. */
export function sendRaw(port: number, bytes: string | Buffer): Promise<RawReply> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1');
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(readReply(Buffer.concat(chunks).toString('latin1'))));
    socket.write(bytes);
  });
}

/** A connection that a test drives itself. */
export function openRaw(port: number): Socket {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  return socket;
}

function readReply(text: string): RawReply {
  const end = text.indexOf('\r\n\r\n');
  const head = end < 0 ? text : text.slice(0, end);
  return { status: Number(head.split(' ')[1] ?? 0), head, body: end < 0 ? '' : text.slice(end + 4) };
}
