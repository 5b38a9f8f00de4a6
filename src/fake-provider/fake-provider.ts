// A real HTTP server that behaves like an LLM provider: the wire formats of OpenAI, Azure and TGI, and on demand every
// fault of them. The demo, the tests and the benchmarks talk to it over a socket, as they would to the real thing.
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { control } from './control.ts';
import { Exchange } from './exchange.ts';
import type { ProviderSettings } from './exchange.ts';
import type { FaultTable, Vendor } from './fault.ts';
import { isFaultProblem, readFaultTable } from './fault-table.ts';
import type { FaultTableInput } from './fault-table.ts';
import { ProviderState } from './provider-state.ts';
import type { ReceivedRequest } from './received-request.ts';
import { seededRandom } from './reply.ts';
import type { AnswerStyle } from './reply.ts';
import type { FakeClock } from './send-answer.ts';

export interface FakeProviderOptions {
  /** Default 0: any free one. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Shown in `x-fake-provider` and by `introduction` answers; default `host:port`. */
  readonly name?: string;
  /** Who answers on paths that several vendors have; default: TGI for models with a slash in the name, else OpenAI. */
  readonly vendor?: Vendor;
  readonly faults?: FaultTableInput;
  /** Keys that are accepted; default any or none. */
  readonly keys?: readonly string[];
  /** Models (Azure: deployments) that exist; default all. */
  readonly models?: readonly string[];
  /** Default `deterministic`. */
  readonly answers?: AnswerStyle;
  /** Default 24. */
  readonly answerTokens?: number;
  /** Told by `/info`, and enforced on every model when given. */
  readonly contextWindowTokens?: number;
  /** Refuse chat bodies with fields that no vendor knows; default false. */
  readonly rejectUnknownFields?: boolean;
  /** How many requests are remembered; default 1,000. */
  readonly keepRequests?: number;
  /** For sampled answers and faults by chance; default 1. */
  readonly seed?: number;
  readonly clock?: FakeClock;
}

export interface FakeProvider {
  readonly port: number;
  /** `http://host:port`, no slash at the end. */
  readonly url: string;
  /** The newest requests, oldest first; live. Keys in the headers are not masked here. */
  readonly requests: readonly ReceivedRequest[];
  /** Replaces the faults of the models named, and leaves the others. Throws a TypeError for a fault that is none. */
  setFaults(faults: FaultTableInput): void;
  /** Faults as at the start, nothing received, no limits used. */
  reset(): void;
  /** Breaks open connections and resolves when the port is free. */
  close(): Promise<void>;
}

const SYSTEM_CLOCK: FakeClock = {
  now: () => performance.now(),
  random: () => Math.random(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};

function checkedFaults(input: FaultTableInput): FaultTable {
  const table = readFaultTable(input);
  if (isFaultProblem(table)) throw new TypeError(`faults: ${table.problem}`);
  return table;
}

function settingsOf(options: FakeProviderOptions, address: string): ProviderSettings {
  return {
    name: options.name ?? address,
    vendor: options.vendor,
    keys: options.keys,
    models: options.models,
    style: options.answers ?? 'deterministic',
    answerTokens: options.answerTokens ?? 24,
    contextWindowTokens: options.contextWindowTokens,
    rejectsUnknownFields: options.rejectUnknownFields ?? false,
    random: seededRandom(options.seed ?? 1),
    clock: options.clock ?? SYSTEM_CLOCK,
  };
}

function listen(server: http.Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** Starts one. Rejects with the system's error when the port cannot be had. */
export async function startFakeProvider(options: FakeProviderOptions = {}): Promise<FakeProvider> {
  const host = options.host ?? '127.0.0.1';
  const startFaults = checkedFaults(options.faults ?? {});
  const state = new ProviderState(startFaults, options.keepRequests ?? 1000, (options.clock ?? SYSTEM_CLOCK).now());
  const server = http.createServer();
  server.keepAliveTimeout = 60_000;
  const port = await listen(server, options.port ?? 0, host);
  const shownHost = host.includes(':') ? `[${host}]` : host;
  const settings = settingsOf(options, `${shownHost}:${port}`);
  // No request can have come yet: this runs before the next turn of the event loop.
  server.on('request', (request, response) => {
    const answering = request.url?.startsWith('/_control/')
      ? control(request, response, state)
      : new Exchange(settings, state, { request, response }).run();
    // Only a bug comes here; it must be seen, and must not look like a fault that was asked for.
    answering.catch((error: unknown) => {
      process.stderr.write(`fake provider: ${error instanceof Error ? error.stack : String(error)}\n`);
      response.destroy();
    });
  });
  return {
    port,
    url: `http://${shownHost}:${port}`,
    requests: state.requests,
    setFaults: (faults) => state.changeFaults(checkedFaults(faults)),
    reset: () => state.reset(),
    close: () => closeServer(server),
  };
}

function closeServer(server: http.Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
