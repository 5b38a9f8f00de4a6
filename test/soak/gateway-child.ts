// The gateway of a soak run: a process of its own, so that its memory is its own, started from a config and ended by its
// id.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { cpuMicros, residentBytes } from '../../bench/process.ts';
import type { MemorySource } from './memory.ts';

export interface GatewayChild extends MemorySource {
  readonly url: string;
  readonly port: number;
  /** The exit code, once it has ended. */
  readonly ended: Promise<number | null>;
  /** What it wrote to stderr, apart from what it was asked for. */
  complaints(): string;
  signal(name: 'SIGTERM' | 'SIGHUP'): void;
  /** Puts another config in the place of its file, in one step. */
  rewrite(configText: string): void;
  /** User and system CPU so far, in microseconds. */
  cpuMicros(): number;
  /** How long it has had work and no processor to do it on; 0 where the system does not tell. */
  starvedMs(): number;
  /** SIGTERM, and the exit code that follows. */
  stop(): Promise<number | null>;
}

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'main.ts');
/**
 * Runs in the gateway before it: on the signal, collects garbage and writes what is left, the least of a few looks, for one
 * collection leaves what is just in use and buffers that are freed a moment later.
 */
const REPORTER = `
const LOOKS = 4;
const PAUSE_MS = 100;
process.on('SIGUSR2', () => {
  let least = Infinity;
  let looks = 0;
  const look = () => {
    globalThis.gc();
    const { heapUsed, external } = process.memoryUsage();
    least = Math.min(least, heapUsed + external);
    looks += 1;
    if (looks < LOOKS) setTimeout(look, PAUSE_MS);
    else process.stderr.write('live ' + least + '\\n');
  };
  look();
});`;
const LIVE = /^live (\d+)$/m;

/** Rejects with what it wrote to stderr when it ends before it listens. `onLog` is given every line of the log. */
export async function startGatewayChild(
  configText: string,
  onLog: (line: string) => void = () => undefined,
): Promise<GatewayChild> {
  const folder = mkdtempSync(join(tmpdir(), 'loadstone-soak-'));
  const file = join(folder, 'config.yaml');
  writeFileSync(file, configText);
  const child = spawnGateway(file);
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  void ended.then(() => rmSync(folder, { recursive: true, force: true }));
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString().replace(LIVE, '').trimStart()));
  const url = await new Promise<string>((resolve, reject) => {
    child.once('exit', () => reject(new Error(`the gateway ended: ${complaints}`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      onLog(line);
      if (line.includes('"loadstone is listening"')) resolve((JSON.parse(line) as { url: string }).url);
    });
  });
  const { pid = 0 } = child;
  return {
    url,
    port: Number(new URL(url).port),
    ended,
    complaints: () => complaints,
    signal: (name) => void child.kill(name),
    rewrite: (text) => {
      writeFileSync(`${file}.new`, text);
      renameSync(`${file}.new`, file);
    },
    cpuMicros: () => cpuMicros(pid),
    starvedMs: () => starvedMs(pid),
    residentBytes: () => residentBytes(pid),
    liveBytes: () => liveBytes(child),
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

function spawnGateway(file: string) {
  const { PATH = '' } = process.env;
  const reporter = `data:text/javascript,${encodeURIComponent(REPORTER)}`;
  const args = ['--expose-gc', '--import', reporter, MAIN, '--config', file, '--host', '127.0.0.1', '--port', '0'];
  return spawn(process.execPath, args, { env: { PATH }, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Linux tells it of the main thread, which serves: nanoseconds on a processor, then waiting for one. */
function starvedMs(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[1] ?? 0) / 1e6;
  } catch {
    return 0;
  }
}

function liveBytes(child: ReturnType<typeof spawnGateway>): Promise<number> {
  return new Promise((resolve) => {
    const read = (chunk: Buffer): void => {
      const found = LIVE.exec(chunk.toString());
      if (found === null) return;
      child.stderr.off('data', read);
      resolve(Number(found[1]));
    };
    child.stderr.on('data', read);
    child.kill('SIGUSR2');
  });
}
