// The connection to wherever the shared numbers lie: a server, the primary that sentinels name, or the one node of a
// cluster that owns the slot of our keys (they all carry one hash tag, so there is only one). It is asked for anew with
// every connection, so a failover needs nothing but the next attempt.
import type { RedisNode, RedisSettings } from '../config/redis-settings.ts';
import type { Login, RedisClient } from './redis-client.ts';
import { connectRedis } from './redis-client.ts';

/** Most nodes of a cluster that a call is sent on to. */
const MOST_MOVES = 3;

export type RedisConnection = RedisClient;

/** Rejects when no node can be reached; `signal` gives up. */
export async function openRedis(settings: RedisSettings, signal: AbortSignal): Promise<RedisConnection> {
  const { place } = settings;
  switch (place.kind) {
    case 'server':
      return connectRedis(place, settings, signal);
    case 'sentinel': {
      const primary = await askSentinels(settings, signal);
      return connectRedis(primary, settings, signal);
    }
    case 'cluster': {
      const first = await firstReachable(place.nodes, (node) => connectRedis(node, settings, signal), signal);
      return new ClusterConnection(first, settings);
    }
  }
}

async function askSentinels(settings: RedisSettings, signal: AbortSignal): Promise<RedisNode> {
  const { place, tls } = settings;
  if (place.kind !== 'sentinel') throw new TypeError('not a place with sentinels');
  const login: Login = { username: undefined, password: place.password, database: 0, tls };
  return firstReachable(
    place.nodes,
    async (node) => {
      const sentinel = await connectRedis(node, login, signal);
      try {
        const reply = await sentinel.send(['SENTINEL', 'get-master-addr-by-name', place.service]);
        const [host, port] = Array.isArray(reply) ? reply.map(String) : [];
        if (host === undefined || port === undefined) throw new Error(`sentinels know no service ${place.service}`);
        return { host, port: Number(port) };
      } finally {
        sentinel.close();
      }
    },
    signal,
  );
}

/** The first node that answers, in the order of the config; the last one's error when none does. */
async function firstReachable<T>(
  nodes: readonly RedisNode[],
  reach: (node: RedisNode) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  let trouble: unknown = new Error('no nodes');
  for (const node of nodes) {
    signal.throwIfAborted();
    try {
      return await reach(node);
    } catch (error) {
      trouble = error;
    }
  }
  throw trouble;
}

/** Follows `MOVED`: the call that hears of it is sent to the node that it names, and so are all further ones. */
class ClusterConnection implements RedisClient {
  #client: RedisClient;
  readonly #login: Login;
  readonly #gone = new AbortController();

  constructor(client: RedisClient, login: Login) {
    this.#client = client;
    this.#login = login;
  }

  async send(args: readonly string[]): Promise<unknown> {
    for (let moves = 0; ; moves++) {
      try {
        return await this.#client.send(args);
      } catch (error) {
        const target = moves < MOST_MOVES ? movedTo(error) : undefined;
        if (target === undefined) throw error;
        this.#client.close();
        this.#client = await connectRedis(target, this.#login, this.#gone.signal);
      }
    }
  }

  close(): void {
    this.#gone.abort();
    this.#client.close();
  }
}

/** `MOVED 3999 127.0.0.1:6381` */
function movedTo(error: unknown): RedisNode | undefined {
  const found = error instanceof Error ? /^MOVED \d+ (.+):(\d+)$/.exec(error.message) : null;
  return found?.[1] === undefined ? undefined : { host: found[1], port: Number(found[2]) };
}
