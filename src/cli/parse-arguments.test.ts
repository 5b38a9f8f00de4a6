import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FLAGS } from './flags.ts';
import { helpText } from './help-text.ts';
import { parseArguments } from './parse-arguments.ts';
import type { Command, ServeArguments } from './parse-arguments.ts';

function served(argv: readonly string[], env: Record<string, string> = {}): ServeArguments {
  const command = parseArguments(argv, env);
  if (command.kind !== 'serve') throw new Error(`not serve: ${JSON.stringify(command)}`);
  return command.serve;
}

function noticesOf(command: Command): readonly string[] {
  return command.kind === 'serve' || command.kind === 'demo' ? command.notices : [];
}

describe('the command', () => {
  test.each([
    [[], 'serve'],
    [['serve', '--config', 'c.yaml'], 'serve'],
    [['demo'], 'demo'],
    [['demo', '--config', 'c.yaml'], 'serve'],
    [['demo', '-m', 'gpt-4o'], 'serve'],
    [['check', 'c.yaml'], 'check'],
    [['--config', 'c.yaml', '--validate_config'], 'check'],
    [['explain', '--config', 'c.yaml', 'r.json'], 'explain'],
    [['fake-provider'], 'fake-provider'],
    [['--test'], 'probe'],
    [['--health'], 'probe'],
    [['--version'], 'version'],
    [['-v'], 'version'],
    [['--help'], 'help'],
    [['--help', '--nonsense'], 'help'],
  ])('%j is %s', (argv, kind) => {
    expect(parseArguments(argv, {}).kind).toBe(kind);
  });

  test('a config in the environment is served, but the demo stays the demo', () => {
    const env = { CONFIG_FILE_PATH: 'env.yaml' };
    expect(served([], env).configFile).toBe('env.yaml');
    expect(parseArguments(['demo'], env)).toMatchObject({ kind: 'demo', serve: { configFile: undefined } });
  });
});

describe('flags of serve', () => {
  test("have LiteLLM's defaults", () => {
    expect(served([])).toEqual({
      configFile: undefined,
      quickModel: undefined,
      host: undefined,
      port: 4000,
      logLevel: 'info',
      sslKeyFile: undefined,
      sslCertFile: undefined,
      keepAliveTimeoutMs: undefined,
      watch: false,
      workers: 1,
    });
  });

  test.each([
    [['--config', 'c.yaml'], { configFile: 'c.yaml' }],
    [['--config=c.yaml'], { configFile: 'c.yaml' }],
    [['-c', 'c.yaml'], { configFile: 'c.yaml' }],
    [['--port', '0'], { port: 0 }],
    [['--host', '0.0.0.0'], { host: '0.0.0.0' }],
    [['--debug'], { logLevel: 'debug' }],
    [['--debug', '--detailed_debug'], { logLevel: 'trace' }],
    [['--keepalive-timeout', '5'], { keepAliveTimeoutMs: 5000 }],
    [['--ssl_keyfile_path', 'k', '--ssl_certfile_path', 'c'], { sslKeyFile: 'k', sslCertFile: 'c' }],
    [['--port', '1', '--port', '2'], { port: 2 }],
  ])('%j', (argv, expected) => {
    expect(served(argv)).toMatchObject(expected);
  });

  test('beat the environment, which beats the defaults', () => {
    const env = { HOST: '10.0.0.1', PORT: '8080', CONFIG_FILE_PATH: 'env.yaml', DEBUG: 'true' };
    const fromEnvironment = { host: '10.0.0.1', port: 8080, configFile: 'env.yaml', logLevel: 'debug' };
    expect(served([], env)).toMatchObject(fromEnvironment);
    const argv = ['--host', 'h', '--port', '1', '--config', 'c'];
    expect(served(argv, env)).toMatchObject({ host: 'h', port: 1, configFile: 'c' });
  });

  test('DEBUG as other programs use it is not meant for us', () => {
    expect(served([], { DEBUG: 'express:*', PORT: '', HOST: '' })).toMatchObject({ logLevel: 'info', port: 4000 });
  });

  test('of a single model are kept together', () => {
    const argv = ['-m', 'azure/d', '--alias', 'gpt', '--api_base', 'http://x', '--api_version', '2024-10-21'];
    const more = ['--temperature', '-0.5', '--max_tokens', '7', '--request_timeout', '1.5', '--drop_params'];
    expect(served([...argv, ...more]).quickModel).toEqual({
      model: 'azure/d',
      alias: 'gpt',
      apiBase: 'http://x',
      apiVersion: '2024-10-21',
      temperature: -0.5,
      maxTokens: 7,
      requestTimeoutSeconds: 1.5,
      dropParams: true,
    });
  });

  test('a negative number stands behind its flag as well', () => {
    expect(served(['-m', 'x', '--temperature=-1']).quickModel?.temperature).toBe(-1);
  });
});

describe('mistakes are told in one line', () => {
  test.each([
    [['--prot', '1'], 'unknown flag --prot (did you mean --port?)'],
    [['--xyzzy-plugh'], 'unknown flag --xyzzy_plugh'],
    [['--port'], '--port needs a value'],
    [['--port', '--host'], '--port needs a value'],
    [['--config='], '--config needs a value'],
    [['--port', '70000'], '--port takes a port number from 0 to 65535, not "70000"'],
    [['--port', 'http'], '--port takes a port number from 0 to 65535, not "http"'],
    [['--max_tokens', '1.5'], '--max_tokens takes a whole number, not "1.5"'],
    [['--max_tokens', '0'], '--max_tokens must be at least 1, not 0'],
    [['--temperature', 'hot'], '--temperature takes a number, not "hot"'],
    [['--debug=1'], '--debug takes no value'],
    [['--ssl_keyfile_path', 'k'], '--ssl_keyfile_path and --ssl_certfile_path need each other'],
    [['chekc', 'c.yaml'], 'unknown command "chekc" (did you mean check?)'],
    [['c.yaml'], 'unknown command "c.yaml" (did you mean --config c.yaml?)'],
    [['serve', 'c.yaml'], 'unexpected argument "c.yaml"'],
    [['check'], 'check needs a file: loadstone check FILE'],
    [['check', 'a', 'b'], 'check takes one file, and got "b" as well'],
    [['fake-provider', '--port', '1,x'], '--port takes port numbers from 0 to 65535, not "x"'],
  ])('%j', (argv, message) => {
    expect(parseArguments(argv, {})).toEqual({ kind: 'mistake', message });
  });

  test('also for a port in the environment', () => {
    const message = 'PORT takes a port number from 0 to 65535, not "x"';
    expect(parseArguments([], { PORT: 'x' })).toEqual({ kind: 'mistake', message });
  });
});

describe('flags that do nothing', () => {
  test('are answered with a notice each', () => {
    const notices = noticesOf(parseArguments(['--telemetry', 'False', '--use_queue', '--run_gunicorn'], {}));
    expect(notices).toHaveLength(3);
    expect(notices[0]).toBe('--telemetry is accepted and does nothing: Loadstone sends no telemetry');
  });

  test.each(Object.entries(FLAGS).filter(([, flag]) => flag.ignored !== undefined))('--%s', (name, flag) => {
    const argv = flag.kind === 'switch' ? [`--${name}`] : [`--${name}`, '1'];
    expect(noticesOf(parseArguments(argv, {}))).toHaveLength(1);
  });
});

test.each([
  [[], {}, 1],
  [['--num_workers', '4'], {}, 4],
  [['--num-workers=3'], { NUM_WORKERS: '2' }, 3],
  [[], { NUM_WORKERS: '2' }, 2],
  [[], { NUM_WORKERS: '' }, 1],
])('%j with %j: so many threads serve', (argv, env, workers) => {
  expect(parseArguments(argv, env)).toMatchObject({ kind: 'serve', serve: { workers }, notices: [] });
});

test.each([
  [['--num_workers', '0'], {}, '--num_workers must be at least 1, not 0'],
  [['--num_workers', '1025'], {}, '--num_workers must be at most 1024, not 1025'],
  [[], { NUM_WORKERS: 'many' }, 'NUM_WORKERS takes a whole number from 1 to 1024, not "many"'],
  [[], { NUM_WORKERS: '1.5' }, 'NUM_WORKERS takes a whole number from 1 to 1024, not "1.5"'],
  [[], { NUM_WORKERS: '1025' }, 'NUM_WORKERS takes a whole number from 1 to 1024, not "1025"'],
])('%j with %j is a mistake', (argv, env, message) => {
  expect(parseArguments(argv, env)).toEqual({ kind: 'mistake', message });
});

test.each([
  [['--test', '--model', 'gpt-4o', '--port', '5'], { what: 'test', url: 'http://127.0.0.1:5', model: 'gpt-4o' }],
  [['--health', '--host', '0.0.0.0'], { what: 'health', url: 'http://127.0.0.1:4000' }],
  [['--health', '--host', '::1'], { what: 'health', url: 'http://[::1]:4000' }],
  [['--health', '--ssl_keyfile_path', 'k', '--ssl_certfile_path', 'c'], { url: 'https://127.0.0.1:4000' }],
])('%j asks the proxy that the same flags would start', (argv, expected) => {
  expect(parseArguments(argv, {})).toMatchObject({ kind: 'probe', ...expected });
});

test('the fake provider listens on the documented ports, and takes faults', () => {
  expect(parseArguments(['fake-provider'], { PORT: '1' })).toMatchObject({
    fakeProvider: { ports: [8001, 8002, 8003] },
  });
  const argv = ['fake-provider', '--port', '0,0', '--fault', 'a:reset', '--fault', '*:latency=5', '--vendor', 'tgi'];
  const fakeProvider = { ports: [0, 0], host: '127.0.0.1', faults: ['a:reset', '*:latency=5'], vendor: 'tgi' };
  expect(parseArguments(argv, {})).toMatchObject({ kind: 'fake-provider', fakeProvider });
});

test('explain takes a config, one request, and how it is sent', () => {
  const argv = [
    'explain',
    '-c',
    'c.yaml',
    '-',
    '--path',
    '/embeddings',
    '--header',
    'a: 1',
    '--header',
    'b:2',
    '--json',
  ];
  expect(parseArguments(argv, {})).toEqual({
    kind: 'explain',
    explain: { configFile: 'c.yaml', requestFile: '-', path: '/embeddings', headers: ['a: 1', 'b:2'], asJson: true },
  });
  expect(parseArguments(['explain', 'r.json'], { CONFIG_FILE_PATH: 'env.yaml' })).toMatchObject({
    explain: { configFile: 'env.yaml', requestFile: 'r.json', path: undefined, headers: [], asJson: false },
  });
});

test.each([
  [['explain', 'r.json'], 'explain needs a config and a request'],
  [['explain', '-c', 'c.yaml'], 'explain needs a config and a request'],
  [['explain', '-c', 'c.yaml', 'a.json', 'b.json'], 'takes one request, and got "b.json" as well'],
  [['explain', '-c', 'c.yaml', 'a.json', '--header', 'nonsense'], '--header takes "Name: value", not "nonsense"'],
])('%j is a mistake', (argv, text) => {
  const command = parseArguments(argv, {});
  expect(command.kind === 'mistake' && command.message).toContain(text);
});

test('no command line makes it throw', () => {
  const word = fc.oneof(
    fc.constantFrom(...Object.keys(FLAGS).map((name) => `--${name}`)),
    fc.string(),
    fc.constant('--'),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 6 }), (argv) => {
      expect(typeof parseArguments(argv, {}).kind).toBe('string');
    }),
  );
});

test('the help names every flag that does something, and no other', () => {
  const working = Object.keys(FLAGS).filter((name) => FLAGS[name]?.ignored === undefined);
  const named = [...helpText().matchAll(/^ +(?:-\w, )?--(\w+)/gm)].map((match) => match[1]);
  expect(named).toEqual(working);
});
