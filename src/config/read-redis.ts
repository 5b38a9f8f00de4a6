// Which Redis the config names, if any: the router's own settings, then the block for coordination, then the Redis of the
// cache, as in LiteLLM 1.106; what the place found does not say is taken from `REDIS_*` in the environment, which may
// also name the Redis alone (reference 9.1, 9f).
import { childOf } from './config-node.ts';
import type { MapNode } from './config-node.ts';
import type { Environment } from './environment.ts';
import type { Findings, Spot } from './findings.ts';
import { booleanIn, textIn } from './read-value.ts';
import type { RedisPlace, RedisSettings, RedisTls } from './redis-settings.ts';
import type { FieldValue, RedisField, RedisSource } from './redis-source.ts';
import { environmentSource, firstOf, mapSource, nodesOf, portOf } from './redis-source.ts';
import { parseRedisUrl } from './redis-url.ts';
import type { RedisUrl } from './redis-url.ts';

const DEFAULT_PORT = 6_379;
const DEFAULT_SERVICE = 'mymaster';
const DEFAULT_NAMESPACE = 'default';

export interface RedisSections {
  readonly router: MapNode;
  readonly litellm: MapNode;
  readonly general: MapNode;
  readonly env: Environment;
}

/** `undefined`: no Redis is named, and each instance counts for itself. */
export function readRedis(sections: RedisSections, findings: Findings): RedisSettings | undefined {
  const environment = environmentSource(sections.env, sections.router);
  for (const named of namedSources(sections)) {
    const source = firstOf([named, environment]);
    const isMeant = FIELDS.some((field) => named(field) !== undefined);
    if (isMeant && hasAddress(source)) return settingsOf(addressSource(named, environment), source, findings);
  }
  warnWithoutAddress(namedSources(sections), findings);
  return hasAddress(environment) ? settingsOf(environment, environment, findings) : undefined;
}

const ADDRESSES: readonly RedisField[] = ['startup_nodes', 'sentinel_nodes', 'url', 'host'];
const FIELDS: readonly RedisField[] = [...ADDRESSES, 'port', 'password', 'username', 'db', 'ssl', 'namespace'];

function namedSources({ router, litellm, general }: RedisSections): RedisSource[] {
  const plain = (field: RedisField): string[] =>
    field === 'startup_nodes' ? ['startup_nodes', 'redis_startup_nodes'] : [field];
  const block = (map: MapNode, section: string, key: string) => ({
    map: childOf(map, key),
    where: `${section}.${key}`,
    nameOf: plain,
  });
  const own = { map: router, where: 'router_settings', nameOf: (field: RedisField) => [`redis_${field}`] };
  return [
    mapSource([own, block(router, 'router_settings', 'cache_kwargs')]),
    mapSource([block(general, 'general_settings', 'coordination_redis')]),
    ...(cachesInRedis(litellm) ? [mapSource([block(litellm, 'litellm_settings', 'cache_params')])] : []),
  ];
}

/** The proxy's cache is Redis unless its type says otherwise. */
function cachesInRedis(litellm: MapNode): boolean {
  const type = textIn(childOf(litellm, 'cache_params'), 'type') ?? 'redis';
  return (booleanIn(litellm, 'cache') ?? false) && type.startsWith('redis');
}

function hasAddress(source: RedisSource): boolean {
  return ADDRESSES.some((field) => source(field) !== undefined);
}

/** An address in the config is not mixed with one from the environment. */
function addressSource(named: RedisSource, environment: RedisSource): RedisSource {
  return hasAddress(named) ? named : environment;
}

function warnWithoutAddress(sources: readonly RedisSource[], findings: Findings): void {
  for (const source of sources) {
    const given = FIELDS.map(source).find((value) => value !== undefined);
    if (given === undefined || hasAddress(source)) continue;
    findings.warning(given.spot, 'no effect: neither a host nor a URL of a Redis is set');
  }
}

/** The Redis of a cache, or of the environment, may be meant for something else: then it is not worth a refusal. */
function complain(spot: Spot, what: string, findings: Findings): void {
  if (/^(?:router|general)_settings\./.test(spot.where)) findings.error(spot, what);
  else findings.warning(spot, `${what}: Redis is not used, each instance counts for itself`);
}

/** `address` says where, `source` everything else. Errors are reported, and the rest is read all the same. */
function settingsOf(address: RedisSource, source: RedisSource, findings: Findings): RedisSettings | undefined {
  const url = urlOf(address, findings);
  const place = placeOf(address, { source, url }, findings);
  if (place === undefined) return undefined;
  const text = (field: RedisField): string | undefined => source(field)?.text;
  const database = databaseOf(url?.database, source('db'), findings);
  if (place.kind === 'cluster' && database !== 0) {
    const spot = source('db')?.spot;
    if (spot !== undefined) findings.warning(spot, 'no effect: a Redis cluster has database 0 only');
  }
  return {
    place,
    username: url?.username ?? text('username'),
    password: url?.password ?? text('password'),
    database: place.kind === 'cluster' ? 0 : database,
    tls: tlsOf(source, url, findings),
    namespace: text('namespace') ?? DEFAULT_NAMESPACE,
  };
}

/** `undefined` also when nodes are listed, which beat a URL. */
function urlOf(address: RedisSource, findings: Findings): RedisUrl | undefined {
  const given = address('url');
  if (given === undefined || address('startup_nodes') !== undefined || address('sentinel_nodes') !== undefined) {
    return undefined;
  }
  const url = parseRedisUrl(given.text ?? '');
  if (url === undefined) {
    complain(
      given.spot,
      'must be a URL: redis://[[user]:password@]host[:port][/database], or rediss:// for TLS',
      findings,
    );
  }
  return url;
}

interface PlaceParts {
  readonly source: RedisSource;
  readonly url: RedisUrl | undefined;
}

function placeOf(address: RedisSource, { source, url }: PlaceParts, findings: Findings): RedisPlace | undefined {
  const listed = address('startup_nodes') ?? address('sentinel_nodes');
  if (listed !== undefined) {
    const nodes = nodesOf(listed.plain);
    if (nodes === undefined) {
      complain(listed.spot, 'must be a list of nodes, each with host and port', findings);
      return undefined;
    }
    if (address('startup_nodes') !== undefined) return { kind: 'cluster', nodes };
    const service = source('service_name')?.text ?? DEFAULT_SERVICE;
    return { kind: 'sentinel', nodes, service, password: source('sentinel_password')?.text };
  }
  if (url !== undefined) return { kind: 'server', ...url.node };
  const host = address('url') === undefined ? address('host')?.text : undefined;
  const port = portFor(source('port'), findings);
  return host === undefined || port === undefined ? undefined : { kind: 'server', host, port };
}

/** In a cluster of Kubernetes `REDIS_PORT` may be `tcp://10.0.0.1:6379`, made by the system for a service "redis". */
function portFor(given: FieldValue | undefined, findings: Findings): number | undefined {
  if (given === undefined) return DEFAULT_PORT;
  const port = portOf(given.text) ?? portOf(/^tcp:\/\/.*:(\d+)$/.exec(given.text ?? '')?.[1]);
  if (port === undefined) complain(given.spot, 'must be a port, 1 to 65535', findings);
  return port;
}

function databaseOf(inUrl: string | undefined, given: FieldValue | undefined, findings: Findings): number {
  const text = inUrl ?? given?.text ?? '0';
  if (/^\d{1,6}$/.test(text)) return Number(text);
  if (given !== undefined) complain(given.spot, 'must be the number of a database, 0 or more', findings);
  return 0;
}

function tlsOf(source: RedisSource, url: RedisUrl | undefined, findings: Findings): RedisTls | undefined {
  const text = (field: RedisField): string | undefined => url?.option(field) ?? source(field)?.text;
  const isOn = url === undefined ? isTrue(source('ssl')?.text) : url.hasTls || isTrue(source('ssl')?.text);
  if (!isOn) return undefined;
  const verifies = !/^(?:none|cert_none|optional|false|0)$/i.test(text('ssl_cert_reqs') ?? 'required');
  const spot = source('ssl_cert_reqs')?.spot;
  if (!verifies && spot !== undefined) findings.warning(spot, 'the certificate of the Redis is not verified');
  return {
    caFile: text('ssl_ca_certs'),
    certFile: text('ssl_certfile'),
    keyFile: text('ssl_keyfile') ?? text('ssl_certfile'),
    verifies,
    checksHost: !/^(?:false|no|off|0)$/i.test(text('ssl_check_hostname') ?? 'true'),
  };
}

function isTrue(text: string | undefined): boolean {
  return /^(?:true|yes|on|1)$/i.test(text?.trim() ?? '');
}
