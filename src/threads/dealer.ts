// Connections for threads where the system cannot share a port among them (macOS, Windows): this thread accepts, deals
// each connection to the thread with the fewest, and passes the bytes on. Slower than a shared port, and otherwise the
// same. A socket cannot change threads in Node, so its bytes do.
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { WatchingHandlers, WorkerThread } from './worker-thread.ts';

/** Who serves a connection. */
interface Dealt {
  readonly socket: Socket;
  readonly thread: WorkerThread;
}

const BACKLOG = 4096;

export class Dealer {
  readonly #threads: () => readonly WorkerThread[];
  readonly #server: Server;
  readonly #dealt = new Map<number, Dealt>();
  #lastId = 0;

  /** `threads` gives those that serve now. */
  constructor(threads: () => readonly WorkerThread[]) {
    this.#threads = threads;
    this.#server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => this.#deal(socket));
  }

  /** The port that it listens on. */
  listen(place: { readonly host: string; readonly port: number }): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ ...place, backlog: BACKLOG }, () => {
        this.#server.off('error', reject);
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  /** Accepts no more. */
  close(): void {
    this.#server.close();
  }

  /** The thread has died, and its connections with it. */
  bury(thread: WorkerThread): void {
    for (const dealt of this.#dealt.values()) if (dealt.thread === thread) dealt.socket.destroy();
  }

  readonly handlers: Pick<WatchingHandlers, 'write' | 'finish' | 'drop' | 'flow'> = {
    write: ({ id, bytes }) => this.#write(id, bytes),
    finish: (id) => void this.#dealt.get(id)?.socket.end(),
    drop: (id) => void this.#dealt.get(id)?.socket.destroy(),
    flow: ({ id, isOpen }) => {
      const socket = this.#dealt.get(id)?.socket;
      if (isOpen) socket?.resume();
      else socket?.pause();
    },
  };

  #deal(socket: Socket): void {
    const thread = this.#leastLoaded();
    if (thread === undefined) return void socket.destroy();
    const { line } = thread;
    const id = (this.#lastId += 1);
    this.#dealt.set(id, { socket, thread });
    line.tell('accept', { id, remoteAddress: socket.remoteAddress, remotePort: socket.remotePort });
    socket.on('data', (chunk: Buffer) => {
      const bytes = new Uint8Array(chunk);
      line.tell('bytes', { id, bytes }, [bytes.buffer]);
    });
    socket.on('end', () => line.tell('ended', id));
    // Its end is told by the close that follows.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#dealt.delete(id);
      line.tell('gone', id);
    });
  }

  #leastLoaded(): WorkerThread | undefined {
    const loads = new Map(this.#threads().map((thread) => [thread, 0]));
    for (const { thread } of this.#dealt.values()) loads.set(thread, (loads.get(thread) ?? 0) + 1);
    let least: WorkerThread | undefined;
    for (const thread of this.#threads()) {
      if (least === undefined || (loads.get(thread) ?? 0) < (loads.get(least) ?? 0)) least = thread;
    }
    return least;
  }

  #write(id: number, bytes: Uint8Array): Promise<void> {
    const socket = this.#dealt.get(id)?.socket;
    if (socket === undefined || socket.destroyed) return Promise.resolve();
    return new Promise((resolve) => void socket.write(bytes, () => resolve()));
  }
}
