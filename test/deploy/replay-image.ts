// Does in a folder what the builder does in layers: the files that reach it, every stage's COPY and RUN in order, the
// base image reduced to the Node that this process runs on. One thing is not done anew: the development dependencies of
// the stage that builds are those of this checkout, which the same lock file made.
import { execFile } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, statSync, symlinkSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { copyOf, reachesBuilder, theInstruction, type Stage } from './dockerfile.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..', '..');
const INSTALLS_EVERYTHING = 'npm ci --ignore-scripts';
const COMMAND_LIMIT_MS = 90_000;

/** Copies the files of the tree that reach the builder into `target`; ignored by git means not of the tree. */
export async function fillContext(target: string, dockerignore: string): Promise<void> {
  const listing = ['ls-files', '--cached', '--others', '--exclude-standard', '-z'];
  const { stdout } = await run('git', listing, { cwd: ROOT, maxBuffer: 64 * 1024 * 1024 });
  for (const file of stdout.split('\0')) {
    if (file === '' || !existsSync(join(ROOT, file)) || !reachesBuilder(file, dockerignore)) continue;
    mkdirSync(dirname(join(target, file)), { recursive: true });
    copyFileSync(join(ROOT, file), join(target, file));
  }
}

/** The folder that stands for `/` of the last stage. Throws when a source is missing or a command fails. */
export async function replayStages(
  stages: readonly Stage[],
  folders: { readonly context: string; readonly work: string },
): Promise<string> {
  const roots = new Map<string, string>();
  let root = '';
  for (const [index, stage] of stages.entries()) {
    root = join(folders.work, `stage-${index}`);
    const workdir = join(root, theInstruction(stage, 'WORKDIR'));
    mkdirSync(workdir, { recursive: true });
    mkdirSync(join(root, 'usr', 'local', 'bin'), { recursive: true });
    copyFileSync(process.execPath, join(root, 'usr', 'local', 'bin', 'node'));
    for (const { word, text } of stage.instructions) {
      if (word === 'COPY')
        copy(text, { workdir, rootOf: (name) => (name === undefined ? folders.context : known(roots, name)) });
      if (word === 'RUN') await runIn(workdir, text, join(root, 'usr', 'local', 'bin'));
    }
    if (stage.name !== undefined) roots.set(stage.name, root);
  }
  return root;
}

function known(roots: ReadonlyMap<string, string>, name: string): string {
  const root = roots.get(name);
  if (root === undefined) throw new Error(`there is no stage ${name} before this one`);
  return root;
}

interface Places {
  readonly workdir: string;
  readonly rootOf: (stage: string | undefined) => string;
}

/** A folder's contents, not the folder itself, go to the target; several sources need a target that ends with a slash. */
function copy(text: string, { workdir, rootOf }: Places): void {
  const { from, sources, target } = copyOf(text);
  if (sources.length > 1 && !target.endsWith('/')) throw new Error(`COPY ${text}: the target is no folder`);
  for (const source of sources) {
    const origin = join(rootOf(from), source);
    if (!existsSync(origin)) throw new Error(`COPY ${text}: there is no ${source}, or it is ignored`);
    const isFolder = statSync(origin).isDirectory();
    const place = resolve(workdir, target, isFolder || !target.endsWith('/') ? '' : basename(source));
    mkdirSync(dirname(place), { recursive: true });
    cpSync(origin, place, { recursive: true, verbatimSymlinks: true });
  }
}

async function runIn(workdir: string, command: string, programs: string): Promise<void> {
  if (command === INSTALLS_EVERYTHING) return symlinkSync(join(ROOT, 'node_modules'), join(workdir, 'node_modules'));
  // The rest of the environment says how npm reaches its registry from here.
  const env = { ...process.env, PATH: `${programs}:${process.env['PATH'] ?? ''}` };
  // `exec`, so that an end by the time limit reaches the command itself.
  await run('/bin/sh', ['-c', `exec ${command}`], { cwd: workdir, env, timeout: COMMAND_LIMIT_MS });
}
