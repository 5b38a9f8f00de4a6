import { describe, expect, test } from 'vitest';
import { loadConfigText } from './load.ts';
import type { GatewayConfig } from './types.ts';
import { shownPlace } from './redis-settings.ts';

function load(text: string, env: Readonly<Record<string, string>> = {}): GatewayConfig {
  return loadConfigText(`model_list: [{model_name: m, litellm_params: {model: openai/m, api_key: k}}]\n${text}`, {
    env,
  });
}

const PLAIN = { username: undefined, password: undefined, database: 0, tls: undefined, namespace: 'default' };
const at = (host: string, port = 6_379) => ({ kind: 'server', host, port });

describe('the Redis that a config names', () => {
  test.for([
    ['nothing', '', {}, undefined],
    ['a host', 'router_settings: {redis_host: h, redis_port: 7000}', {}, { place: at('h', 7_000) }],
    ['a port as text', 'router_settings: {redis_host: h, redis_port: "7000"}', {}, { place: at('h', 7_000) }],
    ['a host alone', 'router_settings: {redis_host: h}', {}, { place: at('h') }],
    [
      'host, user, password and database',
      'router_settings: {redis_host: h, redis_username: u, redis_password: p, redis_db: "3", redis_namespace: blue}',
      {},
      { place: at('h'), username: 'u', password: 'p', database: 3, namespace: 'blue' },
    ],
    ['a password that is a number', 'router_settings: {redis_host: h, redis_password: 007}', {}, { password: '7' }],
    [
      'a URL',
      'router_settings: {redis_url: "redis://u:p%40ss@[::1]:7001/2"}',
      {},
      { place: at('::1', 7_001), username: 'u', password: 'p@ss', database: 2 },
    ],
    ['a URL that is not encoded well', 'router_settings: {redis_url: "redis://:100%@h"}', {}, { password: '100%' }],
    ['a URL beats a host', 'router_settings: {redis_url: "redis://h", redis_host: g}', {}, { place: at('h') }],
    [
      'references to the environment',
      'router_settings: {redis_host: os.environ/MY_HOST, redis_port: os.environ/MY_PORT}',
      { MY_HOST: 'h', MY_PORT: '7000' },
      { place: at('h', 7_000) },
    ],
    [
      'arguments of the client',
      'router_settings: {cache_kwargs: {host: h, port: 7000}}',
      {},
      { place: at('h', 7_000) },
    ],
    [
      'the block for coordination',
      'general_settings: {coordination_redis: {host: h, password: p}}',
      {},
      { place: at('h'), password: 'p' },
    ],
    [
      'the router before the block',
      'router_settings: {redis_host: r}\ngeneral_settings: {coordination_redis: {host: h}}',
      {},
      { place: at('r') },
    ],
    ['the cache', 'litellm_settings: {cache: true, cache_params: {type: redis, host: h}}', {}, { place: at('h') }],
    ['a cache without a type', 'litellm_settings: {cache: true, cache_params: {host: h}}', {}, { place: at('h') }],
    ['a cache that is off', 'litellm_settings: {cache_params: {host: h}}', {}, undefined],
    ['a cache elsewhere', 'litellm_settings: {cache: true, cache_params: {type: local, host: h}}', {}, undefined],
    [
      'the environment alone',
      '',
      { REDIS_HOST: 'h', REDIS_PORT: '7000', REDIS_PASSWORD: 'p' },
      { place: at('h', 7_000) },
    ],
    ['a URL in the environment', '', { REDIS_URL: 'rediss://h/1' }, { place: at('h'), database: 1 }],
    [
      'a host in the config and the rest in the environment',
      'router_settings: {redis_host: h}',
      { REDIS_PORT: '7000', REDIS_PASSWORD: 'p', REDIS_HOST: 'g', REDIS_URL: 'redis://f' },
      { place: at('h', 7_000), password: 'p' },
    ],
    [
      'a namespace in the config and the rest in the environment',
      'router_settings: {redis_namespace: blue}',
      { REDIS_HOST: 'h' },
      { place: at('h'), namespace: 'blue' },
    ],
    [
      'a port that Kubernetes made',
      '',
      { REDIS_HOST: 'h', REDIS_PORT: 'tcp://10.0.0.1:7000' },
      { place: at('h', 7_000) },
    ],
    ['an empty variable', '', { REDIS_HOST: '' }, undefined],
  ] as const)('%s', ([, text, env, expected]) => {
    const { redis, problems } = load(text, env);
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    if (expected === undefined) expect(redis).toBeUndefined();
    else expect(redis).toMatchObject(expected);
  });

  test('has no password, no TLS and database 0 where nothing is said', () => {
    expect(load('router_settings: {redis_host: h}').redis).toEqual({ ...PLAIN, place: at('h') });
  });

  test.for([
    ['maps', 'cache_kwargs: {startup_nodes: [{host: a, port: 1}, {host: b, port: "2"}]}'],
    ['pairs', 'cache_kwargs: {startup_nodes: [[a, 1], [b, 2]]}'],
    ['texts', 'cache_kwargs: {redis_startup_nodes: ["a:1", "b:2"]}'],
  ] as const)('a cluster whose nodes are %s', ([, text]) => {
    const { redis } = load(`router_settings: {${text}, redis_password: p}`);
    expect(redis).toMatchObject({ password: 'p', database: 0 });
    const nodes = [
      { host: 'a', port: 1 },
      { host: 'b', port: 2 },
    ];
    expect(redis?.place).toEqual({ kind: 'cluster', nodes });
    expect(redis === undefined ? '' : shownPlace(redis.place)).toBe('cluster a:1, b:2');
  });

  test('a cluster and sentinels in the environment are JSON', () => {
    const cluster = load('', { REDIS_CLUSTER_NODES: '[{"host": "a", "port": 1}]' });
    expect(cluster.redis?.place).toEqual({ kind: 'cluster', nodes: [{ host: 'a', port: 1 }] });
    const env = { REDIS_SENTINEL_NODES: '[["a", 1]]', REDIS_SERVICE_NAME: 's', REDIS_SENTINEL_PASSWORD: 'p' };
    const { redis } = load('', env);
    expect(redis?.place).toEqual({ kind: 'sentinel', nodes: [{ host: 'a', port: 1 }], service: 's', password: 'p' });
    expect(redis === undefined ? '' : shownPlace(redis.place)).toBe('sentinel s at a:1');
  });

  test('a cluster has no other database', () => {
    const { redis, problems } = load('router_settings: {cache_kwargs: {startup_nodes: [[a, 1]]}, redis_db: 2}');
    expect(redis?.database).toBe(0);
    expect(problems.map(({ where }) => where)).toEqual(['router_settings.redis_db']);
  });
});

describe('TLS to Redis', () => {
  const tls = { caFile: undefined, certFile: undefined, keyFile: undefined, verifies: true, checksHost: true };

  test.for([
    ['redis_ssl', 'router_settings: {redis_host: h, redis_ssl: "true"}', {}, tls],
    ['a rediss URL', 'router_settings: {redis_url: "rediss://h"}', {}, tls],
    ['REDIS_SSL', '', { REDIS_HOST: 'h', REDIS_SSL: 'True' }, tls],
    [
      'a private CA',
      'router_settings: {redis_host: h, redis_ssl: true, cache_kwargs: {ssl_ca_certs: /ca.pem}}',
      {},
      { ...tls, caFile: '/ca.pem' },
    ],
    [
      'a CA in the URL',
      'router_settings: {redis_url: "rediss://h?ssl_ca_certs=/ca.pem"}',
      {},
      { ...tls, caFile: '/ca.pem' },
    ],
    [
      'a certificate of our own',
      'general_settings: {coordination_redis: {host: h, ssl: yes, ssl_certfile: /c.pem, ssl_check_hostname: false}}',
      {},
      { ...tls, certFile: '/c.pem', keyFile: '/c.pem', checksHost: false },
    ],
    ['no verification', '', { REDIS_URL: 'rediss://h', REDIS_SSL_CERT_REQS: 'none' }, { ...tls, verifies: false }],
    ['none', 'router_settings: {redis_host: h, redis_ssl: false}', {}, undefined],
  ] as const)('%s', ([, text, env, expected]) => {
    expect(load(text, env).redis?.tls).toEqual(expected);
  });
});

describe('what is wrong with it', () => {
  const SECRET = 'hunter2hunter2';

  test.for([
    ['another kind of URL', `redis_url: "http://:${SECRET}@h"`, 'error', 'router_settings.redis_url'],
    ['no URL at all', `redis_url: "${SECRET}"`, 'error', 'router_settings.redis_url'],
    ['a port that is none', 'redis_host: h, redis_port: 70000', 'error', 'router_settings.redis_port'],
    ['a port that is text', 'redis_host: h, redis_port: x', 'error', 'router_settings.redis_port'],
    [
      'nodes without ports',
      'cache_kwargs: {startup_nodes: [a, b]}',
      'error',
      'router_settings.cache_kwargs.startup_nodes',
    ],
    ['no host', `redis_password: ${SECRET}, redis_port: 6379`, 'warning', 'router_settings.redis_port'],
    ['a slip', 'redis_host: h, cache_kwargs: {pasword: p}', 'warning', 'router_settings.cache_kwargs.pasword'],
    [
      'a login by cloud',
      'redis_host: h, cache_kwargs: {gcp_service_account: s}',
      'warning',
      'router_settings.cache_kwargs.gcp_service_account',
    ],
  ] as const)('%s', ([, text, severity, where]) => {
    const { problems } = load(`router_settings: {${text}}`);
    expect(problems.map((problem) => [problem.severity, problem.where])).toContainEqual([severity, where]);
    expect(JSON.stringify(problems)).not.toContain(SECRET);
  });

  test('a variable with nodes that are none', () => {
    const { redis, problems } = load('', { REDIS_CLUSTER_NODES: '[oops' });
    expect(redis).toBeUndefined();
    expect(problems.map(({ severity, where }) => [severity, where])).toEqual([
      ['warning', 'environment variable REDIS_CLUSTER_NODES'],
    ]);
  });
});
