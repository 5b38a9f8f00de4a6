// The gateway of a soak run: a process of its own, so that its memory is its own, started from a config and ended by its
// id.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { residentBytes } from '../../bench/process.ts';
import type { MemorySource } from './memory.ts';

export interface GatewayChild extends MemorySource {
  readonly url: string;
  /** SIGTERM, and the exit code that follows. */
  stop(): Promise<number | null>;
}

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'main.ts');
/** Runs in the gateway before it: on the signal, collects garbage and writes what is left. */
const REPORTER = `process.on('SIGUSR2', () => {
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  process.stderr.write('live ' + (heapUsed + external) + '\\n');
});`;
const LISTENING = /"url":"([^"]+)".*"loadstone is listening"|"loadstone is listening".*"url":"([^"]+)"/;

/** Rejects with what it wrote to stderr when it ends before it listens. `onLine` is told what it logs from then on. */
export async function startGatewayChild(configText: string, onLine?: (line: string) => void): Promise<GatewayChild> {
  const folder = mkdtempSync(join(tmpdir(), 'loadstone-soak-'));
  const file = join(folder, 'config.yaml');
  writeFileSync(file, configText);
  const { PATH = '' } = process.env;
  const reporter = `data:text/javascript,${encodeURIComponent(REPORTER)}`;
  const args = ['--expose-gc', '--import', reporter, MAIN, '--config', file, '--host', '127.0.0.1', '--port', '0'];
  const child = spawn(process.execPath, args, { env: { PATH }, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  let [text, complaints] = ['', ''];
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  const url = await new Promise<string>((resolve, reject) => {
    child.once('exit', () => reject(new Error(`the gateway ended: ${complaints}`)));
    const read = (chunk: Buffer): void => {
      text += chunk.toString();
      const found = LISTENING.exec(text);
      if (found === null) return;
      // From here on the log is only carried away.
      child.stdout.off('data', read);
      if (onLine === undefined) child.stdout.resume();
      else createInterface({ input: child.stdout }).on('line', onLine);
      resolve(found[1] ?? found[2] ?? '');
    };
    child.stdout.on('data', read);
  });
  const { pid = 0 } = child;
  return {
    url,
    residentBytes: () => residentBytes(pid),
    liveBytes: () =>
      new Promise((resolve) => {
        const read = (chunk: Buffer): void => {
          const found = /^live (\d+)$/m.exec(chunk.toString());
          if (found === null) return;
          child.stderr.off('data', read);
          resolve(Number(found[1]));
        };
        child.stderr.on('data', read);
        child.kill('SIGUSR2');
      }),
    stop: async () => {
      child.kill('SIGTERM');
      const code = await ended;
      rmSync(folder, { recursive: true, force: true });
      return code;
    },
  };
}
