import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEFAULT_SETTINGS, sketchTable } from '../../../test/support/routing-fixture.ts';
import { editDistance, nearestNames } from './nearest-names.ts';
import type { ResolvedModel } from './resolve.ts';
import { resolve, upstreamModelFor } from './resolve.ts';

function wildcard(group: string, target: string) {
  const [provider = '', ...rest] = target.split('/');
  return { group, provider, litellmModel: target, upstreamModel: rest.join('/') };
}

const defaults = { generic: undefined, contextWindow: undefined, contentPolicy: undefined };

describe('resolving', () => {
  const table = sketchTable({
    deployments: [
      { group: 'gpt-4', id: 'one', litellmModel: 'azure/eu' },
      { group: 'gpt-4', id: 'two', litellmModel: 'azure/us' },
      { group: 'cheap', id: 'gpt-4', litellmModel: 'azure/eu' },
    ],
    aliases: [
      { name: 'best', target: 'gpt-4', hidden: false },
      { name: 'by-id', target: 'two', hidden: true },
      { name: 'cheap', target: 'gpt-4', hidden: false },
      { name: 'dangling', target: 'nowhere', hidden: false },
    ],
  });

  test.each([
    ['a group', 'gpt-4', { kind: 'group', group: 'gpt-4', candidates: [0, 1], byId: false }],
    ['a name that is a group and an id is the group', 'gpt-4', { kind: 'group' }],
    ['an id', 'two', { kind: 'id', group: 'two', candidates: [1], byId: true }],
    ['an alias', 'best', { kind: 'alias', requested: 'best', group: 'gpt-4', candidates: [0, 1] }],
    ['an alias of an id', 'by-id', { kind: 'alias', candidates: [1], byId: true }],
    ['an alias before a group of the same name', 'cheap', { kind: 'alias', group: 'gpt-4' }],
    ['a litellm model, in all groups', 'azure/eu', { kind: 'litellm-model', group: 'azure/eu', candidates: [0, 2] }],
    ['an alias of nothing', 'dangling', { kind: 'unknown', hasWildcards: false }],
    ['nothing', 'gpt-5', { kind: 'unknown', requested: 'gpt-5', hasWildcards: false }],
  ])('%s', (_, model, expected) => {
    expect(resolve(table, model)).toMatchObject(expected);
  });

  test('a routing group comes after an alias and an id, with its policy; groups have theirs', () => {
    const policy = { ...DEFAULT_SETTINGS, strategy: 'least-busy' } as const;
    const grouped = sketchTable({
      deployments: [{ group: 'a', id: 'one' }, { group: 'b', id: 'two' }, wildcard('x/*', 'openai/*')],
      routingGroups: ['all', 'best', 'two'].map((name) => ({ name, deployments: [0, 1], policy })),
      aliases: [
        { name: 'best', target: 'a', hidden: false },
        { name: 'one', target: 'b', hidden: false },
        { name: 'every', target: 'all', hidden: false },
      ],
    });
    expect(resolve(grouped, 'all')).toMatchObject({ kind: 'routing-group', group: 'all', candidates: [0, 1], policy });
    expect(resolve(grouped, 'every')).toMatchObject({ kind: 'alias', requested: 'every', group: 'all', policy });
    expect(resolve(grouped, 'best')).toMatchObject({ kind: 'alias', candidates: [0] });
    expect(resolve(grouped, 'two')).toMatchObject({ kind: 'id', candidates: [1] });
    expect(resolve(grouped, 'one')).toMatchObject({ kind: 'id', candidates: [0] });
    expect(resolve(grouped, 'a')).not.toHaveProperty('policy');
    const owned = new Map([...grouped.groups].map(([name, group]) => [name, { ...group, policy }]));
    expect(resolve({ ...grouped, groups: owned }, 'a')).toMatchObject({ kind: 'group', policy });
    expect(resolve({ ...grouped, groups: owned }, 'x/y')).toMatchObject({ kind: 'wildcard', policy });
    expect(nearestNames(grouped, 'alll', 1)).toEqual(['all']);
  });

  test('an unknown name reaches the default fallback only behind a wildcard', () => {
    const settings = { fallbacks: { ...defaults, defaults: [{ model: 'ok', overrides: undefined }] } };
    const plain = sketchTable({ deployments: [{ group: 'ok' }], settings });
    expect(resolve(plain, 'nope').kind).toBe('unknown');
    const wild = sketchTable({ deployments: [{ group: 'ok' }, wildcard('x/*', 'openai/*')], settings });
    expect(resolve(wild, 'nope')).toMatchObject({
      kind: 'default-fallback',
      requested: 'nope',
      group: 'ok',
      candidates: [0],
    });
    const lost = sketchTable({ deployments: [wildcard('x/*', 'openai/*')], settings });
    expect(resolve(lost, 'nope').kind).toBe('unknown');
    const aliases = [{ name: 'ok', target: 'real', hidden: false }];
    const aliased = sketchTable({ deployments: [{ group: 'real' }, wildcard('x/*', 'openai/*')], aliases, settings });
    expect(resolve(aliased, 'nope')).toMatchObject({ kind: 'default-fallback', requested: 'nope', candidates: [0] });
  });
});

describe('wildcards', () => {
  const table = sketchTable({
    deployments: [
      wildcard('*', 'openai/*'),
      wildcard('openai/*', 'openai/*'),
      wildcard('openai/gpt-*', 'openai/gpt-*'),
      wildcard('team-*', 'openai/x-*'),
      wildcard('fixed/*', 'openai/fixed'),
      { group: 'gpt-exact', upstreamModel: 'exact' },
      wildcard('a-*-b-*', 'azure/*'),
      wildcard('swap/*/*', 'azure/*-*'),
    ],
  });

  test.each([
    ['foo', 0, 'foo'],
    ['openai/foo', 1, 'foo'],
    ['openai/gpt-4', 2, 'gpt-4'],
    ['team-a', 3, 'x-a'],
    ['team-', 3, 'x-'],
    ['xteam-a', 0, 'xteam-a'],
    ['fixed/zzz', 4, 'fixed'],
    ['gpt-exact', 5, 'exact'],
    ['a-1-b-2', 6, 'a-1-b-2'],
    ['swap/one/two', 7, 'one-two'],
  ])('%s goes to deployment %i as %s', (model, index, upstreamModel) => {
    const resolution = resolve(table, model);
    if (resolution.kind === 'unknown') throw new Error('unknown');
    expect(resolution).toMatchObject({ requested: model, group: model, candidates: [index] });
    const deployment = table.deployments[index];
    expect(deployment && upstreamModelFor(deployment, resolution)).toBe(upstreamModel);
  });

  test('a bare name is tried again with its provider in front', () => {
    const prefixed = sketchTable({ deployments: [wildcard('openai/*', 'openai/*')] });
    expect(resolve(prefixed, 'gpt-4o').kind).toBe('unknown');
    const resolution = resolve(prefixed, 'gpt-4o', () => 'openai');
    expect(resolution).toMatchObject({ kind: 'wildcard', requested: 'gpt-4o', captures: ['gpt-4o'] });
    expect(resolve(prefixed, 'claude', () => undefined)).toMatchObject({ kind: 'unknown', hasWildcards: true });
  });

  test('a star more than captures stays one', () => {
    const few = sketchTable({ deployments: [wildcard('openai/*', 'openai/*-*')] });
    const [deployment] = few.deployments;
    expect(deployment && upstreamModelFor(deployment, resolve(few, 'openai/a') as ResolvedModel)).toBe('a-*');
  });

  test('with fewer stars than captures the matched name goes out, without the provider', () => {
    const many = sketchTable({ deployments: [wildcard('openai/*-*', 'openai/*')] });
    const resolution = resolve(many, 'openai/gpt-4');
    const deployment = many.deployments[0];
    expect(deployment && upstreamModelFor(deployment, resolution as ResolvedModel)).toBe('gpt-4');
  });

  test('a wildcard comes before a litellm model of that name', () => {
    const both = sketchTable({
      deployments: [wildcard('openai/*', 'openai/*'), { group: 'g', litellmModel: 'openai/m' }],
    });
    expect(resolve(both, 'openai/m')).toMatchObject({ kind: 'wildcard', candidates: [0] });
  });

  test('a capture with replacement patterns in it is taken literally', () => {
    const [deployment] = sketchTable({ deployments: [wildcard('x/*', 'openai/*')] }).deployments;
    const resolution = resolve(sketchTable({ deployments: [wildcard('x/*', 'openai/*')] }), 'x/$&-$1');
    expect(deployment && upstreamModelFor(deployment, resolution as ResolvedModel)).toBe('$&-$1');
  });
});

describe('nearest names', () => {
  const table = sketchTable({
    deployments: [{ group: 'gpt-4' }, { group: 'gpt-4o-mini' }, { group: 'claude-sonnet' }],
    aliases: [
      { name: 'gpt-4o', target: 'gpt-4', hidden: false },
      { name: 'gpt-40', target: 'gpt-4', hidden: true },
    ],
  });

  test('lists the closest groups and visible aliases first', () => {
    expect(nearestNames(table, 'GPT-40', 2)).toEqual(['gpt-4', 'gpt-4o']);
    expect(nearestNames(table, 'claude-sonet', 3)).toEqual(['claude-sonnet']);
    expect(nearestNames(table, 'zzzzzzzzzz', 3)).toEqual([]);
    expect(nearestNames(table, 'x'.repeat(10_000), 3)).toEqual([]);
  });

  test('edit distance is a metric that counts single edits', () => {
    const word = fc.string({ maxLength: 8 });
    fc.assert(
      fc.property(word, word, word, (a, b, c) => {
        expect(editDistance(a, a)).toBe(0);
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, c)).toBeLessThanOrEqual(editDistance(a, b) + editDistance(b, c));
        expect(editDistance(a, `${a}x`)).toBe(1);
      }),
    );
  });
});
