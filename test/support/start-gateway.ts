// A gateway in this process, on a free port, from config text: real sockets, the real data plane, an injected clock.
import { loadConfigText } from '../../src/config/load.ts';
import { RequestLog } from '../../src/observe/request-log.ts';
import { serve } from '../../src/serve.ts';
import type { RunningGateway } from '../../src/serve-options.ts';
import { serveThreads } from '../../src/threads/serve-threads.ts';
import { createClock, type Clock } from '../../src/upstream/clock.ts';

export interface TestGateway extends RunningGateway {
  /** What the next reload reads. */
  rewrite(configText: string): void;
  /** Parsed log lines so far. */
  lines(): Record<string, unknown>[];
}

export interface TestGatewayOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** How many times faster than the wall configured durations pass; default 1. */
  readonly speed?: number;
  /** Instead of a clock of that speed. */
  readonly clock?: Clock;
  /** So many threads serve; default 1. They run on a clock of `speed`. */
  readonly threads?: number;
  /** Of threads: who deals connections to them. */
  readonly dealing?: 'system' | 'own';
}

/** Throws when the config has errors. Drain it at the end of the test. */
export async function startGateway(configText: string, options: TestGatewayOptions = {}): Promise<TestGateway> {
  const env = options.env ?? {};
  const config = loadConfigText(configText, { env });
  const errors = config.problems.filter((problem) => problem.severity === 'error');
  if (errors.length > 0) throw new Error(errors.map((problem) => `${problem.where}: ${problem.what}`).join('\n'));
  let text = '';
  let newest = configText;
  const log = await RequestLog.open({
    level: 'debug',
    pretty: false,
    stream: { write: (line: string) => void (text += line) },
  });
  const common = {
    host: '127.0.0.1',
    port: 0,
    keyFile: undefined,
    certFile: undefined,
    keepAliveTimeoutMs: 5_000,
    env,
    log,
    readConfig: () => loadConfigText(newest, { env }),
  };
  const { threads = 1, speed = 1, dealing = 'system' } = options;
  const gateway =
    threads === 1
      ? await serve(config, { ...common, clock: options.clock ?? createClock(speed) })
      : await serveThreads(config, { ...common, threads, dealing, clockSpeed: speed });
  return {
    ...gateway,
    rewrite: (next) => void (newest = next),
    lines: () =>
      text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}
