// Every recorded exchange with the real proxy, replayed against the gateway: equal, or in one of the two tables.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { showDifferences } from './compare.ts';
import { DIFFERENCES } from './differences.ts';
import { NOT_BUILT_YET } from './not-built-yet.ts';
import { loadGroups } from './record.ts';
import { replayAll, type CaseResult } from './replay-all.ts';
import { verdictOn } from './verdict.ts';

const SUITE_LIMIT_MS = 280_000;
const groups = loadGroups();
const cases = groups.flatMap((group) => group.cases);
const results = new Map<string, CaseResult>();

describe('the recorded exchanges', () => {
  beforeAll(async () => {
    await replayAll(groups, { lanes: 3, onResult: (result) => results.set(result.golden.id, result) });
  }, SUITE_LIMIT_MS);

  it.each(cases.map(({ id, title }) => ({ id, title })))('$id: $title', ({ id }) => {
    const problem = problemOf(id);
    expect(problem === undefined, problem).toBe(true);
  });
});

describe('the tables of cases that are not equal', () => {
  const ids = new Set(cases.map(({ id }) => id));
  const rows = [...DIFFERENCES, ...NOT_BUILT_YET];

  it('name only cases that exist, and each request of one once', () => {
    expect(rows.map(({ id }) => id).filter((id) => !ids.has(id))).toEqual([]);
    const named = rows.flatMap(({ id, requests }) =>
      requests.length === 0 ? [id] : requests.map((request) => `${id} ${request}`),
    );
    expect(named.filter((name, index) => named.indexOf(name) !== index)).toEqual([]);
  });

  it('point to headings that docs/differences.md has', () => {
    const text = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'differences.md'), 'utf8');
    const anchors = new Set(headingAnchors(text));
    expect(DIFFERENCES.map(({ anchor }) => anchor).filter((anchor) => !anchors.has(anchor))).toEqual([]);
  });
});

/** Why a case fails, or `undefined`. */
function problemOf(id: string): string | undefined {
  const result = results.get(id);
  if (result === undefined) return 'the case was not replayed';
  const verdict = verdictOn(id, result.differences, { differences: DIFFERENCES, notBuiltYet: NOT_BUILT_YET });
  if (verdict.kind === 'different') return showDifferences(verdict.differences);
  return verdict.kind === 'stale' ? 'equal to the record: take its row out of the table' : undefined;
}

/** The anchors that stand in the text and those that renderers of Markdown give to headings. */
function headingAnchors(markdown: string): string[] {
  const explicit = [...markdown.matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id ?? '');
  const headings = [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading ?? '');
  const implied = headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );
  return [...explicit, ...implied];
}
