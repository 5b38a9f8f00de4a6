// The image as far as it can be proved without a container engine: what the Dockerfile says, and the file system that its
// stages make, started as the image would be: by its entry point, with its environment, as its user.
import { execFile } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseArguments } from '../../src/cli/parse-arguments.ts';
import { startLoadstone } from '../support/loadstone-process.ts';
import { environmentOf, reachesBuilder, stagesOf, theInstruction } from './dockerfile.ts';
import { resourcesOf, theKind } from './manifest.ts';
import { fillContext, replayStages } from './replay-image.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..', '..');
const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8');
const manifest = JSON.parse(read('package.json')) as {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
};
const ignored = read('deploy/docker/Dockerfile.dockerignore');
const stages = stagesOf(read('deploy/docker/Dockerfile'));
const [dependencies, build, final] = stages;
if (dependencies === undefined || build === undefined || final === undefined)
  throw new Error('three stages are expected');
const USER = 10_001;
const REPLAY_LIMIT_MS = 120_000;

const folder = mkdtempSync(join(tmpdir(), 'loadstone-image-'));
let root = '';

beforeAll(async () => {
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, 'context'));
  await fillContext(join(folder, 'context'), ignored);
  root = await replayStages(stages, { context: join(folder, 'context'), work: folder });
}, REPLAY_LIMIT_MS);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function jsonOf(text: string): string[] {
  return JSON.parse(text.slice(text.indexOf('['))) as string[];
}

/** Every file below with its size and time, to see whether something was written. */
function filesOf(place: string): string[] {
  return readdirSync(place, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const { size, mtimeMs } = statSync(path);
      return `${path} ${size} ${mtimeMs}`;
    });
}

describe('the Dockerfile', () => {
  it('builds every stage on the Node that the tests run on, pinned to its version', () => {
    expect(stages.map(({ base }) => base)).toEqual(Array(3).fill(`node:${manifest.devDependencies['node']}-slim`));
  });

  it('runs the gateway as a numbered user who is not root, and ends it by SIGTERM', () => {
    expect(theInstruction(final, 'USER')).toBe(`${USER}:${USER}`);
    expect(theInstruction(final, 'STOPSIGNAL')).toBe('SIGTERM');
    expect(jsonOf(theInstruction(final, 'ENTRYPOINT'))).toEqual(['node', '/app/bin/loadstone']);
  });

  it('runs as the user that the pods of deploy/kubernetes run as', () => {
    const { spec } = theKind(resourcesOf(read('deploy/kubernetes/deployment.yaml')), 'Deployment').spec.template;
    expect(spec.securityContext).toMatchObject({ runAsUser: USER, runAsGroup: USER });
  });

  it('sets variables that make it serve the mounted config to the outside, on the port that it exposes', () => {
    const command = parseArguments([], environmentOf(final));
    const port = Number(theInstruction(final, 'EXPOSE'));
    const serve = { configFile: '/etc/loadstone/config.yaml', host: '0.0.0.0', port };
    expect(command).toMatchObject({ kind: 'serve', notices: [], serve });
  });

  it('has no secret in it', () => {
    expect(read('deploy/docker/Dockerfile')).not.toMatch(/\b\w*(?:api_key|master_key|token|password)\w*\s*=/i);
  });
});

describe('what reaches the builder', () => {
  it.each([
    'src/main.ts',
    'src/core/plan/select.ts',
    '.npmrc',
    'bin/loadstone',
    'package-lock.json',
    'scripts/build-bundle.ts',
  ])('%s does', (file) => expect(reachesBuilder(file, ignored)).toBe(true));

  it.each([
    '.git/config',
    '.env',
    'config.yaml',
    'keys.env',
    'test/e2e/process.test.ts',
    'src/serve.test.ts',
    'src/core/plan.test.ts',
    'node_modules/yaml/package.json',
    'dist/main.js',
    'scripts/check-leftovers.ts',
  ])('%s does not', (file) => expect(reachesBuilder(file, ignored)).toBe(false));
});

describe('the image', () => {
  it('has the bundle, the launcher and the runtime dependencies, and no source or development tool', () => {
    const app = join(root, 'app');
    expect(readdirSync(app).toSorted()).toEqual(['LICENSE', 'bin', 'dist', 'node_modules', 'package.json']);
    const packages = Object.keys(manifest.dependencies);
    expect(packages.filter((name) => !existsSync(join(app, 'node_modules', name)))).toEqual([]);
    const tools = Object.keys(manifest.devDependencies);
    expect(tools.filter((name) => existsSync(join(app, 'node_modules', name)))).toEqual([]);
  });

  it('starts, is healthy by its own check, writes no file, and ends in order', { timeout: 60_000 }, async () => {
    const config = join(folder, 'config.yaml');
    writeFileSync(
      config,
      theKind(resourcesOf(read('deploy/kubernetes/config-map.yaml')), 'ConfigMap').data['config.yaml'] ?? '',
    );
    const before = filesOf(root);
    const node = join(root, 'usr', 'local', 'bin', 'node');
    const image = environmentOf(final);
    const health = (PORT: string) =>
      run(node, jsonOf(theInstruction(final, 'HEALTHCHECK')).slice(1), { env: { ...image, PORT } }).then(
        () => 0,
        (error: { readonly code: unknown }) => error.code,
      );
    const [, script = ''] = jsonOf(theInstruction(final, 'ENTRYPOINT'));
    const gateway = startLoadstone([], {
      // On the loopback and any free port here; what the image says itself is asserted above.
      env: {
        ...image,
        HOST: '127.0.0.1',
        PORT: '0',
        CONFIG_FILE_PATH: config,
        LITELLM_MASTER_KEY: 'a-key-of-16-or-more',
      },
      cwd: join(root, theInstruction(final, 'WORKDIR')),
      program: { node, bin: join(root, script) },
      ...(process.getuid?.() === 0 ? { user: USER } : {}),
    });
    const { port } = new URL(await gateway.url());
    expect(await health(port)).toBe(0);
    gateway.child.kill('SIGTERM');
    expect(await gateway.ended).toBe(0);
    expect(await health(port)).toBe(1);
    expect(filesOf(root)).toEqual(before);
  });

  it('has the same bundle, byte for byte, each time it is built', async () => {
    const again = join(folder, 'again');
    await run(process.execPath, ['scripts/build-bundle.ts', '--out', again], { cwd: join(folder, 'stage-1', 'app') });
    const contents = (place: string) =>
      readdirSync(place).map((name) => [name, readFileSync(join(place, name), 'base64')]);
    expect(contents(again)).toEqual(contents(join(root, 'app', 'dist')));
  });
});
