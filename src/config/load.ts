// The one place of this folder that touches files: reads the config and what it includes, then hands over to the pure
// part. Everything that goes wrong becomes a problem with file:line:column; nothing is thrown.
import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import { compileConfig } from './compile-config.ts';
import { emptyMap } from './config-node.ts';
import type { MapNode } from './config-node.ts';
import type { Environment } from './environment.ts';
import { Findings } from './findings.ts';
import { mergeIncluded, readIncludes } from './include.ts';
import type { IncludeRequest } from './include.ts';
import { isEmptyDocument, parseYaml } from './parse-yaml.ts';
import type { GatewayConfig } from './types.ts';

export interface LoadOptions {
  readonly env: Environment;
  /** Text of a file; throws when there is none. For files of the disk leave it out. */
  readonly read?: (path: string) => string;
  readonly cliModel?: string | undefined;
}

/** The config in `file` with everything it includes. Errors are in `problems`: do not start with them. */
export function loadConfig(file: string, options: LoadOptions): GatewayConfig {
  const findings = new Findings();
  const texts = new Map<string, string>();
  const read = recording(options.read ?? readText, texts);
  const root = readRoot(file, file, { read, findings });
  const rest = { file, env: options.env, cliModel: options.cliModel };
  if (root !== undefined) {
    const { merged, files } = mergeIncludes(root, file, { read, findings });
    return { ...compileConfig(merged, { ...rest, files, findings }), texts };
  }
  // What an unreadable file lacks is not worth a second complaint.
  const empty = compileConfig(emptyMap(startOf(file)), { ...rest, files: [file], findings: new Findings() });
  return { ...empty, texts, problems: findings.problems() };
}

/** The config in `text`; `name` stands for it in messages. Includes are read relative to the working directory. */
export function loadConfigText(text: string, options: LoadOptions & { readonly name?: string }): GatewayConfig {
  const name = options.name ?? 'config.yaml';
  const read = options.read ?? readText;
  const config = loadConfig(name, { ...options, read: (path) => (path === name ? text : read(path)) });
  return { ...config, file: undefined, files: config.files.filter((path) => path !== name) };
}

/** A config that was loaded elsewhere, from what was read there. */
export function loadConfigAgain(
  texts: ReadonlyMap<string, string>,
  options: Pick<LoadOptions, 'env' | 'cliModel'>,
): GatewayConfig {
  const [root = ''] = texts.keys();
  return loadConfig(root, { ...options, read: (path) => textIn(texts, path) });
}

function textIn(texts: ReadonlyMap<string, string>, path: string): string {
  const text = texts.get(path);
  if (text === undefined) throw new Error(`${path} was not read`);
  return text;
}

function recording(read: (path: string) => string, texts: Map<string, string>): (path: string) => string {
  return (path) => {
    const text = read(path);
    texts.set(path, text);
    return text;
  };
}

function readText(path: string): string {
  return readFileSync(path, 'utf8');
}

interface Reading {
  readonly read: (path: string) => string;
  readonly findings: Findings;
}

/** `shown` is the path as the user wrote it. */
function readRoot(path: string, shown: string, { read, findings }: Reading): MapNode | undefined {
  const spot = { place: startOf(shown), where: 'file' };
  let text: string;
  try {
    text = read(path);
  } catch (error) {
    findings.error(spot, `cannot be read: ${reasonOf(error)}`);
    return undefined;
  }
  const before = findings.problems().length;
  const root = parseYaml(text, shown, findings);
  if (
    findings
      .problems()
      .slice(before)
      .some((problem) => problem.severity === 'error')
  )
    return undefined;
  if (isEmptyDocument(root)) findings.error(spot, 'is empty: a config needs at least a model_list');
  else if (root?.kind === 'map') return root;
  else findings.error(spot, 'is not a config: the top level must be a map with keys such as model_list');
  return undefined;
}

/** Breadth first, every file once (LiteLLM 1.106, reference 1.1b). */
function mergeIncludes(
  root: MapNode,
  file: string,
  reading: Reading,
): { readonly merged: MapNode; readonly files: readonly string[] } {
  const files = [file];
  const seen = new Set([resolve(file)]);
  const queue: IncludeRequest[] = readIncludes(root, file, reading.findings);
  let merged = root;
  for (let request = queue.shift(); request !== undefined; request = queue.shift()) {
    const path = findInclude(request, file, reading);
    if (path === undefined || seen.has(resolve(path))) continue;
    seen.add(resolve(path));
    files.push(path);
    const included = readRoot(path, path, reading);
    if (included === undefined) continue;
    merged = mergeIncluded(merged, included);
    queue.push(...readIncludes(included, path, reading.findings));
  }
  return { merged, files };
}

/** Beside the file that includes it; else, with a warning, beside the root config. */
function findInclude(
  { name, from, spot }: IncludeRequest,
  root: string,
  { read, findings }: Reading,
): string | undefined {
  const [own, fallback] = [from, root].map((base) => (isAbsolute(name) ? name : joinBeside(base, name)));
  if (own !== undefined && isReadable(own, read)) return own;
  if (fallback !== undefined && fallback !== own && isReadable(fallback, read)) {
    findings.warning(spot, `"${name}" is not beside the file that includes it; the one beside ${root} is taken`);
    return fallback;
  }
  findings.error(spot, `the included file "${name}" cannot be read`);
  return undefined;
}

function joinBeside(file: string, name: string): string {
  const folder = dirname(file);
  return folder === '.' ? name : `${folder}/${name}`;
}

function isReadable(path: string, read: Reading['read']): boolean {
  try {
    read(path);
    return true;
  } catch {
    return false;
  }
}

function startOf(file: string): { file: string; line: number; column: number } {
  return { file, line: 1, column: 1 };
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EISDIR') return 'it is a folder';
  if (code === 'EACCES') return 'permission denied';
  return typeof code === 'string' ? code : 'unknown reason';
}
