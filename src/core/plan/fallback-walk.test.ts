import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FallbackWalk, type WalkStep } from './fallback-walk.ts';

const step = (model: string, overrides?: Record<string, unknown>): WalkStep => ({
  target: { model, overrides },
  order: undefined,
});

describe('the walk over fallback targets', () => {
  it('takes a list in order and counts every step', () => {
    const walk = new FallbackWalk('a');
    walk.descend([step('b'), step('c')]);
    expect(walk.advance()?.target.model).toBe('b');
    expect(walk.advance()?.target.model).toBe('c');
    expect([walk.count, walk.depth]).toEqual([2, 2]);
    expect(walk.advance()).toBeUndefined();
  });

  it('goes on in the outer list when an inner one is used up, and counts the outer one only', () => {
    const walk = new FallbackWalk('a');
    walk.descend([step('b'), step('c')]);
    walk.advance();
    walk.descend([step('d')]);
    expect([walk.advance()?.target.model, walk.count, walk.depth]).toEqual(['d', 1, 2]);
    expect([walk.advance()?.target.model, walk.count, walk.depth]).toEqual(['c', 2, 2]);
  });

  it('shows what it would take, from the innermost list outwards, and takes nothing', () => {
    const walk = new FallbackWalk('a');
    expect(walk.peek([])).toBeUndefined();
    expect(walk.peek([step('a'), step('b')])).toEqual({ step: step('b'), depth: 1 });
    walk.descend([step('b'), step('c')]);
    expect(walk.peek([])).toEqual({ step: step('b'), depth: 1 });
    walk.advance();
    walk.descend([step('d')]);
    expect(walk.peek([step('e')])).toEqual({ step: step('e'), depth: 2 });
    expect(walk.peek([])).toEqual({ step: step('d'), depth: 2 });
    walk.advance();
    expect(walk.peek([step('d')])).toEqual({ step: step('c'), depth: 2 });
    expect([walk.advance()?.target.model, walk.count]).toEqual(['c', 2]);
    expect(walk.peek([])).toBeUndefined();
  });

  it('asks a model again with other fields, but never twice for the same', () => {
    const walk = new FallbackWalk('a');
    walk.descend([step('a'), step('a', { temperature: 0 }), step('a', { temperature: 0 })]);
    expect(walk.advance()?.target.overrides).toEqual({ temperature: 0 });
    expect(walk.advance()).toBeUndefined();
  });

  it('knows whether anything is left', () => {
    const walk = new FallbackWalk('a');
    expect(walk.hasNext([])).toBe(false);
    expect(walk.hasNext([{ model: 'a', overrides: undefined }])).toBe(false);
    expect(walk.hasNext([{ model: 'b', overrides: undefined }])).toBe(true);
    walk.descend([step('b')]);
    expect(walk.hasNext([])).toBe(true);
    walk.advance();
    expect(walk.hasNext([])).toBe(false);
  });

  it('takes order levels of a group that was asked already, and they stand in nobody’s way', () => {
    const walk = new FallbackWalk('a');
    const level = (order: number): WalkStep => ({ target: { model: 'a', overrides: undefined }, order });
    walk.descend([level(2), level(3), step('b')]);
    expect([walk.advance()?.order, walk.advance()?.order, walk.advance()?.target.model]).toEqual([2, 3, 'b']);
    expect([walk.count, walk.depth]).toEqual([3, 3]);
    walk.descend([{ ...step('c'), order: 1 }, step('c')]);
    expect([walk.advance()?.order, walk.advance()?.target.model]).toEqual([1, 'c']);
    walk.descend([level(4)]);
    walk.advance();
    expect(walk.hasNext([])).toBe(false);
  });

  it('knows of steps that are left in any of its lists, and of none that were taken elsewhere', () => {
    const walk = new FallbackWalk('a');
    expect([walk.count, walk.depth]).toEqual([0, 0]);
    walk.descend([step('b'), step('c'), step('d')]);
    walk.advance();
    walk.descend([step('c')]);
    walk.advance();
    expect(walk.hasNext([])).toBe(true);
    walk.descend([step('d')]);
    walk.advance();
    expect(walk.hasNext([])).toBe(false);
    const withFields = (x: number) => ({ model: 'd', overrides: { x } });
    expect(walk.hasNext([withFields(1)])).toBe(true);
    walk.descend([{ target: withFields(1), order: undefined }]);
    walk.advance();
    expect([walk.hasNext([withFields(1)]), walk.hasNext([withFields(2)])]).toEqual([false, true]);
    expect(walk.advance()).toBeUndefined();
  });

  it('an empty list is no list', () => {
    const walk = new FallbackWalk('a');
    walk.descend([]);
    expect(walk.hasNext([])).toBe(false);
    walk.descend([step('b')]);
    expect([walk.advance()?.target.model, walk.count]).toEqual(['b', 1]);
    walk.descend([]);
    walk.descend([step('c')]);
    expect([walk.advance()?.target.model, walk.count, walk.depth]).toEqual(['c', 1, 2]);
  });

  it('ends whatever lists there are, and takes no target twice', () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd', 'e');
    fc.assert(
      fc.property(fc.dictionary(name, fc.array(name, { maxLength: 6 })), (lists) => {
        const walk = new FallbackWalk('a');
        const taken: string[] = [];
        walk.descend((lists['a'] ?? []).map((model) => step(model)));
        for (let next = walk.advance(); next !== undefined; next = walk.advance()) {
          const { model } = next.target;
          taken.push(model);
          expect(walk.depth).toBeGreaterThan(0);
          walk.descend((lists[model] ?? []).map((target) => step(target)));
        }
        expect(new Set(taken).size).toBe(taken.length);
        expect(taken).not.toContain('a');
      }),
    );
  });
});
