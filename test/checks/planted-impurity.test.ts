// A rule that nothing enforces is a wish: each of these plants one violation in a copy of the project's layout and
// expects `npm run check`'s linter, with the project's own configuration, to refuse it.
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const OXLINT = join(ROOT, 'node_modules', '.bin', 'oxlint');

interface Plant {
  readonly what: string;
  readonly file: string;
  readonly code: string;
  readonly rule: string;
}

const PURITY: readonly Plant[] = [
  ['Date.now()', 'export const now = (): number => Date.now();', 'no-restricted-globals'],
  ['new Date()', 'export const now = (): object => new Date();', 'no-restricted-globals'],
  ['performance.now()', 'export const now = (): number => performance.now();', 'no-restricted-globals'],
  ['Math.random()', 'export const chance = (): number => Math.random();', 'no-restricted-properties'],
  ['Math.random taken apart', 'const { random } = Math;\nexport const chance = random;', 'no-restricted-properties'],
  ['a timer', 'export const later = (): unknown => setTimeout(() => undefined, 1);', 'no-restricted-globals'],
  ['process', 'export const env = (): unknown => process.env;', 'no-restricted-globals'],
  ['fetch', "export const get = (): unknown => fetch('http://x');", 'no-restricted-globals'],
  ['console', "export const say = (): void => console.log('x');", 'no-restricted-globals'],
  ['globalThis', 'export const everything = globalThis;', 'no-restricted-globals'],
  ['node:http', "import http from 'node:http';\nexport const server = http;", 'no-restricted-imports'],
  ['a bare Node module', "import fs from 'fs';\nexport const files = fs;", 'no-restricted-imports'],
  ['yaml', "import { parse } from 'yaml';\nexport const read = parse;", 'no-restricted-imports'],
  ['a lazy import', "export const files = (): unknown => import('node:fs');", 'no-restricted-imports'],
].map(([what = '', code = '', rule = ''], index) => ({ what, file: `src/core/purity-${index}.ts`, code, rule }));

/** From, to, and the path between them as it stands in an import. */
const LAYERS: ReadonlyArray<readonly [string, string]> = [
  ['src/core/a-layer.ts', '../wire/thing.ts'],
  ['src/core/a-type.ts', '../wire/thing.ts'],
  ['src/core/a-new-folder.ts', '../anything/thing.ts'],
  ['src/core/select/a-layer.ts', '../../config/thing.ts'],
  ['src/core/select/a-test-support.ts', '../../../test/support/thing.ts'],
  ['src/wire/a-layer.ts', '../provider/thing.ts'],
  ['src/wire/deep/a-layer.ts', '../../upstream/thing.ts'],
  ['src/provider/a-layer.ts', '../config/thing.ts'],
  ['src/provider/azure/a-layer.ts', '../../gateway/thing.ts'],
  ['src/config/a-layer.ts', '../upstream/thing.ts'],
  ['src/upstream/a-layer.ts', '../gateway/thing.ts'],
  ['src/gateway/a-layer.ts', '../http/thing.ts'],
  ['src/gateway/observing.ts', '../observe/thing.ts'],
  ['src/observe/a-layer.ts', '../http/thing.ts'],
  ['src/http/a-layer.ts', '../cli/thing.ts'],
  ['src/http/starting.ts', '../main.ts'],
  ['src/sharing/a-layer.ts', '../http/thing.ts'],
  ['src/sharing/observing.ts', '../observe/thing.ts'],
  ['src/fake-provider/a-layer.ts', '../gateway/thing.ts'],
  ['sim/a-layer.ts', '../src/gateway/thing.ts'],
  ['sim/a-test-support.ts', '../test/support/thing.ts'],
  ['sim/a-library.ts', 'node:fs'],
];

const IMPORTS: readonly Plant[] = LAYERS.map(([file, target]) => ({
  what: `${file} importing ${target}`,
  file,
  code: file.endsWith('type.ts')
    ? `import type { Thing } from '${target}';\nexport type Own = Thing;`
    : `import { thing } from '${target}';\nexport const own = thing;`,
  rule: 'no-restricted-imports',
}));

const STYLE: readonly Plant[] = [
  { what: 'any', file: 'src/wire/any.ts', code: 'export const x: any = 1;', rule: 'no-explicit-any' },
  {
    what: 'a non-null assertion',
    file: 'src/wire/bang.ts',
    code: 'export const f = (x?: string) => x!.length;',
    rule: 'no-non-null-assertion',
  },
  { what: 'a default export', file: 'src/wire/default.ts', code: 'export default 1;', rule: 'no-default-export' },
  {
    what: 'a promise left alone',
    file: 'src/wire/floating.ts',
    code: 'export function f(): void {\n  Promise.resolve(1);\n}',
    rule: 'no-floating-promises',
  },
  {
    what: 'four parameters',
    file: 'src/wire/four.ts',
    code: 'export const f = (a: 1, b: 1, c: 1, d: 1) => [a, b, c, d];',
    rule: 'max-params',
  },
  {
    what: 'a file over 300 lines',
    file: 'src/wire/long.ts',
    code: 'export const x = 1;\n'.repeat(1) + '//\n'.repeat(301),
    rule: 'max-lines',
  },
  {
    what: 'a function over 40 lines',
    file: 'src/wire/long-function.ts',
    code: `export function f(): void {\n${'  f();\n'.repeat(41)}}`,
    rule: 'max-lines-per-function',
  },
  {
    what: 'a file name in another style',
    file: 'src/wire/camelCase.ts',
    code: 'export const x = 1;',
    rule: 'filename-case',
  },
  {
    what: 'a circle of imports',
    file: 'src/wire/circle.ts',
    code: "import { round } from './round.ts';\nexport const circle = round;",
    rule: 'no-cycle',
  },
];

const VIRTUAL_TIME: readonly Plant[] = [
  {
    what: 'a clock in sim',
    file: 'sim/clock.ts',
    code: 'export const now = Date.now();',
    rule: 'no-restricted-globals',
  },
  {
    what: 'chance without a seed in sim',
    file: 'sim/chance.ts',
    code: 'export const chance = (): number => Math.random();',
    rule: 'no-restricted-properties',
  },
];

const ALLOWED: readonly Plant[] = [
  {
    what: 'sim on core',
    file: 'sim/fine.ts',
    code: "import { units } from '../src/core/units.ts';\nexport const fine = units;",
    rule: '',
  },
  {
    what: 'core within core',
    file: 'src/core/select/fine.ts',
    code: "import { units } from '../units.ts';\nexport const fine = units;",
    rule: '',
  },
  {
    what: 'wire on core',
    file: 'src/wire/fine.ts',
    code: "import { units } from '../core/units.ts';\nexport const fine = units;",
    rule: '',
  },
  {
    what: 'a test of the core',
    file: 'src/core/fine.test.ts',
    code: "import { it } from 'vitest';\nimport { rng } from '../../test/support/rng.ts';\nit('draws', ({ expect }) => expect(rng()).toBe(1));",
    rule: '',
  },
];

const SUPPORT: ReadonlyArray<readonly [string, string]> = [
  ['src/core/units.ts', 'export const units = 1;\n'],
  ['src/wire/round.ts', "import { circle } from './circle.ts';\nexport const round: number = circle;\n"],
  ['test/support/rng.ts', 'export const rng = (): number => 1;\n'],
];

interface Diagnostic {
  readonly filename: string;
  readonly code: string;
}

describe('the linter, with violations planted', () => {
  const folder = mkdtempSync(join(tmpdir(), 'loadstone-planted-'));
  let diagnostics: readonly Diagnostic[] = [];

  beforeAll(async () => {
    for (const name of ['.oxlintrc.json', 'tsconfig.json', 'package.json'])
      cpSync(join(ROOT, name), join(folder, name));
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    const plants = [...PURITY, ...IMPORTS, ...STYLE, ...VIRTUAL_TIME, ...ALLOWED].map(
      ({ file, code }) => [file, `${code}\n`] as const,
    );
    for (const [file, code] of [...SUPPORT, ...plants]) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), code);
    }
    diagnostics = await lint(folder);
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const codesIn = (file: string): string[] =>
    diagnostics.filter(({ filename }) => filename === file).map(({ code }) => code);

  it.each([...PURITY, ...IMPORTS, ...STYLE, ...VIRTUAL_TIME])('refuses $what', ({ file, rule }) => {
    expect(codesIn(file).join(' ')).toContain(`(${rule})`);
  });

  it.each(ALLOWED)('allows $what', ({ file }) => {
    expect(codesIn(file)).toEqual([]);
  });
});

/** All errors below `folder`. Resolves whatever the exit code is: it is 1 as soon as one was found. */
function lint(folder: string): Promise<Diagnostic[]> {
  return new Promise((resolve, reject) => {
    execFile(OXLINT, ['-f', 'json', '.'], { cwd: folder, maxBuffer: 64 << 20 }, (error, stdout) => {
      if (stdout === '') return reject(error ?? new Error('the linter printed nothing'));
      return resolve((JSON.parse(stdout) as { diagnostics: Diagnostic[] }).diagnostics);
    });
  });
}
