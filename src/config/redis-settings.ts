// What is known about the Redis over which instances share their limits. Plain values: the connection itself, and the
// files behind its TLS, belong to src/sharing.

export interface RedisNode {
  readonly host: string;
  readonly port: number;
}

/** Where to ask. Of a cluster and of sentinels any reachable node tells where the others are. */
export type RedisPlace =
  | ({ readonly kind: 'server' } & RedisNode)
  | { readonly kind: 'cluster'; readonly nodes: readonly RedisNode[] }
  | {
      readonly kind: 'sentinel';
      readonly nodes: readonly RedisNode[];
      readonly service: string;
      readonly password: string | undefined;
    };

export interface RedisTls {
  /** PEM files; without `caFile` the roots of Node. */
  readonly caFile: string | undefined;
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
  /** false: any certificate will do. */
  readonly verifies: boolean;
  /** false: a certificate for another host will do. */
  readonly checksHost: boolean;
}

/** Holds a secret: never print it. */
export interface RedisSettings {
  readonly place: RedisPlace;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
  /** `undefined` = no TLS. */
  readonly tls: RedisTls | undefined;
  /** Instances share limits within one namespace. */
  readonly namespace: string;
}

/** The place for people, without credentials: `host:6379`, `cluster host:7000`, `sentinel mymaster at host:26379`. */
export function shownPlace(place: RedisPlace): string {
  if (place.kind === 'server') return `${place.host}:${place.port}`;
  const nodes = place.nodes.map(({ host, port }) => `${host}:${port}`).join(', ');
  return place.kind === 'cluster' ? `cluster ${nodes}` : `sentinel ${place.service} at ${nodes}`;
}
