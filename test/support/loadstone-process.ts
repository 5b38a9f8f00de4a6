// Loadstone as its users run it: a process of its own, started by bin/loadstone, with pipes for its output. Separate
// from the gateway in this process because exit codes, signals and log lines exist only here.
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'vitest';

const BIN = join(import.meta.dirname, '..', '..', 'bin', 'loadstone');
/** A start may wait for a busy machine. */
const START_LIMIT_MS = 25_000;

export interface LoadstoneProcess {
  readonly child: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** Log lines so far, parsed. */
  lines(): Record<string, unknown>[];
  /** Exit code, or the name of the signal that ended it. */
  readonly ended: Promise<number | string>;
  /** The address that the log names, once it listens. */
  url(): Promise<string>;
  /** The first line with this message, once it is there. */
  line(message: string): Promise<Record<string, unknown>>;
}

export interface ProcessOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** The Node and the script to run instead of this checkout's. */
  readonly program?: { readonly node: string; readonly bin: string };
  /** Number of the user and group to run as; only root may choose. */
  readonly user?: number;
}

/** Starts it with nothing in its environment but what is given, so that no key or proxy of the machine leaks in. */
export function startLoadstone(args: readonly string[], options: ProcessOptions = {}): LoadstoneProcess {
  const { PATH = '', HOME = '' } = process.env;
  const env = { PATH, HOME, ...options.env };
  const { node, bin } = options.program ?? { node: process.execPath, bin: BIN };
  const user = options.user === undefined ? {} : { uid: options.user, gid: options.user };
  const child = spawn(node, [bin, ...args], { env, cwd: options.cwd, stdio: ['ignore', 'pipe', 'pipe'], ...user });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<number | string>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
  const lines = (): Record<string, unknown>[] => parsed(stdout);
  const find = (message: string) => lines().find(({ msg }) => msg === message);
  const line = async (message: string): Promise<Record<string, unknown>> => {
    await expect
      .poll(() => find(message) !== undefined || child.exitCode !== null, { timeout: START_LIMIT_MS })
      .toBe(true);
    const found = find(message);
    if (found === undefined) throw new Error(`no line "${message}"; it ended with ${child.exitCode}: ${stderr}`);
    return found;
  };
  const url = async (): Promise<string> => String((await line('loadstone is listening'))['url']);
  return { child, stdout: () => stdout, stderr: () => stderr, lines, ended, url, line };
}

/** Whole lines that are JSON objects; a demo or a check prints others. */
function parsed(text: string): Record<string, unknown>[] {
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  return whole
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
