// One client of the Redis library, made for a gateway: it never reconnects by itself, never queues while it is not
// connected, and is thrown away at the first trouble. When to try again is decided in one place, the loop, on its clock.
// The library is loaded with the first client: it costs 30 MB, which a gateway without Redis does not pay.
import { readFile } from 'node:fs/promises';
import type { RedisNode, RedisTls } from '../config/redis-settings.ts';

/** In milliseconds of the wall: sockets know no other clock. */
const CONNECT_LIMIT_MS = 1_000;

export interface Login {
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
  readonly tls: RedisTls | undefined;
}

export interface RedisClient {
  /** Rejects for an error reply, and for a connection that is lost. */
  send(args: readonly string[]): Promise<unknown>;
  /** Ends the connection at once; calls under way reject. */
  close(): void;
}

/** Connects and signs in. Rejects when that fails; `signal` gives up. */
export async function connectRedis(node: RedisNode, login: Login, signal: AbortSignal): Promise<RedisClient> {
  const { createClient } = await import('@redis/client');
  const { username, password, database } = login;
  const socket = { ...node, connectTimeout: CONNECT_LIMIT_MS, reconnectStrategy: false } as const;
  const tls = login.tls === undefined ? {} : await readTls(login.tls);
  const client = createClient({
    RESP: 2,
    disableClientInfo: true,
    disableOfflineQueue: true,
    maintNotifications: 'disabled',
    socket: login.tls === undefined ? socket : { ...socket, tls: true, ...tls },
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    database,
  });
  let lost: Error | undefined;
  // Without a listener the library throws; what happened is told to the call that finds out.
  client.on('error', (error: Error) => (lost ??= error));
  const close = (): void => client.destroy();
  signal.throwIfAborted();
  signal.addEventListener('abort', close, { once: true });
  try {
    await client.connect();
  } catch (error) {
    close();
    throw error;
  } finally {
    signal.removeEventListener('abort', close);
  }
  return {
    send: (args) =>
      client.sendCommand([...args]).catch((error: unknown) => {
        throw lost ?? error;
      }),
    close,
  };
}

/** Read at every connection: a certificate may be renewed, or be mounted late. */
async function readTls({ caFile, certFile, keyFile, verifies, checksHost }: RedisTls): Promise<object> {
  const [ca, cert, key] = await Promise.all([caFile, certFile, keyFile].map(readIfNamed));
  return {
    rejectUnauthorized: verifies,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined || cert === undefined ? {} : { key }),
    ...(checksHost ? {} : { checkServerIdentity: () => undefined }),
  };
}

async function readIfNamed(path: string | undefined): Promise<Buffer | undefined> {
  return path === undefined ? undefined : readFile(path);
}
