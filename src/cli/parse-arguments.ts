// From the command line and the environment to one typed command. Flags beat the environment, the environment beats the
// defaults, as in LiteLLM; nothing is read or started here.
import { nearestKey } from '../config/nearest-key.ts';
import { MOST_WORKERS } from './flags.ts';
import { readFlags } from './read-flags.ts';
import type { ReadFlags } from './read-flags.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** `--model` and its companions: one model, served without a config. */
export interface QuickModel {
  readonly model: string;
  readonly alias: string | undefined;
  readonly apiBase: string | undefined;
  readonly apiVersion: string | undefined;
  readonly temperature: number | undefined;
  readonly maxTokens: number | undefined;
  readonly requestTimeoutSeconds: number | undefined;
  readonly dropParams: boolean;
}

export interface ServeArguments {
  readonly configFile: string | undefined;
  readonly quickModel: QuickModel | undefined;
  /** `undefined`: not given, so that a gateway without a strong key may choose the loopback. */
  readonly host: string | undefined;
  readonly port: number;
  readonly logLevel: 'info' | 'debug' | 'trace';
  readonly sslKeyFile: string | undefined;
  readonly sslCertFile: string | undefined;
  /** `undefined`: not given. */
  readonly keepAliveTimeoutMs: number | undefined;
  /** Reload when a file of the config changes. */
  readonly watch: boolean;
  /** Threads that serve. */
  readonly workers: number;
}

export interface FakeProviderArguments {
  readonly ports: readonly number[];
  readonly host: string;
  /** `MODEL:WORDS`, as given. */
  readonly faults: readonly string[];
  readonly vendor: string | undefined;
  readonly answers: string | undefined;
}

export interface ExplainArguments {
  readonly configFile: string;
  /** A file with the request; `-`: standard input. */
  readonly requestFile: string;
  /** URL path of the request; `undefined`: what the file says, else chat completions. */
  readonly path: string | undefined;
  /** `Name: value`, as given. */
  readonly headers: readonly string[];
  readonly asJson: boolean;
}

/** `notices` are lines for stderr that do not stop anything. */
export type Command =
  | { readonly kind: 'serve'; readonly serve: ServeArguments; readonly notices: readonly string[] }
  | { readonly kind: 'demo'; readonly serve: ServeArguments; readonly notices: readonly string[] }
  | { readonly kind: 'check'; readonly file: string; readonly asJson: boolean; readonly workers: number }
  | { readonly kind: 'explain'; readonly explain: ExplainArguments }
  | { readonly kind: 'fake-provider'; readonly fakeProvider: FakeProviderArguments }
  | {
      readonly kind: 'probe';
      readonly what: 'test' | 'health';
      readonly url: string;
      readonly model: string | undefined;
    }
  | { readonly kind: 'version' }
  | { readonly kind: 'help' }
  | { readonly kind: 'mistake'; readonly message: string };

const VERBS = ['serve', 'check', 'explain', 'demo', 'fake-provider'] as const;
type Verb = (typeof VERBS)[number];

const DEFAULT_PORT = 4000;
/** The ports of the Hugging Face servers in LiteLLM's documentation: its configs work against a bare start. */
const FAKE_PROVIDER_PORTS = '8001,8002,8003';

function textOf(flags: ReadFlags, name: string): string | undefined {
  const value = flags.values.get(name);
  return value === undefined ? undefined : String(value);
}

function numberOf(flags: ReadFlags, name: string): number | undefined {
  const value = flags.values.get(name);
  return typeof value === 'number' ? value : undefined;
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && /^(1|true|yes|on|t|y)$/i.test(value);
}

function portOf(text: string): number | undefined {
  return /^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined;
}

function mistake(message: string): Command {
  return { kind: 'mistake', message };
}

function quickModelOf(flags: ReadFlags): QuickModel | undefined {
  const model = textOf(flags, 'model');
  if (model === undefined) return undefined;
  return {
    model,
    alias: textOf(flags, 'alias'),
    apiBase: textOf(flags, 'api_base'),
    apiVersion: textOf(flags, 'api_version'),
    temperature: numberOf(flags, 'temperature'),
    maxTokens: numberOf(flags, 'max_tokens'),
    requestTimeoutSeconds: numberOf(flags, 'request_timeout'),
    dropParams: flags.values.has('drop_params'),
  };
}

function logLevelOf(flags: ReadFlags, env: Environment): ServeArguments['logLevel'] {
  if (flags.values.has('detailed_debug') || isOn(env['DETAILED_DEBUG'])) return 'trace';
  return flags.values.has('debug') || isOn(env['DEBUG']) ? 'debug' : 'info';
}

function workersOf(flags: ReadFlags, env: Environment): number | Command {
  const workers = numberOf(flags, 'num_workers') ?? Number(env['NUM_WORKERS'] || 1);
  if (Number.isInteger(workers) && workers >= 1 && workers <= MOST_WORKERS) return workers;
  return mistake(`NUM_WORKERS takes a whole number from 1 to ${MOST_WORKERS}, not "${env['NUM_WORKERS']}"`);
}

function serveArguments(
  flags: ReadFlags,
  env: Environment,
  { port, workers }: Pick<ServeArguments, 'port' | 'workers'>,
): ServeArguments {
  const keepAliveSeconds = numberOf(flags, 'keepalive_timeout');
  return {
    configFile: textOf(flags, 'config') ?? (env['CONFIG_FILE_PATH'] || undefined),
    quickModel: quickModelOf(flags),
    host: textOf(flags, 'host') ?? (env['HOST'] || undefined),
    port,
    logLevel: logLevelOf(flags, env),
    sslKeyFile: textOf(flags, 'ssl_keyfile_path'),
    sslCertFile: textOf(flags, 'ssl_certfile_path'),
    keepAliveTimeoutMs: keepAliveSeconds === undefined ? undefined : keepAliveSeconds * 1000,
    watch: flags.values.has('watch'),
    workers,
  };
}

function serveCommand(verb: 'serve' | 'demo', flags: ReadFlags, env: Environment): Command {
  const given = textOf(flags, 'port') ?? (env['PORT'] || undefined);
  const port = given === undefined ? DEFAULT_PORT : portOf(given);
  if (port === undefined) {
    const name = flags.values.has('port') ? '--port' : 'PORT';
    return mistake(`${name} takes a port number from 0 to 65535, not "${given}"`);
  }
  const workers = workersOf(flags, env);
  if (typeof workers !== 'number') return workers;
  const serve = serveArguments(flags, env, { port, workers });
  if ((serve.sslKeyFile === undefined) !== (serve.sslCertFile === undefined)) {
    return mistake('--ssl_keyfile_path and --ssl_certfile_path need each other');
  }
  const what = flags.values.has('test') ? 'test' : flags.values.has('health') ? 'health' : undefined;
  if (what !== undefined) return { kind: 'probe', what, url: probeUrl(serve), model: serve.quickModel?.model };
  const { notices } = flags;
  // `npm start -- --config FILE` is `demo --config FILE`: the file is meant. A file in the environment is not.
  const namesOwnModels = flags.values.has('config') || flags.values.has('model');
  if (verb === 'serve' || namesOwnModels) return { kind: 'serve', serve, notices };
  return { kind: 'demo', serve: { ...serve, configFile: undefined }, notices };
}

/** Where a running proxy with the same flags is to be found. */
function probeUrl(serve: ServeArguments): string {
  const host = serve.host === undefined || serve.host === '0.0.0.0' || serve.host === '::' ? '127.0.0.1' : serve.host;
  const shown = host.includes(':') ? `[${host}]` : host;
  return `${serve.sslCertFile === undefined ? 'http' : 'https'}://${shown}:${serve.port}`;
}

function checkCommand(flags: ReadFlags, env: Environment, rest: readonly string[]): Command {
  const file = rest[0] ?? textOf(flags, 'config') ?? (env['CONFIG_FILE_PATH'] || undefined);
  if (file === undefined) return mistake('check needs a file: loadstone check FILE');
  if (rest.length > 1) return mistake(`check takes one file, and got "${rest[1]}" as well`);
  const workers = workersOf(flags, env);
  if (typeof workers !== 'number') return workers;
  return { kind: 'check', file, asJson: flags.values.has('json'), workers };
}

function explainCommand(flags: ReadFlags, env: Environment, rest: readonly string[]): Command {
  const configFile = textOf(flags, 'config') ?? (env['CONFIG_FILE_PATH'] || undefined);
  const [requestFile, another] = rest;
  if (configFile === undefined || requestFile === undefined) {
    return mistake('explain needs a config and a request: loadstone explain --config FILE REQUEST.json');
  }
  if (another !== undefined) return mistake(`explain takes one request, and got "${another}" as well`);
  const headers = flags.repeated.get('header') ?? [];
  const bad = headers.find((header) => !/^[\w-]+:/.test(header));
  if (bad !== undefined) return mistake(`--header takes "Name: value", not "${bad}"`);
  const asJson = flags.values.has('json');
  return { kind: 'explain', explain: { configFile, requestFile, path: textOf(flags, 'path'), headers, asJson } };
}

function fakeProviderCommand(flags: ReadFlags): Command {
  const ports: number[] = [];
  for (const text of (textOf(flags, 'port') ?? FAKE_PROVIDER_PORTS).split(',')) {
    const port = portOf(text.trim());
    if (port === undefined) return mistake(`--port takes port numbers from 0 to 65535, not "${text.trim()}"`);
    ports.push(port);
  }
  const fakeProvider: FakeProviderArguments = {
    ports,
    host: textOf(flags, 'host') ?? '127.0.0.1',
    faults: flags.repeated.get('fault') ?? [],
    vendor: textOf(flags, 'vendor'),
    answers: textOf(flags, 'answers'),
  };
  return { kind: 'fake-provider', fakeProvider };
}

function verbOf(word: string | undefined): Verb | { readonly mistake: string } {
  if (word === undefined) return 'serve';
  const verb = VERBS.find((known) => known === word);
  if (verb !== undefined) return verb;
  if (/\.ya?ml$/.test(word)) return { mistake: `unknown command "${word}" (did you mean --config ${word}?)` };
  const near = nearestKey(word, VERBS);
  const hint = near === undefined ? `commands are ${VERBS.join(', ')}` : `did you mean ${near}?`;
  return { mistake: `unknown command "${word}" (${hint})` };
}

/** The command that `argv` (without node and script) asks for. */
export function parseArguments(argv: readonly string[], env: Environment): Command {
  const flags = readFlags(argv);
  if (flags.values.has('help')) return { kind: 'help' };
  if (flags.values.has('version')) return { kind: 'version' };
  if (flags.mistake !== undefined) return mistake(flags.mistake);
  const [word, ...rest] = flags.positionals;
  const verb = verbOf(word);
  if (typeof verb !== 'string') return mistake(verb.mistake);
  if (verb === 'check') return checkCommand(flags, env, rest);
  if (verb === 'explain') return explainCommand(flags, env, rest);
  if (rest.length > 0) return mistake(`unexpected argument "${rest[0]}"`);
  if (verb === 'fake-provider') return fakeProviderCommand(flags);
  if (flags.values.has('validate_config')) return checkCommand(flags, env, []);
  return serveCommand(verb, flags, env);
}
