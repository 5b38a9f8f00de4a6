// Every form in which a Redis can be named, against real servers.
import { afterEach, describe, expect, test } from 'vitest';
import type { RedisSettings } from '../../src/config/redis-settings.ts';
import { loadConfigText } from '../../src/config/load.ts';
import { openRedis, type RedisConnection } from '../../src/sharing/redis-connection.ts';
import { runScript, scriptOf } from '../../src/sharing/script.ts';
import { makeCertificates } from '../support/certificates.ts';
import { freePort } from '../support/free-port.ts';
import { opened } from '../support/opened.ts';
import { isRedisMissing, startRedis, type RedisServer } from '../support/redis-server.ts';

const isMissing = isRedisMissing();
const open: RedisConnection[] = [];

afterEach(() => {
  for (const connection of open.splice(0)) connection.close();
});

function settings(router: string, env: Readonly<Record<string, string>> = {}): RedisSettings {
  const { redis } = loadConfigText(`model_list: []\nrouter_settings: {${router}}`, { env });
  if (redis === undefined) throw new Error('no Redis in the config');
  return redis;
}

async function connect(router: string, env?: Readonly<Record<string, string>>): Promise<RedisConnection> {
  const connection = await openRedis(settings(router, env), new AbortController().signal);
  open.push(connection);
  return connection;
}

async function server(...args: Parameters<typeof startRedis>): Promise<RedisServer> {
  return opened(await startRedis(...args));
}

const NUMBERS = scriptOf("redis.call('SET', KEYS[1], ARGV[1]) return {1, redis.call('GET', KEYS[1])}");

describe.skipIf(isMissing)('a connection to Redis', () => {
  test('by host and port', async () => {
    const { port } = await server();
    const connection = await connect(`redis_host: 127.0.0.1, redis_port: "${port}"`);
    expect(await connection.send(['PING'])).toBe('PONG');
  });

  test('by URL with a password and a database', async () => {
    const { port, command } = await server({ password: 'p@ss' });
    await command('SELECT', '0');
    const connection = await connect(`redis_url: "redis://:p%40ss@127.0.0.1:${port}/3"`);
    await connection.send(['SET', 'where', 'three']);
    expect(await command('GET', 'where')).toBeNull();
    expect(await connection.send(['GET', 'where'])).toBe('three');
  });

  test('with a user of its own', async () => {
    const { port, command } = await server();
    await command('ACL', 'SETUSER', 'gateway', 'on', '>secret', '~{loadstone:*', '+@all');
    const connection = await connect(
      `redis_host: 127.0.0.1, redis_port: ${port}, redis_username: gateway, redis_password: secret`,
    );
    expect(await connection.send(['ACL', 'WHOAMI'])).toBe('gateway');
  });

  test('a wrong password is an error that does not repeat it', async () => {
    const { port } = await server({ password: 'right' });
    const wrong = connect(`redis_host: 127.0.0.1, redis_port: ${port}, redis_password: not-that-one`);
    await expect(wrong).rejects.toThrow(/WRONGPASS|invalid/);
    await expect(wrong).rejects.not.toThrow(/not-that-one/);
  });

  test('a server that is not there is an error at once', async () => {
    await expect(connect(`redis_host: 127.0.0.1, redis_port: ${await freePort()}`)).rejects.toThrow('ECONNREFUSED');
  });

  test('whoever gives up need not wait', async () => {
    const { port, freeze, thaw } = await server({ password: 'p' });
    freeze();
    const gaveUp = new AbortController();
    const waiting = openRedis(settings(`redis_host: 127.0.0.1, redis_port: ${port}, redis_password: p`), gaveUp.signal);
    gaveUp.abort();
    await expect(waiting).rejects.toThrow(/aborted|closed|disconnect/i);
    thaw();
  });

  test('a call under way ends with the connection', async () => {
    const { port, freeze } = await server();
    const connection = await connect(`redis_host: 127.0.0.1, redis_port: ${port}`);
    freeze();
    const call = connection.send(['PING']);
    connection.close();
    await expect(call).rejects.toThrow(/disconnect|closed/i);
  });

  test('a server that dies is an error of the next call', async () => {
    const { port, kill } = await server();
    const connection = await connect(`redis_host: 127.0.0.1, redis_port: ${port}`);
    await kill();
    await expect(connection.send(['PING'])).rejects.toThrow(/closed|ECONNRESET|EPIPE/);
  });

  test('a script is sent once and again when the server has lost it', async () => {
    const { port, command } = await server();
    const connection = await connect(`redis_host: 127.0.0.1, redis_port: ${port}`);
    const input = { keys: ['{loadstone:default}:x'], args: ['a'] };
    expect(await runScript(connection, NUMBERS, input)).toEqual([1, 'a']);
    await command('SCRIPT', 'FLUSH');
    expect(await runScript(connection, NUMBERS, input)).toEqual([1, 'a']);
    expect(await runScript(connection, NUMBERS, input)).toEqual([1, 'a']);
    const calls = String(await command('INFO', 'commandstats'));
    expect(calls).toContain('cmdstat_eval:calls=2,');
    expect(calls).toContain('cmdstat_evalsha:calls=3,');
  });

  test('an error of a script is told', async () => {
    const { port } = await server();
    const connection = await connect(`redis_host: 127.0.0.1, redis_port: ${port}`);
    const broken = scriptOf("return redis.call('INCR')");
    await expect(runScript(connection, broken, { keys: [], args: [] })).rejects.toThrow(/wrong number/i);
  });
});

const certificates = makeCertificates();
if (certificates === undefined) process.stdout.write('skipped: TLS to Redis needs the openssl command\n');

describe.skipIf(isMissing)('TLS to Redis', () => {
  const secured = async (): Promise<number> => {
    const port = await freePort();
    const { server: cert = '', serverKey = '', authority = '' } = certificates ?? {};
    const tls = ['--tls-port', String(port), '--tls-cert-file', cert, '--tls-key-file', serverKey];
    await server({ args: [...tls, '--tls-ca-cert-file', authority, '--tls-auth-clients', 'optional'] });
    return port;
  };

  test.skipIf(certificates === undefined)('with a private CA', async () => {
    const port = await secured();
    const connection = await connect(
      `redis_host: localhost, redis_port: ${port}, redis_ssl: true, cache_kwargs: {ssl_ca_certs: "${certificates?.authority}"}`,
    );
    expect(await connection.send(['PING'])).toBe('PONG');
  });

  test.skipIf(certificates === undefined)('a certificate of a stranger is refused', async () => {
    const port = await secured();
    await expect(connect(`redis_url: "rediss://127.0.0.1:${port}"`)).rejects.toThrow(/certificate/);
  });

  test.skipIf(certificates === undefined)('unless nothing is verified', async () => {
    const port = await secured();
    const connection = await connect(`redis_url: "rediss://127.0.0.1:${port}?ssl_cert_reqs=none"`);
    expect(await connection.send(['PING'])).toBe('PONG');
  });

  test.skipIf(certificates === undefined)('a CA file that is not there is an error that names it', async () => {
    const wrong = connect('redis_host: 127.0.0.1, redis_ssl: true', { REDIS_SSL_CA_CERTS: '/nowhere/ca.pem' });
    await expect(wrong).rejects.toThrow('/nowhere/ca.pem');
  });
});

describe.skipIf(isMissing)('a cluster', () => {
  test('is asked at the node that has our slot', async () => {
    const nodes = await Promise.all([0, 1].map(() => server({ args: ['--cluster-enabled', 'yes'] })));
    const [one, other] = nodes;
    if (one === undefined || other === undefined) throw new Error('no servers');
    await one.command('CLUSTER', 'MEET', '127.0.0.1', String(other.port));
    await one.command('CLUSTER', 'ADDSLOTSRANGE', '0', '8191');
    await other.command('CLUSTER', 'ADDSLOTSRANGE', '8192', '16383');
    for (const node of nodes) {
      await expect.poll(() => node.command('CLUSTER', 'INFO'), { timeout: 20_000 }).toContain('cluster_state:ok');
    }
    const connection = await connect(
      `cache_kwargs: {startup_nodes: [[127.0.0.1, ${await freePort()}], [127.0.0.1, ${one.port}]]}`,
    );
    const keys = ['{loadstone:a}:x', '{loadstone:b}:x', '{loadstone:c}:x', '{loadstone:d}:x', '{loadstone:e}:x'];
    for (const key of keys) {
      expect(await runScript(connection, NUMBERS, { keys: [key], args: [key] })).toEqual([1, key]);
    }
    const held = await Promise.all(nodes.map((node) => node.command('DBSIZE')));
    expect(held.map(Number)).not.toContain(0);
    expect(held.map(Number).reduce((sum, count) => sum + count, 0)).toBe(5);
  });
});

describe.skipIf(isMissing)('sentinels', () => {
  test('name the primary', async () => {
    const primary = await server();
    const sentinel = await startSentinel(primary.port);
    const connection = await connect(
      `cache_kwargs: {sentinel_nodes: [[127.0.0.1, ${await freePort()}], [127.0.0.1, ${sentinel.port}]]}`,
    );
    await connection.send(['SET', 'a', 'b']);
    expect(await primary.command('GET', 'a')).toBe('b');
    await expect(
      connect(`cache_kwargs: {sentinel_nodes: [[127.0.0.1, ${sentinel.port}]], service_name: other}`),
    ).rejects.toThrow('sentinels know no service other');
  });
});

/** A redis-server in sentinel mode that watches the primary as `mymaster`. */
async function startSentinel(primaryPort: number): Promise<RedisServer> {
  const sentinel = await server({ args: ['--sentinel'], configured: true });
  await sentinel.command('SENTINEL', 'MONITOR', 'mymaster', '127.0.0.1', String(primaryPort), '1');
  return sentinel;
}
