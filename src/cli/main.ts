// Runs one command and says with which code the process ends: 0 done, 1 could not run, 2 the config or the command line
// is wrong. `serve` and `demo` come back when the gateway has been drained. What only one command needs is loaded by it:
// a gateway that serves should start quickly and stay small.
import { checkReport, formatCheckReport, formatProblem, hasErrors } from '../config/check-report.ts';
import { loadConfig, loadConfigText } from '../config/load.ts';
import type { ConfigProblem, GatewayConfig } from '../config/types.ts';
import { RequestLog, type LogLevel } from '../observe/request-log.ts';
import type { ReloadTrigger } from '../reload.ts';
import type { RunningGateway } from '../serve-options.ts';
import { VERSION } from '../version.ts';
import { helpText } from './help-text.ts';
import { FileWatcher } from './watch-files.ts';
import {
  parseArguments,
  type Command,
  type Environment,
  type ExplainArguments,
  type FakeProviderArguments,
  type ServeArguments,
} from './parse-arguments.ts';

export type ExitCode = 0 | 1 | 2;

const DONE = 0;
const FAILED = 1;
const MISTAKE = 2;
/** As uvicorn's, under LiteLLM. */
const DEFAULT_KEEP_ALIVE_MS = 5_000;
const OPEN_HOST = '0.0.0.0';
const LOOPBACK = '127.0.0.1';

export async function main(argv: readonly string[], env: Environment): Promise<ExitCode> {
  const command = parseArguments(argv, env);
  switch (command.kind) {
    case 'help':
      return print(helpText());
    case 'version':
      return print(`loadstone ${VERSION}`);
    case 'mistake':
      return complain(command.message, MISTAKE);
    case 'check':
      return runCheck(command, env);
    case 'explain':
      return runExplain(command.explain, env);
    case 'probe':
      return runProbe(command, env);
    case 'fake-provider':
      return runProviders(command.fakeProvider);
    case 'demo':
      for (const notice of command.notices) complain(notice, DONE);
      return runDemo(command.serve, env);
    case 'serve':
      for (const notice of command.notices) complain(notice, DONE);
      return runServe(command.serve, env);
  }
}

function runCheck({ file, asJson, workers }: Extract<Command, { kind: 'check' }>, env: Environment): ExitCode {
  const config = loadConfig(file, { env });
  print(asJson ? JSON.stringify(checkReport(config, workers), null, 2) : formatCheckReport(config, workers).trimEnd());
  return hasErrors(config) ? MISTAKE : DONE;
}

async function runExplain(args: ExplainArguments, env: Environment): Promise<ExitCode> {
  const config = loadConfig(args.configFile, { env });
  if (hasErrors(config)) {
    reportProblems(config.problems);
    return MISTAKE;
  }
  const { explain } = await import('./explain.ts');
  const result = await explain(config, args);
  if ('mistake' in result) return complain(result.mistake, MISTAKE);
  print(result.text);
  return result.isRefused ? FAILED : DONE;
}

async function runProbe(command: Extract<Command, { kind: 'probe' }>, env: Environment): Promise<ExitCode> {
  const { probe } = await import('./probe.ts');
  return probe({ ...command, key: env['LITELLM_MASTER_KEY'], print });
}

async function runServe(args: ServeArguments, env: Environment): Promise<ExitCode> {
  const read = (): Promise<GatewayConfig> => readConfig(args, env);
  return serveUntilSignal(await read(), args, { env, read, ready: () => undefined });
}

async function runDemo(args: ServeArguments, env: Environment): Promise<ExitCode> {
  if (args.configFile !== undefined) return runServe(args, env);
  const { createDemo } = await import('../demo/demo.ts');
  const demo = await createDemo();
  const config = loadConfigText(demo.configText, { env, name: 'demo.yaml' });
  try {
    const local = { ...args, host: args.host ?? LOOPBACK };
    const ready = (gateway: RunningGateway): void => void print(demo.guide(gateway.url));
    return await serveUntilSignal(config, local, { env, read: () => config, ready });
  } finally {
    await demo.close();
  }
}

async function runProviders(args: FakeProviderArguments): Promise<ExitCode> {
  try {
    const { runFakeProviders } = await import('./run-fake-providers.ts');
    const running = await runFakeProviders(args);
    if ('mistake' in running) return complain(running.mistake, MISTAKE);
    print(running.text);
    await firstSignal();
    await running.close();
    return DONE;
  } catch (error) {
    return complain(error instanceof Error ? error.message : String(error), FAILED);
  }
}

async function readConfig(args: ServeArguments, env: Environment): Promise<GatewayConfig> {
  if (args.configFile !== undefined) return loadConfig(args.configFile, { env, cliModel: args.quickModel?.model });
  if (args.quickModel !== undefined) {
    const { quickConfig } = await import('./quick-config.ts');
    return loadConfigText(quickConfig(args.quickModel), { env, name: '--model' });
  }
  return loadConfigText('model_list: []', { env, name: 'no config' });
}

interface ServeContext {
  readonly env: Environment;
  /** The config as it stands now, for a reload. */
  readonly read: () => GatewayConfig | Promise<GatewayConfig>;
  readonly ready: (gateway: RunningGateway) => void;
}

async function serveUntilSignal(config: GatewayConfig, args: ServeArguments, context: ServeContext): Promise<ExitCode> {
  reportProblems(config.problems);
  if (hasErrors(config)) return MISTAKE;
  const host = args.host ?? defaultHost(config);
  const log = await RequestLog.open({
    level: logLevel(config, args),
    pretty: config.litellm.jsonLogs === undefined ? process.stdout.isTTY : !config.litellm.jsonLogs,
  });
  const gateway = await listen(config, args, { ...context, host, log });
  if (gateway === undefined) return FAILED;
  const { groups, deployments } = config.table;
  log.logger.info({ url: gateway.url, models: groups.size, deployments: deployments.length }, 'loadstone is listening');
  if (config.general.masterKey === undefined && host !== LOOPBACK) {
    log.logger.warn('no master_key is set: everyone who can reach this port can use it');
  }
  context.ready(gateway);
  const stopReloading = reloadOnDemand(gateway, { config, watch: args.watch });
  const signal = await firstSignal();
  stopReloading();
  log.logger.info({ signal }, 'draining: no new connections, running requests finish');
  await gateway.drain();
  log.close();
  return DONE;
}

/** Reads the config again on SIGHUP and, when asked to watch, whenever one of its files changes. */
function reloadOnDemand(
  gateway: RunningGateway,
  { config, watch }: { readonly config: GatewayConfig; readonly watch: boolean },
): () => void {
  const reload = async (trigger: ReloadTrigger): Promise<void> => {
    const outcome = await gateway.reload(trigger);
    if (watch && outcome.kind === 'replaced') watcher.follow(outcome.files);
  };
  let isEnding = false;
  process.on('SIGHUP', () => {
    if (!isEnding) void reload('SIGHUP');
  });
  const watcher = new FileWatcher(() => void reload('watch'));
  if (watch) watcher.follow(config.files);
  return () => {
    // The listener stays: without one a hang-up would end the process, and what it is finishing.
    isEnding = true;
    watcher.close();
  };
}

/** `set_verbose` in the config asks for what `--debug` asks for. */
function logLevel(config: GatewayConfig, args: ServeArguments): LogLevel {
  return args.logLevel !== 'info' || config.litellm.verbose ? 'debug' : 'info';
}

async function listen(
  config: GatewayConfig,
  args: ServeArguments,
  context: Pick<ServeContext, 'env' | 'read'> & { readonly host: string; readonly log: RequestLog },
): Promise<RunningGateway | undefined> {
  try {
    const options = {
      host: context.host,
      port: args.port,
      keyFile: args.sslKeyFile,
      certFile: args.sslCertFile,
      keepAliveTimeoutMs: args.keepAliveTimeoutMs ?? DEFAULT_KEEP_ALIVE_MS,
      env: context.env,
      log: context.log,
      readConfig: context.read,
    };
    if (args.workers === 1) {
      const { serve } = await import('../serve.ts');
      return await serve(config, options);
    }
    const { serveThreads } = await import('../threads/serve-threads.ts');
    return await serveThreads(config, { ...options, threads: args.workers });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const place = `${context.host}:${args.port}`;
    if (code === 'EADDRINUSE')
      complain(`${place} is in use: stop what listens there, or choose another --port`, FAILED);
    else complain(`cannot ${isListening(error) ? `listen on ${place}` : 'start'}: ${messageOf(error)}`, FAILED);
    return undefined;
  }
}

/** The address is to blame, as opposed to a file that the gateway needs. */
function isListening(error: unknown): boolean {
  return (
    error instanceof Error && 'syscall' in error && ['listen', 'bind', 'getaddrinfo'].includes(String(error.syscall))
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Weak or missing keys are for one's own machine: the network is opened by saying `--host` (DESIGN 7). */
function defaultHost(config: GatewayConfig): string {
  if (config.general.masterKeyIsStrong) return OPEN_HOST;
  complain(
    `listening on ${LOOPBACK} only, because ${config.general.masterKey === undefined ? 'there is no' : 'of a weak'} ` +
      `general_settings.master_key; say --host ${OPEN_HOST} to open the port all the same`,
    DONE,
  );
  return LOOPBACK;
}

/** The second signal ends the process at once. */
function firstSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const once = (signal: NodeJS.Signals): void => {
      for (const name of ['SIGTERM', 'SIGINT'] as const) {
        process.off(name, once);
        process.on(name, () => process.exit(FAILED));
      }
      resolve(signal);
    };
    process.on('SIGTERM', once);
    process.on('SIGINT', once);
  });
}

function reportProblems(problems: readonly ConfigProblem[]): void {
  for (const problem of problems) process.stderr.write(`${formatProblem(problem)}\n`);
}

function print(text: string): ExitCode {
  process.stdout.write(`${text}\n`);
  return DONE;
}

function complain(text: string, code: ExitCode): ExitCode {
  process.stderr.write(`loadstone: ${text}\n`);
  return code;
}
