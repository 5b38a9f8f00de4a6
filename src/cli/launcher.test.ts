// bin/loadstone in checkouts and packages made for the purpose. The thresholds of the copies are moved so that the Node
// of the test stands for an older one.
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const platform = process.platform === 'win32' ? 'win' : process.platform;

/** Prints its arguments; with `wait` it stays until a signal comes and says which. */
const PROGRAM = `
const args: readonly string[] = process.argv.slice(2);
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) {
  process.on(signal, () => { console.log('got ' + signal); process.exit(7); });
}
console.log(JSON.stringify(args));
if (args[0] === 'wait') setInterval(() => {}, 1000);
else if (args[0] === 'die') process.kill(process.pid, 'SIGKILL');
else process.exit(Number(args[0] ?? 0));
`;

let root = '';

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'loadstone-launcher-'));
  cpSync(join(repository, 'bin'), join(root, 'bin'), { recursive: true });
  writeFileSync(join(root, 'package.json'), '{"type": "module"}');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function checkout(): void {
  mkdirSync(join(root, 'src'));
  writeFileSync(join(root, 'src', 'main.ts'), PROGRAM);
}

function bundle(): void {
  mkdirSync(join(root, 'dist'));
  writeFileSync(join(root, 'dist', 'main.js'), PROGRAM.replace(': readonly string[]', ''));
}

function ownNode(place: 'node' | 'nested' | 'platform'): void {
  const name = `node-${platform}-${process.arch}`;
  const places = { node: ['node', 'bin'], nested: ['node', 'node_modules', name, 'bin'], platform: [name, 'bin'] };
  const directory = join(root, 'node_modules', ...places[place]);
  mkdirSync(directory, { recursive: true });
  symlinkSync(process.execPath, join(directory, process.platform === 'win32' ? 'node.exe' : 'node'));
}

function raise(threshold: 'LEAST_FOR_SOURCE' | 'LEAST_FOR_BUNDLE'): void {
  const file = join(root, 'bin', 'loadstone');
  writeFileSync(file, readFileSync(file, 'utf8').replace(new RegExp(`${threshold} = \\d+`), `${threshold} = 999`));
}

/** A preload that takes `execve` away, as on systems that have none. */
function withoutExecve(): Record<string, string> {
  const file = join(root, 'no-execve.cjs');
  writeFileSync(file, 'Object.defineProperty(process, "execve", { value: undefined });');
  return { NODE_OPTIONS: `--require=${file}` };
}

function run(args: readonly string[], env: Record<string, string> = {}) {
  const options = { encoding: 'utf8', env: { PATH: process.env['PATH'] ?? '', ...env } } as const;
  return spawnSync(process.execPath, [join(root, 'bin', 'loadstone'), ...args], options);
}

describe.each([
  ['by execve', false],
  ['as a child', true],
])('a checkout on an older Node, started %s', (_, hidesExecve) => {
  const env = () => (hidesExecve ? withoutExecve() : {});

  test.each(['node', 'nested', 'platform'] as const)('runs on the Node of the %s package', (place) => {
    checkout();
    ownNode(place);
    raise('LEAST_FOR_SOURCE');
    const { status, stdout, stderr } = run(['3', '--config', 'a b.yaml'], env());
    expect({ status, stdout, stderr }).toEqual({ status: 3, stdout: '["3","--config","a b.yaml"]\n', stderr: '' });
  });

  test('ends by the signal that ended the program', () => {
    checkout();
    ownNode('node');
    raise('LEAST_FOR_SOURCE');
    expect(run(['die'], env()).signal).toBe('SIGKILL');
  });

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('passes %s on and hands the exit code back', async (signal) => {
    checkout();
    ownNode('node');
    raise('LEAST_FOR_SOURCE');
    const options = { env: { PATH: process.env['PATH'] ?? '', ...env() } };
    const child = spawn(process.execPath, [join(root, 'bin', 'loadstone'), 'wait'], options);
    let stdout = '';
    child.stdout.on('data', (chunk: Buffer) => {
      if (stdout === '') child.kill(signal);
      stdout += chunk.toString();
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect([code, stdout]).toEqual([7, `["wait"]\ngot ${signal}\n`]);
  });
});

test('a checkout on the right Node runs without a second process', () => {
  checkout();
  const { status, stdout, stderr } = run(['4']);
  expect({ status, stdout, stderr }).toEqual({ status: 4, stdout: '["4"]\n', stderr: '' });
});

test('an installed package runs its bundle', () => {
  bundle();
  const { status, stdout, stderr } = run(['5']);
  expect({ status, stdout, stderr }).toEqual({ status: 5, stdout: '["5"]\n', stderr: '' });
});

test('a checkout without a Node of its own falls back to the bundle', () => {
  checkout();
  bundle();
  raise('LEAST_FOR_SOURCE');
  expect(run(['6']).status).toBe(6);
});

test.each([
  ['a checkout before npm ci', () => (checkout(), raise('LEAST_FOR_SOURCE')), 'run "npm ci" first'],
  [
    'an installed package on a Node that is too old',
    () => (bundle(), raise('LEAST_FOR_BUNDLE')),
    'needs Node.js 999 or newer',
  ],
])('%s says in one line what to do', (_, prepare, message) => {
  prepare();
  const { status, stdout, stderr } = run([]);
  expect([status, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/^loadstone: [^\n]+\n$/);
  expect(stderr).toContain(message);
});

test('a program that cannot be loaded is an error and not silence', () => {
  bundle();
  writeFileSync(join(root, 'dist', 'main.js'), 'import "./missing.js";');
  const { status, stderr } = run([]);
  expect(status).toBe(1);
  expect(stderr).toContain('missing.js');
});
