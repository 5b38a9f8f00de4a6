import { describe, expect, it } from 'vitest';
import type { Difference } from './compare.ts';
import { verdictOn, type Tables } from './verdict.ts';

const at = (place: string): Difference => ({ at: place, expected: 1, got: 2 });
const first = at('request 1, status');
const second = at('request 2 (1 of 4), status');

const tables: Tables = {
  differences: [
    { id: 'all', reason: 'on purpose', anchor: 'x', requests: [] },
    { id: 'one', reason: 'on purpose', anchor: 'x', requests: [1] },
    { id: 'timing', reason: 'on purpose', anchor: 'x', requests: [], dependsOnTiming: true },
    { id: 'two', reason: 'first', anchor: 'x', requests: [1] },
    { id: 'two', reason: 'second', anchor: 'y', requests: [2] },
  ],
  notBuiltYet: [{ id: 'later', feature: 'caching', requests: [2] }],
};

describe('the verdict on a case', () => {
  it.each([
    ['nothing', 'none', [], 'equal'],
    ['a difference and no row', 'none', [first], 'different'],
    ['a row for the whole case', 'all', [first, second], 'explained'],
    ['a row that nothing needs', 'all', [], 'stale'],
    ['a row for the request that differs', 'one', [first], 'explained'],
    ['a row for another request', 'one', [second], 'different'],
    ['a start that differs where the row names requests', 'one', [at('start')], 'different'],
    ['a row that depends on timing', 'timing', [], 'equal'],
    ['two rows that are both needed', 'two', [first, second], 'explained'],
    ['two rows of which one is idle', 'two', [first], 'stale'],
    ['a missing feature', 'later', [second], 'explained'],
    ['a missing feature that is there', 'later', [], 'stale'],
  ] as const)('with %s', (_name, id, differences, kind) => {
    expect(verdictOn(id, differences, tables).kind).toBe(kind);
  });

  it('shows only what no row explains', () => {
    expect(verdictOn('one', [first, second], tables)).toEqual({ kind: 'different', differences: [second] });
  });
});
