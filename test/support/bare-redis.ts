// A redis-server of a test's own on a socket in a temporary folder, and the least of its protocol that a script needs:
// one command at a time, one reply.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PROGRAM = 'redis-server';

/** Why there is none, or undefined. */
export function redisIsMissing(): string | undefined {
  try {
    execFileSync(PROGRAM, ['--version'], { stdio: 'pipe' });
    return undefined;
  } catch {
    return 'there is no redis-server: apt-get install redis-server';
  }
}

export class BareRedis {
  readonly #socket: Socket;
  readonly #end: () => void;
  #text = Buffer.alloc(0);
  #waiting: ((reply: Buffer) => void) | undefined;

  private constructor(socket: Socket, end: () => void) {
    this.#socket = socket;
    this.#end = end;
    socket.on('data', (chunk: Buffer) => {
      this.#text = Buffer.concat([this.#text, chunk]);
      this.#settle();
    });
  }

  static async start(): Promise<BareRedis> {
    const folder = mkdtempSync(join(tmpdir(), 'loadstone-redis-'));
    const path = join(folder, 'socket');
    const args = ['--port', '0', '--unixsocket', path, '--dir', folder, '--save', '', '--daemonize', 'no'];
    const child = spawn(PROGRAM, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise<void>((resolve, reject) => {
      child.once('exit', () => reject(new Error('redis-server ended')));
      child.stdout.on('data', (chunk: Buffer) => {
        if (chunk.includes('eady to accept connections')) resolve();
      });
    });
    const socket = connect(path);
    await new Promise<void>((resolve) => void socket.once('connect', resolve));
    return new BareRedis(socket, () => {
      child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    });
  }

  /** The reply as text; an error reply rejects. */
  async send(...command: readonly string[]): Promise<string> {
    const parts = command.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`);
    this.#socket.write(`*${parts.length}\r\n${parts.join('')}`);
    const reply = await new Promise<Buffer>((resolve) => {
      this.#waiting = resolve;
      this.#settle();
    });
    if (reply[0] === ERROR) throw new Error(reply.toString());
    return reply[0] === BULK
      ? reply.subarray(reply.indexOf('\n') + 1, -2).toString()
      : reply.subarray(1, -2).toString();
  }

  close(): void {
    this.#socket.destroy();
    this.#end();
  }

  #settle(): void {
    const length = replyLength(this.#text);
    if (length === undefined || this.#waiting === undefined) return;
    const reply = this.#text.subarray(0, length);
    this.#text = this.#text.subarray(length);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting(reply);
  }
}

const ERROR = 45; // '-'
const BULK = 36; // '$'

/** Bytes of the first reply, `undefined` while it has not come whole. */
function replyLength(text: Buffer): number | undefined {
  const line = text.indexOf('\n') + 1;
  if (line === 0) return undefined;
  if (text[0] !== BULK) return line;
  const bytes = Number(text.subarray(1, line - 2).toString());
  const length = bytes < 0 ? line : line + bytes + 2;
  return text.length < length ? undefined : length;
}
