// docs/deployment.md against the tree: the files, values, keys and versions that its commands name are there, and what it
// starts the image with is a command of Loadstone.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseArguments } from '../../src/cli/parse-arguments.ts';
import { environmentOf, stagesOf } from '../deploy/dockerfile.ts';
import { namesIn, tableUnder } from './markdown.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8');
const text = read('docs/deployment.md');
const { version } = JSON.parse(read('package.json')) as { readonly version: string };
const values = parse(read('deploy/helm/loadstone/values.yaml')) as {
  readonly secretName: string;
  readonly secretEnv: readonly string[];
};
/** One command a line, continued lines joined. */
const commands = [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, block = '']) =>
  block
    .replaceAll(/\\\n\s*/g, '')
    .trim()
    .split('\n'),
);

it('names files of deploy/ that exist, in its commands and in its table of manifests', () => {
  const paths = commands.flatMap((command) => command.match(/\bdeploy\/[\w./-]+/g) ?? []);
  expect(paths.length).toBeGreaterThan(4);
  expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  const { rows } = tableUnder(text, 'Kubernetes');
  const manifests = readdirSync(join(ROOT, 'deploy', 'kubernetes')).filter((name) => name !== 'kustomization.yaml');
  expect(rows.flatMap(([file]) => namesIn(file)).toSorted()).toEqual(manifests.toSorted());
});

it('names the version of this tree', () => {
  const named = commands.flatMap((command) => command.match(/loadstone[:-]\d+\.\d+\.\d+/g) ?? []);
  expect(new Set(named)).toEqual(new Set([`loadstone:${version}`, `loadstone-${version}`]));
});

it('starts the image with commands that Loadstone has', () => {
  const image = stagesOf(read('deploy/docker/Dockerfile')).at(-1);
  if (image === undefined) throw new Error('no stage');
  const runs = commands.filter((command) => command.startsWith('docker run '));
  const kinds = runs.map((command) => {
    const [, ...args] = command.slice(command.lastIndexOf(`loadstone:${version}`)).split(' ');
    return parseArguments(args, environmentOf(image)).kind;
  });
  expect(kinds).toEqual(['serve', 'check']);
});

it('makes the Secret that the manifests and the chart ask for', () => {
  const made = commands.find((command) => command.startsWith('kubectl create secret generic ')) ?? '';
  expect(made.split(' ')[4]).toBe(values.secretName);
  expect([...made.matchAll(/--from-literal=(\w+)/g)].map(([, name]) => name)).toEqual(values.secretEnv);
});

it('sets values that the chart has', () => {
  const set = commands
    .flatMap((command) => [...command.matchAll(/--set(?:-file)? ([\w.]+)=/g)])
    .map(([, path]) => path ?? '');
  const valueAt = (path: string) =>
    path.split('.').reduce<unknown>((value, key) => Object(value)[key] as unknown, values);
  expect(set.length).toBeGreaterThan(2);
  expect(set.filter((path) => valueAt(path) === undefined)).toEqual([]);
});

it('says how long docker waits: longer than Loadstone lets requests run', () => {
  const waits = commands.flatMap((command) => /--stop-timeout (\d+)/.exec(command)?.[1] ?? []);
  expect(waits).toEqual(['75']);
});
