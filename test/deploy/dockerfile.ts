// Reads a Dockerfile and its .dockerignore: the stages with their instructions, and which files of the tree reach the
// builder. Knows what this project's files use, and throws on anything else rather than guess.
import { matchesGlob } from 'node:path';

export interface Instruction {
  /** In capitals: `COPY`. */
  readonly word: string;
  readonly text: string;
}

export interface Stage {
  readonly name: string | undefined;
  readonly base: string;
  readonly instructions: readonly Instruction[];
}

export interface Copy {
  /** The stage that it copies from; `undefined`: the build context. */
  readonly from: string | undefined;
  readonly sources: readonly string[];
  readonly target: string;
}

const INSTRUCTION = /^(ARG|FROM|WORKDIR|COPY|RUN|LABEL|ENV|USER|EXPOSE|STOPSIGNAL|HEALTHCHECK|ENTRYPOINT)\s+(.*)$/;

/** The stages in order, with the `ARG`s before the first one put in. */
export function stagesOf(dockerfile: string): Stage[] {
  const globals = new Map<string, string>();
  const stages: { name: string | undefined; base: string; instructions: Instruction[] }[] = [];
  for (const { word, text } of instructionsOf(dockerfile)) {
    const stage = stages.at(-1);
    if (word === 'FROM') {
      const [base = '', , name] = text.split(/\s+/);
      stages.push({
        name,
        base: base.replaceAll(/\$\{(\w+)\}/g, (_, key: string) => globals.get(key) ?? ''),
        instructions: [],
      });
    } else if (stage === undefined) {
      const [name = '', value = ''] = text.split('=');
      globals.set(name, value);
    } else stage.instructions.push({ word, text });
  }
  return stages;
}

function instructionsOf(dockerfile: string): Instruction[] {
  const lines = dockerfile.split('\n').filter((line) => !line.startsWith('#'));
  const whole = lines
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n');
  return whole
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, word, text] = INSTRUCTION.exec(line) ?? [];
      if (word === undefined || text === undefined) throw new Error(`what is this line of the Dockerfile: ${line}`);
      return { word, text };
    });
}

/** The text of the one instruction with this word; throws when there is none or when there are several. */
export function theInstruction(stage: Stage, word: string): string {
  const [found, ...others] = stage.instructions.filter((instruction) => instruction.word === word);
  if (found === undefined || others.length > 0) throw new Error(`not exactly one ${word}`);
  return found.text;
}

/** What the `ENV` of a stage sets. */
export function environmentOf(stage: Stage): Record<string, string> {
  const pairs = theInstruction(stage, 'ENV').matchAll(/(\w+)=(\S+)/g);
  return Object.fromEntries([...pairs].map(([, name = '', value = '']) => [name, value]));
}

/** What the text of a `COPY` says; throws on a flag that is not known here. */
export function copyOf(text: string): Copy {
  const words = text.split(/\s+/);
  const from = /^--from=(\w+)$/.exec(words[0] ?? '')?.[1];
  const paths = from === undefined ? words : words.slice(1);
  const flag = paths.find((word) => word.startsWith('--'));
  if (flag !== undefined) throw new Error(`what does COPY do with ${flag}`);
  return { from, sources: paths.slice(0, -1), target: paths.at(-1) ?? '' };
}

/** Whether the builder gets this file (a path below the context): the last pattern that matches decides. */
export function reachesBuilder(file: string, dockerignore: string): boolean {
  const folders = file.split('/').map((_, at, parts) => parts.slice(0, at + 1).join('/'));
  let reaches = true;
  for (const line of dockerignore.split('\n')) {
    const isException = line.startsWith('!');
    const pattern = isException ? line.slice(1) : line;
    if (pattern === '' || pattern.startsWith('#')) continue;
    if (
      folders.some((path) => matchesGlob(path, pattern) || path === pattern || (pattern === '*' && !path.includes('/')))
    )
      reaches = isException;
  }
  return reaches;
}
