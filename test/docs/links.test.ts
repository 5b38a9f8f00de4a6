// Every relative link in the project's Markdown leads to a file that exists and, where it names one, to an anchor that
// the file has.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { anchorsOf, linksOf } from './markdown.ts';

const root = resolve(import.meta.dirname, '..', '..');
const SKIPPED = new Set(['node_modules', 'dist', 'coverage', '.git']);

function markdownFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      return SKIPPED.has(entry.name) || entry.name.startsWith('.venv') ? [] : markdownFiles(path);
    }
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

/** Why a link leads nowhere, or `undefined`. */
function problemOf(link: string, file: string): string | undefined {
  if (/^[a-z]+:/i.test(link)) return undefined;
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? file : resolve(dirname(file), path);
  if (!existsSync(target)) return `${link}: there is no such file`;
  if (anchor === undefined) return undefined;
  return anchorsOf(readFileSync(target, 'utf8')).includes(anchor) ? undefined : `${link}: there is no such heading`;
}

const files = markdownFiles(root);

describe('links', () => {
  it.each(files.map((file) => relative(root, file)))('of %s lead somewhere', (name) => {
    const file = join(root, name);
    const problems = linksOf(readFileSync(file, 'utf8')).map((link) => problemOf(link, file));
    expect(problems.filter((problem) => problem !== undefined)).toEqual([]);
  });

  it('are found, and broken ones are seen', () => {
    const file = join(root, 'README.md');
    expect(linksOf('[a](b.md#c) `[no](x)`\n```\n[no](y)\n```\n![d](e.png)')).toEqual(['b.md#c', 'e.png']);
    expect(problemOf('nowhere.md', file)).toBe('nowhere.md: there is no such file');
    expect(problemOf('docs/errors.md#nowhere', file)).toBe('docs/errors.md#nowhere: there is no such heading');
    expect(problemOf('docs/errors.md#streams', file)).toBeUndefined();
    expect(problemOf('https://example.com/', file)).toBeUndefined();
  });
});

describe('the list of differences', () => {
  const text = readFileSync(join(root, 'docs', 'differences.md'), 'utf8');
  const lines = text.split('\n');
  const headings = lines.flatMap((line, at) => (line.startsWith('## ') ? [at] : []));

  it('has an anchor of its own before every heading, each only once', () => {
    const ids = headings.map((at) => /^<a id="([a-z0-9-]+)"><\/a>$/.exec(lines[at - 2] ?? '')?.[1]);
    expect(ids).not.toContain(undefined);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('links to every one of them at its top', () => {
    const linked = linksOf(text.slice(0, text.indexOf('\n## '))).filter((link) => link.startsWith('#'));
    const ids = [...text.matchAll(/<a id="([^"]+)">/g)].map(([, id]) => `#${id}`);
    expect(linked).toEqual(ids);
  });
});
