// Puts the Python clients of the end-to-end tests into .venv, once: a second call finds them and does nothing. Where
// Python, its venv module or the network is missing it says so, and the tests that need them count as skipped.
//   node scripts/python-clients.ts
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const INSTALL_LIMIT_MS = 300_000;

/** Ready with the interpreter to run, or the reason why not. */
export type PythonClients =
  | { readonly kind: 'ready'; readonly python: string }
  | { readonly kind: 'missing'; readonly reason: string };

interface Places {
  /** The folder of the virtual environment. */
  readonly venv: string;
  readonly requirements: string;
  /** More flags of `pip install`. */
  readonly pipOptions?: readonly string[];
}

const PLACES: Places = { venv: join(ROOT, '.venv'), requirements: join(ROOT, 'test', 'e2e', 'requirements.txt') };

/** Makes or finds the virtual environment. Never throws; takes up to five minutes the first time. */
export function preparePythonClients(places: Places = PLACES): PythonClients {
  const python = join(places.venv, 'bin', 'python');
  const stamp = join(places.venv, 'installed-requirements.txt');
  const wanted = readFileSync(places.requirements, 'utf8');
  if (existsSync(python) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted)
    return { kind: 'ready', python };
  const interpreter = ['python3', 'python'].find(
    (name) => runProgram(name, ['-c', 'import sys; assert sys.version_info >= (3, 9)']).ok,
  );
  if (interpreter === undefined) return { kind: 'missing', reason: 'no Python 3.9 or newer' };
  rmSync(places.venv, { recursive: true, force: true });
  const made = runProgram(interpreter, ['-m', 'venv', places.venv]);
  if (!made.ok) return { kind: 'missing', reason: `python -m venv: ${made.text}` };
  const installed = runProgram(python, [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    ...(places.pipOptions ?? []),
    '-r',
    places.requirements,
  ]);
  if (!installed.ok) return { kind: 'missing', reason: `pip install: ${installed.text}` };
  writeFileSync(stamp, wanted);
  return { kind: 'ready', python };
}

/** Runs it to its end, for five minutes at most. `text` is the last line that it complained with, if it failed. */
export function runProgram(program: string, args: readonly string[]): { readonly ok: boolean; readonly text: string } {
  try {
    execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: INSTALL_LIMIT_MS, encoding: 'utf8' });
    return { ok: true, text: '' };
  } catch (error) {
    const output = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
    const lastLine = output.trim().split('\n').at(-1) ?? '';
    return { ok: false, text: lastLine === '' ? String(error) : lastLine };
  }
}

if (import.meta.main) {
  const clients = preparePythonClients();
  process.stdout.write(clients.kind === 'ready' ? `${clients.python}\n` : `skipped: ${clients.reason}\n`);
}
