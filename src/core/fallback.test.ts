import { describe, expect, it } from 'vitest';
import { fallbackTargets } from './fallback.ts';
import type { FailureCause } from './outcome.ts';
import type { ClientFallbacks, RequestIntent } from './request-intent.ts';
import type { FallbackRule, FallbackRules } from './routing-table.ts';

const rule = (from: string, ...models: string[]): FallbackRule => ({
  from,
  targets: models.map((model) => ({ model, overrides: undefined })),
});
const targets = (...models: string[]): ClientFallbacks => ({ kind: 'targets', targets: rule('', ...models).targets });

const config: FallbackRules = {
  generic: [rule('a', 'g1'), rule('a', 'late'), rule('openai/p', 'g2'), rule('q', 'g3'), rule('*', 'star')],
  contextWindow: [rule('a', 'w1'), rule('*', 'never')],
  contentPolicy: undefined,
  defaults: rule('', 'd1').targets,
};

function lookup(
  cause: FailureCause,
  names: string[],
  more: { intent?: Partial<RequestIntent>; rules?: Partial<FallbackRules> } = {},
): string[] {
  const intent = {
    fallbacks: undefined,
    contextWindowFallbacks: undefined,
    contentPolicyFallbacks: undefined,
    disableFallbacks: false,
    ...more.intent,
  };
  const query = { rules: { ...config, ...more.rules }, intent, cause, names };
  return fallbackTargets(query).map(({ model }) => model);
}

describe('the targets after a failure', () => {
  const rows: [string, FailureCause, string[], Parameters<typeof lookup>[2], string[]][] = [
    ['the first rule of the group', 'server_error', ['a'], {}, ['g1']],
    ['any name before *', 'server_error', ['nobody', 'a'], {}, ['g1']],
    ['the nearest name first', 'server_error', ['openai/p', 'a'], {}, ['g2']],
    ['a rule with the prefix that the name lacks', 'server_error', ['p'], {}, ['g2']],
    ['a rule without the prefix that the name has', 'server_error', ['azure/q'], {}, ['g3']],
    ['*', 'server_error', ['nobody'], {}, ['star']],
    ['any name before *, also where a model is called that', 'server_error', ['*', 'a'], {}, ['g1']],
    ['a name that begins with a slash', 'server_error', ['/q'], {}, ['g3']],
    [
      'no rules of the client: nothing of the config',
      'server_error',
      ['a'],
      { intent: { fallbacks: { kind: 'rules', rules: [] } } },
      [],
    ],
    ['defaults where there is no *', 'server_error', ['nobody'], { rules: { generic: [] } }, ['d1']],
    ['defaults alone', 'server_error', ['nobody'], { rules: { generic: undefined } }, ['d1']],
    ['nothing', 'server_error', ['nobody'], { rules: { generic: undefined, defaults: undefined } }, []],
    ['a refused request too', 'bad_request', ['a'], {}, ['g1']],
    [
      'a list of the client, whatever failed',
      'content_policy',
      ['a'],
      { intent: { fallbacks: targets('x', 'y') } },
      ['x', 'y'],
    ],
    [
      'rules of the client replace all of the config',
      'server_error',
      ['nobody'],
      { intent: { fallbacks: { kind: 'rules', rules: [rule('a', 'x')] } } },
      [],
    ],
    ['an overflow: its own list', 'context_window', ['a'], {}, ['w1']],
    ['an overflow without an entry: nothing, not even *', 'context_window', ['nobody'], {}, []],
    [
      'an overflow where no list is configured: nothing generic',
      'context_window',
      ['a'],
      { rules: { contextWindow: undefined } },
      [],
    ],
    [
      'an overflow with a list in the body',
      'context_window',
      ['a'],
      { intent: { contextWindowFallbacks: targets('z') } },
      ['z'],
    ],
    ['a refusal without a list: nothing generic', 'content_policy', ['a'], {}, []],
    ['a refusal with a list', 'content_policy', ['a'], { rules: { contentPolicy: [rule('a', 'c1')] } }, ['c1']],
    [
      'nothing where they are disabled',
      'server_error',
      ['a'],
      { intent: { disableFallbacks: true, fallbacks: targets('x') } },
      [],
    ],
  ];
  it.each(rows)('%s', (_name, cause, names, more, expected) => {
    expect(lookup(cause, names, more)).toEqual(expected);
  });
});
