// Looks for what work leaves behind and neither the compiler nor the linter sees: notes to oneself, merge markers, tests
// run alone, paths of one machine, a lock file that points at a private registry, and switched-off rules in the core.
//   node scripts/check-leftovers.ts [folder]     exit code 1 when something was found
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

interface Leftover {
  readonly what: string;
  readonly pattern: RegExp;
  /** Limits the rule to these paths (relative, with forward slashes). */
  readonly where?: RegExp;
}

const SKIPPED_FOLDERS = new Set([
  'node_modules',
  'dist',
  'coverage',
  '.venv',
  '.git',
  'records',
  'yardsticks',
  'results',
]);
const READ = /\.(?:ts|js|mjs|json|md|ya?ml|txt|tsv|sh)$|(?:^|\/)[^.]+$/;
const SELF = 'scripts/check-leftovers.ts';

const LEFTOVERS: readonly Leftover[] = [
  { what: 'a note to oneself', pattern: /\b(?:TODO|FIXME|XXX|HACK)\b/ },
  { what: 'a merge marker', pattern: /^(?:<{7}|>{7}) / },
  { what: 'a test that runs alone', pattern: /\b(?:it|test|describe)\.only\(/, where: /\.test\.ts$/ },
  { what: 'a path of one machine', pattern: /(?:^|[\s'"`(=:])\/(?:work|home|Users|root)\// },
  {
    what: 'a registry other than npm',
    pattern: /"resolved": "(?!https:\/\/registry\.npmjs\.org\/)/,
    where: /package-lock/,
  },
  { what: 'a lint rule switched off in the core', pattern: /(?:oxlint|eslint)-disable/, where: /^src\/core\// },
  { what: 'a debugger statement', pattern: /^\s*debugger;/, where: /\.ts$/ },
];

function isSkipped(folder: string): boolean {
  return SKIPPED_FOLDERS.has(folder) || folder.startsWith('.venv');
}

function* filesOf(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !isSkipped(entry.name)) yield* filesOf(path);
    if (entry.isFile() && READ.test(path)) yield path;
  }
}

/** Every leftover below `root`, as `file:line: what: text`. Throws only what reading files throws. */
export function findLeftovers(root: string): string[] {
  const found: string[] = [];
  for (const file of filesOf(root)) {
    const name = relative(root, file).replaceAll('\\', '/');
    if (name === SELF) continue;
    const rules = LEFTOVERS.filter(({ where }) => where === undefined || where.test(name));
    readFileSync(file, 'utf8')
      .split('\n')
      .forEach((line, index) => {
        for (const { what, pattern } of rules) {
          if (pattern.test(line)) found.push(`${name}:${index + 1}: ${what}: ${line.trim().slice(0, 100)}`);
        }
      });
  }
  return found;
}

if (import.meta.main) {
  const found = findLeftovers(process.argv[2] ?? join(import.meta.dirname, '..'));
  for (const line of found) process.stdout.write(`${line}\n`);
  process.exitCode = found.length === 0 ? 0 : 1;
}
