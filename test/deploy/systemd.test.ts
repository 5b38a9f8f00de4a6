// deploy/systemd: what the unit says of Loadstone is so, and systemd's own checks, where they are installed, find it
// well-formed and closely confined. Starting it takes a machine that systemd runs.
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseArguments } from '../../src/cli/parse-arguments.ts';
import { loadConfigText } from '../../src/config/load.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..', '..');
const text = readFileSync(join(ROOT, 'deploy', 'systemd', 'loadstone.service'), 'utf8');
const PROGRAM = '/opt/loadstone/bin/loadstone';
/** Of the scale of `systemd-analyze security`, 0 to 100: what it calls OK ends at 50. */
const EXPOSURE_LIMIT = '15';

function valuesOf(setting: string): string[] {
  return [...text.matchAll(new RegExp(`^${setting}=(.*)$`, 'gm'))].map(([, value]) => value ?? '');
}

function commandOf(line: string | undefined) {
  const [program, ...args] = (line ?? '').split(' ');
  expect(program).toBe(PROGRAM);
  return parseArguments(args, {});
}

describe('the unit', () => {
  it('serves the config that a reload checks before it is read again', () => {
    const [check, hangUp, ...others] = valuesOf('ExecReload');
    expect(commandOf(valuesOf('ExecStart')[0])).toMatchObject({
      kind: 'serve',
      notices: [],
      serve: { configFile: '/etc/loadstone/config.yaml', host: undefined, port: 4000 },
    });
    expect(commandOf(check)).toMatchObject({ kind: 'check', file: '/etc/loadstone/config.yaml', asJson: false });
    expect([hangUp, ...others]).toEqual(['/bin/kill -HUP $MAINPID']);
  });

  it('waits longer for running requests than Loadstone does', () => {
    const { shutdownGraceMs } = loadConfigText('model_list: []', { env: {} }).general;
    expect(valuesOf('KillSignal')).toEqual(['SIGTERM']);
    expect(Number(valuesOf('TimeoutStopSec')[0]) * 1000).toBeGreaterThan(shutdownGraceMs);
  });

  it('is not started again and again with a config that is wrong', () => {
    expect(valuesOf('Restart')).toEqual(['on-failure']);
    expect(valuesOf('RestartPreventExitStatus')).toEqual(['2']);
  });

  it('has its keys from a file of variables and none of its own', () => {
    expect(valuesOf('EnvironmentFile')).toEqual(['/etc/loadstone/keys.env']);
    expect(valuesOf('Environment')).toEqual(['NODE_ENV=production']);
  });

  it('runs as nobody in particular and may write nowhere', () => {
    const settings = ['DynamicUser', 'NoNewPrivileges', 'ProtectSystem', 'ProtectHome', 'CapabilityBoundingSet'];
    expect(settings.map((name) => valuesOf(name))).toEqual([['yes'], ['yes'], ['strict'], ['yes'], ['']]);
    expect(text).not.toMatch(/^(?:ReadWritePaths|StateDirectory|MemoryDenyWriteExecute)=/m);
  });
});

const hasSystemd = isThere('systemd-analyze');
if (!hasSystemd) {
  const reason = 'there is no systemd-analyze (Debian: apt-get install systemd)';
  if (process.env['CI']) throw new Error(`the unit cannot be checked: ${reason}`);
  console.log(`checks of the unit by systemd skipped: ${reason}`);
}

describe.skipIf(!hasSystemd)('systemd', () => {
  let folder = '';
  let unit = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'loadstone-unit-'));
    unit = join(folder, 'loadstone.service');
    mkdirSync(join(folder, 'bin'));
    symlinkSync(join(ROOT, 'bin', 'loadstone'), join(folder, 'bin', 'loadstone'));
    writeFileSync(unit, text.replaceAll('/opt/loadstone', folder));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('finds nothing wrong in the unit', async () => {
    expect(await run('systemd-analyze', ['verify', unit])).toEqual({ stdout: '', stderr: '' });
  });

  it('finds what is wrong in a unit', async () => {
    const wrong = join(folder, 'wrong.service');
    writeFileSync(wrong, text.replace('ProtectHome=yes', 'ProtectHouse=yes').replaceAll('/opt/loadstone', folder));
    const { stderr } = await run('systemd-analyze', ['verify', wrong]);
    expect(stderr).toMatch(/Unknown key.*'ProtectHouse'/);
  });

  it('calls it closely confined', async () => {
    const args = ['security', '--no-pager', '--offline=true', `--threshold=${EXPOSURE_LIMIT}`, unit];
    const { stdout } = await run('systemd-analyze', args);
    expect(stdout).toMatch(/Overall exposure level for loadstone\.service: \d+\.\d OK/);
  });
});

function isThere(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
