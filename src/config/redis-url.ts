// A `redis://` or `rediss://` URL, as redis-py reads it: credentials and database in their usual places, options of TLS
// in the query.
import type { RedisNode } from './redis-settings.ts';

const DEFAULT_PORT = 6_379;

export interface RedisUrl {
  readonly node: RedisNode;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: string | undefined;
  readonly hasTls: boolean;
  /** An option of the query: `ssl_ca_certs`, `ssl_cert_reqs`, … */
  readonly option: (name: string) => string | undefined;
}

/** `undefined`: not such a URL. Its text may hold a password, so no message repeats it. */
export function parseRedisUrl(text: string): RedisUrl | undefined {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
  if (url === undefined || !/^rediss?:$/.test(url.protocol) || url.hostname === '') return undefined;
  const option = (name: string): string | undefined => url.searchParams.get(name) || undefined;
  return {
    node: { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port === '' ? DEFAULT_PORT : Number(url.port) },
    username: decoded(url.username),
    password: decoded(url.password),
    database: decoded(url.pathname.replace(/^\//, '')) ?? option('db'),
    hasTls: url.protocol === 'rediss:',
    option,
  };
}

function decoded(text: string): string | undefined {
  if (text === '') return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
