import { describe, expect, it } from 'vitest';
import { sketchDeployment } from '../../../test/support/routing-fixture.ts';
import { passesTags, tagMode, type TagMode } from './tag-filter.ts';

interface Row {
  readonly name: string;
  readonly tags: readonly string[];
  /** Tags of the deployments; `null` = out of rotation, with every tag. */
  readonly group: readonly (readonly string[] | null)[];
  readonly all?: boolean;
  readonly mode: TagMode;
  /** Deployments that may serve. */
  readonly serve: readonly number[];
}

const ROWS: readonly Row[] = [
  { name: 'a group without tags', tags: [], group: [[], []], mode: 'all', serve: [0, 1] },
  { name: 'no tags, one default', tags: [], group: [['default'], []], mode: 'default', serve: [0] },
  { name: 'a tag that one has', tags: ['a'], group: [['a'], ['default']], mode: 'matching', serve: [0] },
  { name: 'a tag that only a later one has', tags: ['a'], group: [['default'], ['a']], mode: 'matching', serve: [1] },
  { name: 'a tag that nobody has', tags: ['a'], group: [['b'], []], mode: 'none', serve: [] },
  { name: 'a tag that only one out of rotation has', tags: ['a'], group: [null, ['b']], mode: 'none', serve: [] },
  { name: 'nobody in rotation', tags: ['a'], group: [null], mode: 'all', serve: [0] },
  { name: 'nobody at all', tags: ['a'], group: [], mode: 'all', serve: [] },
  { name: 'a default out of rotation', tags: [], group: [null, ['b']], mode: 'all', serve: [0, 1] },
  { name: 'any of two', tags: ['a', 'b'], group: [['a'], ['b'], ['c']], mode: 'matching', serve: [0, 1] },
  { name: 'all of two', tags: ['a', 'b'], all: true, group: [['a'], ['b', 'a']], mode: 'matching', serve: [1] },
  { name: 'all of two that nobody has', tags: ['a', 'b'], all: true, group: [['a'], ['b']], mode: 'none', serve: [] },
  { name: 'one that is excluded', tags: ['!a'], group: [['a'], ['b']], mode: 'all', serve: [1] },
  { name: 'everybody is excluded', tags: ['!a'], group: [['a'], ['a']], mode: 'none', serve: [] },
  { name: 'the default is excluded', tags: ['!a'], group: [['a', 'default'], ['b']], mode: 'all', serve: [1] },
  { name: 'a default that is left', tags: ['!a'], group: [['a'], ['default'], []], mode: 'default', serve: [1] },
  { name: 'excluded beside selected', tags: ['a', '!b'], group: [['a', 'b'], ['a']], mode: 'matching', serve: [1] },
  {
    name: 'excluded does not count among all',
    tags: ['!b', 'a'],
    all: true,
    group: [['a']],
    mode: 'matching',
    serve: [0],
  },
  { name: 'required alone', tags: ['&a'], group: [['a'], ['b']], mode: 'matching', serve: [0] },
  { name: 'required alone, all', tags: ['&a'], all: true, group: [['a'], ['b']], mode: 'matching', serve: [0] },
  { name: 'required that nobody has', tags: ['&a'], group: [['b']], mode: 'none', serve: [] },
  {
    name: 'required beside any',
    tags: ['a', 'b', '&c'],
    group: [['a'], ['b', 'c'], ['c']],
    mode: 'matching',
    serve: [1],
  },
  { name: 'marks are no part of names', tags: ['a'], group: [['!a'], ['&a']], mode: 'none', serve: [] },
  { name: 'a mark at the end is none', tags: ['a!'], group: [['a'], ['a!']], mode: 'matching', serve: [1] },
  { name: 'a mark in the middle is one', tags: ['a!', 'a&'], group: [['a'], ['a!']], mode: 'matching', serve: [1] },
];

describe('the tags of a request', () => {
  it.each(ROWS)('$name', ({ tags, group, all, mode, serve }) => {
    const deployments = group.map((own, index) =>
      sketchDeployment(index, own === null ? { tags: ['a', 'default'], outOfRotation: 'x' } : { tags: own }),
    );
    const request = { tags, matchAny: all !== true };
    const candidates = deployments.map(({ index }) => index);
    expect(tagMode(request, deployments, candidates)).toBe(mode);
    expect(
      candidates.filter((index) => {
        const deployment = deployments[index];
        return deployment !== undefined && passesTags(deployment, request, mode);
      }),
    ).toEqual(serve);
  });

  it('are looked for among the candidates alone', () => {
    const deployments = [sketchDeployment(0, { tags: ['a'] }), sketchDeployment(1, { tags: ['default'] })];
    expect(tagMode({ tags: ['a'], matchAny: true }, deployments, [1])).toBe('default');
    expect(tagMode({ tags: ['a'], matchAny: true }, deployments, [7])).toBe('all');
  });
});
