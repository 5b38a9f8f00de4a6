// Adds to package-lock.json the optional platform packages (`@scope/binding-darwin-arm64`) that it lacks. npm leaves them
// out when it writes the lock file against a registry that does not carry them, and npm 11 then refuses `npm ci` on every
// machine. Their versions are exact in their parents, their platforms are in their names; the integrity is left out.
//   node scripts/complete-lock-file.ts [--check]    --check writes nothing and exits 1 when something is missing
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface LockedPackage {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly [key: string]: unknown;
}

interface LockFile {
  readonly packages: Record<string, LockedPackage>;
}

const SYSTEMS = new Set([
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
]);
const PROCESSORS = new Set(['arm', 'arm64', 'ia32', 'loong64', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64']);
const LIBRARIES: Readonly<Record<string, string>> = { gnu: 'glibc', musl: 'musl' };
const EXACT = /^\d+\.\d+\.\d+(?:-[\w.]+)?$/;

/** The platform that a package name ends with, as a lock file says it; `undefined` when it names none. */
export function platformOf(name: string): Record<string, readonly string[]> | undefined {
  const words = (name.split('/').at(-1) ?? '').split('-');
  const system = words.find((word) => SYSTEMS.has(word));
  const processor = words.find((word) => PROCESSORS.has(word));
  if (processor === undefined) return undefined;
  const library = LIBRARIES[words.at(-1) ?? ''];
  return {
    cpu: [processor],
    ...(system === 'linux' && library !== undefined ? { libc: [library] } : {}),
    ...(system === undefined ? {} : { os: [system] }),
  };
}

/** What a complete lock file has and this one lacks: entries by their place in the tree. Reads only. */
export function missingPackages({ packages }: LockFile): Record<string, LockedPackage> {
  const added: Record<string, LockedPackage> = {};
  for (const [parent, { optionalDependencies = {}, dev }] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(optionalDependencies)) {
      const all = { ...packages, ...added };
      const platform = platformOf(name);
      if (platform === undefined || !EXACT.test(version)) continue;
      const found = placesFor(parent, name).find((place) => all[place] !== undefined);
      if (found !== undefined && all[found]?.version === version) continue;
      const place = found === undefined ? `node_modules/${name}` : `${parent}/node_modules/${name}`;
      added[place] = inNpmOrder({ version, ...platform, ...(dev === true ? { dev } : {}), optional: true });
    }
  }
  return added;
}

/** The version first, the rest by name: what npm writes, so that its next run changes nothing. */
function inNpmOrder({ version, ...rest }: LockedPackage): LockedPackage {
  const sorted = Object.entries(rest).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { ...(version === undefined ? {} : { version }), ...Object.fromEntries(sorted) };
}

/** Where Node looks for a package from another one, nearest first. */
function placesFor(parent: string, name: string): string[] {
  const steps = parent.split('/node_modules/');
  const nested = steps.map(
    (_, index) => `${steps.slice(0, steps.length - index).join('/node_modules/')}/node_modules/${name}`,
  );
  return [...nested, `node_modules/${name}`];
}

if (import.meta.main) {
  const file = join(import.meta.dirname, '..', 'package-lock.json');
  const lock = JSON.parse(readFileSync(file, 'utf8')) as LockFile;
  const missing = missingPackages(lock);
  const names = Object.keys(missing);
  if (process.argv.includes('--check')) {
    process.stdout.write(names.map((name) => `package-lock.json lacks ${name}\n`).join(''));
    process.exitCode = names.length === 0 ? 0 : 1;
  } else if (names.length > 0) {
    const sorted = Object.entries({ ...lock.packages, ...missing }).toSorted(([a], [b]) => (a < b ? -1 : 1));
    writeFileSync(file, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`);
    process.stdout.write(`added ${names.length} packages\n`);
  }
}
