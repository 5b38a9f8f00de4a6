// The places where a Redis may be named, read alike: a map of the config under its own names for the fields, or the
// environment. Which of them is used is decided by `readRedis`.
import type { ConfigNode, MapNode, PlainValue } from './config-node.ts';
import { childOf, toPlain } from './config-node.ts';
import type { Environment } from './environment.ts';
import type { Spot } from './findings.ts';
import { textOf } from './read-value.ts';
import type { RedisNode } from './redis-settings.ts';

export type RedisField =
  | 'url'
  | 'host'
  | 'port'
  | 'password'
  | 'username'
  | 'db'
  | 'ssl'
  | 'ssl_ca_certs'
  | 'ssl_certfile'
  | 'ssl_keyfile'
  | 'ssl_cert_reqs'
  | 'ssl_check_hostname'
  | 'namespace'
  | 'service_name'
  | 'sentinel_password'
  | 'startup_nodes'
  | 'sentinel_nodes';

export interface FieldValue {
  readonly plain: PlainValue;
  readonly text: string | undefined;
  readonly spot: Spot;
}

/** The value of a field, if it is set; an empty text is not. */
export type RedisSource = (field: RedisField) => FieldValue | undefined;

/** The maps in which a field may stand, by the name that it has there; the first one that has it wins. */
export interface NamedMap {
  readonly map: ConfigNode | undefined;
  readonly where: string;
  readonly nameOf: (field: RedisField) => readonly string[];
}

export function mapSource(maps: readonly NamedMap[]): RedisSource {
  return (field) => {
    for (const { map, where, nameOf } of maps) {
      for (const name of nameOf(field)) {
        const node = childOf(map, name);
        const text = textOf(node);
        if (node === undefined || text === '') continue;
        return { plain: toPlain(node), text, spot: { place: node.place, where: `${where}.${name}` } };
      }
    }
    return undefined;
  };
}

/** The environment has no place in a file: findings about it stand at the beginning of the config. */
export function environmentSource(env: Environment, root: MapNode): RedisSource {
  return (field) => {
    const name = `REDIS_${(field === 'startup_nodes' ? 'cluster_nodes' : field).toUpperCase()}`;
    const text = env[name];
    if (text === undefined || text === '') return undefined;
    const plain = field.endsWith('_nodes') ? parsedJson(text) : text;
    return { plain, text, spot: { place: root.place, where: `environment variable ${name}` } };
  };
}

/** The first source that has the field. */
export function firstOf(sources: readonly RedisSource[]): RedisSource {
  return (field) => {
    for (const source of sources) {
      const value = source(field);
      if (value !== undefined) return value;
    }
    return undefined;
  };
}

function parsedJson(text: string): PlainValue {
  try {
    return JSON.parse(text) as PlainValue;
  } catch {
    return null;
  }
}

/** Nodes as LiteLLM takes them: maps with `host` and `port`, pairs, or `host:port`. `undefined`: not such a list. */
export function nodesOf(plain: PlainValue): readonly RedisNode[] | undefined {
  if (!Array.isArray(plain) || plain.length === 0) return undefined;
  const nodes = plain.map(nodeOf).filter((node) => node !== undefined);
  return nodes.length === plain.length ? nodes : undefined;
}

function nodeOf(item: PlainValue): RedisNode | undefined {
  const [host, port] = partsOf(item);
  const number = typeof port === 'number' || typeof port === 'string' ? portOf(String(port)) : undefined;
  return typeof host === 'string' && host !== '' && number !== undefined ? { host, port: number } : undefined;
}

function partsOf(item: PlainValue): readonly (PlainValue | undefined)[] {
  if (Array.isArray(item)) return item;
  if (item !== null && typeof item === 'object') return [item['host'], item['port']];
  const text = typeof item === 'string' ? item : '';
  const colon = text.lastIndexOf(':');
  return [text.slice(0, Math.max(0, colon)), text.slice(colon + 1)];
}

/** A TCP port, also written as text. */
export function portOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^\s*\d{1,5}\s*$/.test(text)) return undefined;
  const port = Number(text);
  return port >= 1 && port <= 65_535 ? port : undefined;
}
