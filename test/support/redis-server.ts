// A redis-server of a test's own: on a free port, with nothing on disk, ended by its id. Where the program is missing it
// is installed once where that is allowed (root on Debian); else tests that need it are skipped and say why.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectRedis } from '../../src/sharing/redis-client.ts';
import { freePort } from './free-port.ts';

const START_LIMIT_MS = 20_000;
const INSTALL_LIMIT_MS = 180_000;

export type RedisProgram =
  | { readonly kind: 'ready'; readonly path: string }
  | { readonly kind: 'missing'; readonly reason: string };

export interface RedisServer {
  readonly port: number;
  readonly url: string;
  /** Its reply to one command, over a connection of its own. */
  command(...args: readonly string[]): Promise<unknown>;
  /** SIGSTOP: sockets stay open, nothing is answered. */
  freeze(): void;
  thaw(): void;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** The same port again, with no data. */
  start(): Promise<void>;
  close(): Promise<void>;
}

export interface RedisServerOptions {
  readonly args?: readonly string[];
  readonly password?: string;
  /** Its settings stand in a file that it may write, as a sentinel demands. */
  readonly configured?: true;
}

/** Finds the program, or installs it. Never throws. */
export function findRedis(): RedisProgram {
  const found = versionOf('redis-server') ?? (mayInstall() ? installed() : undefined);
  if (found !== undefined) return { kind: 'ready', path: found };
  return { kind: 'missing', reason: 'there is no redis-server: apt-get install redis-server' };
}

/**
 * Whether the suites of a file must be skipped; says why, once a file. In continuous integration they must run: there it
 * throws.
 */
export function isRedisMissing(): boolean {
  const program = findRedis();
  if (program.kind === 'ready') return false;
  if (process.env['CI'] !== undefined) throw new Error(program.reason);
  process.stdout.write(`skipped: tests with a real Redis: ${program.reason}\n`);
  return true;
}

function versionOf(path: string): string | undefined {
  try {
    execFileSync(path, ['--version'], { stdio: 'pipe' });
    return path;
  } catch {
    return undefined;
  }
}

function mayInstall(): boolean {
  return process.getuid?.() === 0 && versionOf('apt-get') !== undefined;
}

/** Test files run side by side: one of them installs, the others wait for it. */
function installed(): string | undefined {
  const lock = join(tmpdir(), 'loadstone-installs-redis');
  const untilMs = Date.now() + INSTALL_LIMIT_MS;
  while (Date.now() < untilMs) {
    try {
      mkdirSync(lock);
      break;
    } catch {
      if (versionOf('redis-server') !== undefined) return 'redis-server';
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
    }
  }
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const limits = { env, stdio: 'ignore', timeout: INSTALL_LIMIT_MS } as const;
    execFileSync('apt-get', ['update', '-qq'], limits);
    execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'redis-server'], limits);
    return versionOf('redis-server');
  } catch {
    return undefined;
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

/** Close it at the end of the test. */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const program = findRedis();
  if (program.kind === 'missing') throw new Error(program.reason);
  const folder = mkdtempSync(join(tmpdir(), 'loadstone-redis-'));
  const port = await freePort();
  let child = await launch(program.path, argumentsOf({ port, folder, options }));
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => void child.once('exit', () => resolve()));
    child.kill('SIGKILL');
    await gone;
  };
  const login = { username: undefined, password: options.password, database: 0, tls: undefined };
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    command: async (...args) => {
      const client = await connectRedis({ host: '127.0.0.1', port }, login, new AbortController().signal);
      return client.send(args).finally(() => client.close());
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    kill,
    start: async () => {
      child = await launch(program.path, argumentsOf({ port, folder, options }));
    },
    close: async () => {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function argumentsOf(given: { port: number; folder: string; options: RedisServerOptions }): string[] {
  const { args = [], password, configured } = given.options;
  if (configured === true) {
    const file = join(given.folder, 'redis.conf');
    writeFileSync(file, `port ${given.port}\nbind 127.0.0.1\ndir ${given.folder}\n`);
    return [file, ...args];
  }
  const plain = ['--port', String(given.port), '--bind', '127.0.0.1', '--dir', given.folder];
  const secret = password === undefined ? [] : ['--requirepass', password];
  return [...plain, '--save', '', '--appendonly', 'no', '--daemonize', 'no', ...secret, ...args];
}

async function launch(path: string, args: readonly string[]): Promise<ChildProcess> {
  const child = spawn(path, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  await new Promise<void>((resolve, reject) => {
    let text = '';
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`redis-server did not start: ${text}`));
    }, START_LIMIT_MS);
    const end = (act: () => void): void => {
      clearTimeout(timer);
      child.stdout.resume();
      act();
    };
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (/ready to accept connections|sentinel id is/i.test(text)) end(resolve);
    });
    child.stderr.resume();
    child.once('error', (error) => end(() => reject(error)));
    child.once('exit', () => end(() => reject(new Error(`redis-server ended: ${text}`))));
  });
  return child;
}
