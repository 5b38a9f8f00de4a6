// The package as others get it: packed, installed into an empty folder without the development tools, and started.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');
const PACK_LIMIT_MS = 240_000;
let folder = '';
let child: ChildProcess | undefined;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'loadstone-package-'));
  await run('npm', ['pack', '--pack-destination', folder], { cwd: root });
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '';
  writeFileSync(join(folder, 'package.json'), '{"private": true}');
  await run('npm', ['install', '--omit=dev', '--no-audit', '--no-fund', `./${tarball}`], { cwd: folder });
}, PACK_LIMIT_MS);

afterAll(() => {
  child?.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

test.each([1, 2])(
  'the tarball of npm pack, installed into an empty folder, serves the demo in %d threads',
  async (workers) => {
    const port = await freePort();
    const bin = join(folder, 'node_modules', 'loadstone', 'bin', 'loadstone');
    child = spawn(process.execPath, [bin, 'demo', '--port', String(port), '--num_workers', String(workers)], {
      cwd: folder,
      stdio: 'pipe',
    });
    let output = '';
    child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await expect.poll(() => output, { timeout: 20_000 }).toContain('is listening');
    const answer = await fetch(`http://127.0.0.1:${port}/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: 'gpt-3.5-turbo', messages: [{ role: 'user', content: 'what llm are you' }] }),
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-litellm-model-id')).toMatch(/^gpt-turbo-/);
    const counted = await fetch(`http://127.0.0.1:${port}/utils/token_counter`, {
      method: 'POST',
      body: JSON.stringify({ model: 'gpt-3.5-turbo', messages: [{ role: 'user', content: 'hi' }] }),
      headers: { 'content-type': 'application/json' },
    });
    expect(await counted.json()).toMatchObject({ total_tokens: 8 });
    const ended = new Promise<number | null>((resolve) => child?.once('exit', resolve));
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  },
);

test('publint finds nothing to complain about in the package', async () => {
  const { messages } = await publint({ pkgDir: root, pack: 'npm', strict: true });
  expect(messages.map(({ code, args }) => ({ code, args }))).toEqual([]);
});
