import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sketchDeployment, type DeploymentSketch } from '../../../test/support/routing-fixture.ts';
import { passesTags, readTags, tagMode } from './tag-filter.ts';

interface Asked {
  readonly tags: readonly string[];
  readonly prefix?: string;
  readonly all?: boolean;
  readonly userAgent?: string;
}

/** The deployments that may serve, and the mode by which. */
function allowed(sketches: readonly DeploymentSketch[], { tags, prefix = '', all = false, userAgent }: Asked) {
  const deployments = sketches.map((sketch, index) => sketchDeployment(index, sketch));
  const request = readTags({ tags, prefix, matchAny: !all, userAgent });
  const mode = tagMode(
    request,
    deployments,
    deployments.map(({ index }) => index),
  );
  const passing = deployments.filter((one) => one.outOfRotation === undefined && passesTags(one, request, mode));
  return { mode, indexes: passing.map(({ index }) => index) };
}

const A = { tags: ['a'] };
const AB = { tags: ['a', 'b'] };
const C = { tags: ['c'] };
const DEFAULT = { tags: ['default'] };
const DEFAULT_C = { tags: ['default', 'c'] };
const BARE = {};
const OPEN = { tags: ['a'], allowFailOpen: true };
const CODER = { tagPatterns: [/^User-Agent: coder\//] };

interface Row extends Asked {
  readonly name: string;
  readonly group: readonly DeploymentSketch[];
  readonly mode: string;
  readonly expected: readonly number[];
}

const ROWS: readonly Row[] = [
  {
    name: 'an unknown tag without the prefix: default',
    group: [A, DEFAULT],
    tags: ['zzz'],
    prefix: 'r:',
    mode: 'default',
    expected: [1],
  },
  {
    name: 'open for a plain tag beside & that somebody has',
    group: [OPEN, C],
    tags: ['zzz', '&a'],
    mode: 'open',
    expected: [0, 1],
  },
  { name: 'a group of nobody restricts nobody', group: [], tags: ['a'], mode: 'all', expected: [] },
  {
    name: 'who is out of rotation does not count',
    group: [{ ...DEFAULT, outOfRotation: 'x' }, BARE],
    tags: [],
    mode: 'all',
    expected: [1],
  },
  { name: 'no tags: default', group: [A, DEFAULT, BARE], tags: [], mode: 'default', expected: [1] },
  { name: 'no tags and no default: all', group: [A, BARE], tags: [], mode: 'all', expected: [0, 1] },
  { name: 'a plain tag selects', group: [A, AB, C], tags: ['b', 'zzz'], mode: 'matching', expected: [1] },
  {
    name: 'all plain tags are needed',
    group: [A, AB, C],
    tags: ['a', 'b'],
    all: true,
    mode: 'matching',
    expected: [1],
  },
  { name: 'an unknown tag: default', group: [A, DEFAULT], tags: ['zzz'], mode: 'default', expected: [1] },
  { name: 'an unknown tag without default: nobody', group: [A, BARE], tags: ['zzz'], mode: 'none', expected: [] },
  {
    name: 'a known tag that selects nobody is not default',
    group: [A, C, DEFAULT],
    tags: ['a', 'c'],
    all: true,
    mode: 'none',
    expected: [],
  },
  { name: 'the same where ! took its deployment', group: [AB, DEFAULT], tags: ['a', '!b'], mode: 'none', expected: [] },
  {
    name: 'the same where the prefix says that it is meant',
    group: [A, DEFAULT],
    tags: ['r:zzz'],
    prefix: 'r:',
    mode: 'none',
    expected: [],
  },
  { name: '! takes away', group: [A, C, BARE], tags: ['!a'], mode: 'all', expected: [1, 2] },
  { name: '! takes from the defaults', group: [A, DEFAULT, DEFAULT_C], tags: ['!c'], mode: 'default', expected: [1] },
  { name: '! that takes all defaults leaves nobody', group: [A, DEFAULT_C], tags: ['!c'], mode: 'none', expected: [] },
  { name: '! that takes everybody leaves nobody', group: [A, AB], tags: ['!a'], mode: 'none', expected: [] },
  { name: 'a lone ! or & is nothing', group: [A, BARE], tags: ['!', '&'], mode: 'all', expected: [0, 1] },
  { name: '& demands, default or not', group: [A, AB, DEFAULT], tags: ['&a'], mode: 'all', expected: [0, 1] },
  { name: '& of several demands all', group: [A, AB, DEFAULT], tags: ['&a', '&b'], mode: 'all', expected: [1] },
  { name: '& that nobody has leaves nobody', group: [A, DEFAULT], tags: ['&zzz'], mode: 'none', expected: [] },
  { name: '& beside a plain tag', group: [A, AB, C], tags: ['a', '&b'], mode: 'matching', expected: [1] },
  {
    name: '& leaves only its own to the default',
    group: [A, DEFAULT, DEFAULT_C],
    tags: ['zzz', '&c'],
    mode: 'default',
    expected: [2],
  },
  {
    name: 'the prefix is cut before ! is read',
    group: [A, C],
    tags: ['r:!a'],
    prefix: 'r:',
    mode: 'all',
    expected: [1],
  },
  {
    name: 'tags without the prefix count as before',
    group: [A, C],
    tags: ['c', 'r:zzz'],
    prefix: 'r:',
    mode: 'matching',
    expected: [1],
  },
  { name: 'open: all, where ! took everybody', group: [OPEN, AB], tags: ['!a'], mode: 'open', expected: [0, 1] },
  {
    name: 'open: the defaults, where there are some',
    group: [OPEN, DEFAULT_C],
    tags: ['!a', '!c'],
    mode: 'open-default',
    expected: [1],
  },
  { name: 'open for & that nobody has', group: [OPEN, C], tags: ['&zzz'], mode: 'open', expected: [0, 1] },
  {
    name: 'not open for a made-up & that hides a real answer',
    group: [OPEN, C],
    tags: ['&a', '&zzz'],
    mode: 'none',
    expected: [],
  },
  {
    name: 'open when the prefix vouches for it',
    group: [OPEN, C],
    tags: ['&a', 'r:&zzz'],
    prefix: 'r:',
    mode: 'open',
    expected: [0, 1],
  },
  {
    name: 'open when the known part has no answer either',
    group: [OPEN, C],
    tags: ['&a', '&c', '&zzz'],
    mode: 'open',
    expected: [0, 1],
  },
  { name: 'not open for plain tags', group: [OPEN, C], tags: ['zzz'], mode: 'none', expected: [] },
  {
    name: 'open for a plain tag beside a constraint',
    group: [OPEN, C],
    tags: ['zzz', '!a'],
    mode: 'open',
    expected: [0, 1],
  },
  {
    name: 'a User-Agent selects',
    group: [CODER, DEFAULT],
    tags: [],
    userAgent: 'coder/1',
    mode: 'matching',
    expected: [0],
  },
  {
    name: 'another goes to default',
    group: [CODER, DEFAULT],
    tags: [],
    userAgent: 'curl',
    mode: 'default',
    expected: [1],
  },
  {
    name: 'another without default: nobody',
    group: [CODER, BARE],
    tags: [],
    userAgent: 'curl',
    mode: 'none',
    expected: [],
  },
  { name: 'no User-Agent, nothing to compare', group: [CODER, BARE], tags: [], mode: 'all', expected: [0, 1] },
  {
    name: 'a User-Agent where nobody asks for one',
    group: [A, BARE],
    tags: [],
    userAgent: 'curl',
    mode: 'all',
    expected: [0, 1],
  },
  {
    name: 'a User-Agent does not narrow &',
    group: [{ ...CODER, tags: ['a'] }, A],
    tags: ['&a'],
    userAgent: 'coder/1',
    mode: 'all',
    expected: [0, 1],
  },
  {
    name: 'tag or User-Agent, either is enough',
    group: [{ ...CODER, tags: ['a'] }, C],
    tags: ['c'],
    userAgent: 'coder/1',
    mode: 'matching',
    expected: [0, 1],
  },
  {
    name: 'but not against all tags',
    group: [{ ...CODER, tags: ['a'] }, C],
    tags: ['c'],
    all: true,
    userAgent: 'coder/1',
    mode: 'matching',
    expected: [1],
  },
  {
    name: 'without tags of its own it is',
    group: [CODER, C],
    tags: ['c'],
    all: true,
    userAgent: 'coder/1',
    mode: 'matching',
    expected: [0, 1],
  },
  {
    name: '! took the only one with a pattern',
    group: [{ ...CODER, tags: ['a'] }, C],
    tags: ['!a'],
    userAgent: 'coder/1',
    mode: 'all',
    expected: [1],
  },
];

describe('tags of a request and a group', () => {
  test('a deployment that is gone does not count', () => {
    const request = readTags({ tags: ['a'], prefix: '', matchAny: true, userAgent: undefined });
    expect(tagMode(request, [sketchDeployment(0, A)], [7])).toBe('all');
  });

  test.each(ROWS)('$name', ({ group, mode, expected, ...asked }) => {
    expect(allowed(group, asked)).toEqual({ mode, indexes: expected });
  });

  test('nobody is allowed exactly when the mode says so, and nobody gets what they excluded unless it is open', () => {
    const tag = fc.constantFrom('a', 'b', 'c', 'default');
    const sketch = fc.record({ tags: fc.uniqueArray(tag), allowFailOpen: fc.boolean() });
    const mark = fc.constantFrom('', '!', '&');
    const wanted = fc.array(fc.tuple(mark, fc.oneof(tag, fc.constant('zzz'))), { maxLength: 4 });
    fc.assert(
      fc.property(fc.array(sketch, { minLength: 1, maxLength: 5 }), wanted, fc.boolean(), (group, marked, all) => {
        const tags = marked.map(([prefix, name]) => prefix + name);
        const { mode, indexes } = allowed(group, { tags, all });
        expect(indexes.length === 0).toBe(mode === 'none');
        if (mode.startsWith('open')) return;
        for (const index of indexes) {
          const own = group[index]?.tags ?? [];
          expect(own.some((each) => tags.includes(`!${each}`))).toBe(false);
          for (const [prefix, name] of marked) if (prefix === '&') expect(own).toContain(name);
        }
      }),
    );
  });
});
