// The gateway under test as a child process: started as a user starts it, with a config file, and asked until it answers.
import { spawn, type ChildProcess } from 'node:child_process';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'main.ts');
const START_LIMIT_MS = 30_000;
const POLL_MS = 20;
const KEPT_OUTPUT_CHARS = 4_000;

export interface GatewayStart {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Where relative paths in `args` begin. */
  readonly folder: string;
  readonly port: number;
}

export type StartResult =
  | { readonly kind: 'started'; readonly gateway: GatewayProcess }
  | { readonly kind: 'exited'; readonly code: number | null; readonly output: string };

/** One running gateway. */
export class GatewayProcess {
  readonly #child: ChildProcess;
  #output = '';

  constructor(start: GatewayStart) {
    this.#child = spawn(process.execPath, [MAIN, ...start.args, '--port', String(start.port)], {
      cwd: start.folder,
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        NODE_COMPILE_CACHE: join(tmpdir(), 'loadstone-compile-cache'),
        ...start.env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const keep = (chunk: Buffer) => {
      this.#output = (this.#output + chunk.toString('utf8')).slice(-KEPT_OUTPUT_CHARS);
    };
    this.#child.stdout?.on('data', keep);
    this.#child.stderr?.on('data', keep);
  }

  get exited(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  /** The end of what it printed. */
  get output(): string {
    return this.#output;
  }

  /** Kills it: a replay is over and nobody waits for an orderly end. */
  async stop(): Promise<void> {
    if (this.exited) return;
    const gone = new Promise<void>((resolve) => {
      this.#child.once('exit', () => resolve());
    });
    this.#child.kill('SIGKILL');
    await gone;
  }
}

/** Starts a gateway and waits until it answers or exits. Rejects when it does neither within 30 s. */
export async function startGateway(start: GatewayStart): Promise<StartResult> {
  const gateway = new GatewayProcess(start);
  const kill = (): void => void gateway.stop();
  process.once('exit', kill);
  try {
    for (let waitedMs = 0; waitedMs < START_LIMIT_MS; waitedMs += POLL_MS) {
      if (gateway.exited) return { kind: 'exited', code: gateway.exitCode, output: gateway.output };
      if (await answers(start.port)) return { kind: 'started', gateway };
      await new Promise((resolve) => {
        setTimeout(resolve, POLL_MS);
      });
    }
  } finally {
    process.off('exit', kill);
  }
  await gateway.stop();
  throw new Error(`the gateway neither answered nor exited within ${START_LIMIT_MS} ms:\n${gateway.output}`);
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path: '/health/liveliness', agent: false }, (response) => {
      response.resume();
      response.once('end', () => resolve(true));
    });
    request.once('error', () => resolve(false));
  });
}
