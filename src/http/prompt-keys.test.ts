import { describe, expect, test } from 'vitest';
import { promptKeys } from './prompt-keys.ts';

const user = (content: unknown, more: object = {}): object => ({ role: 'user', content, ...more });
const MARK = { cache_control: { type: 'ephemeral' } };
const LONG = 'x'.repeat(4_100);

function keysOf(messages: unknown, promptTokens = 2_000, tools?: string): string[] {
  return promptKeys({ messages, tools, promptTokens });
}

describe('a prompt is recognised', () => {
  test('by its beginning when the conversation goes on', () => {
    const first = keysOf([user(LONG)]);
    const second = keysOf([user(LONG), user('more')]);
    expect(first).toHaveLength(1);
    expect(second).toHaveLength(2);
    expect(second[1]).toBe(first[0]);
  });

  test('by nothing when it is short and has no mark', () => {
    expect(keysOf([user('hello')], 1_023)).toEqual([]);
    expect(keysOf('no list')).toEqual([]);
    expect(keysOf(undefined)).toEqual([]);
    expect(keysOf([])).toEqual([]);
  });

  test('as a whole when only its pictures make it long', () => {
    expect(keysOf([user('hello')], 1_024)).toHaveLength(1);
  });

  test('by beginnings that are long enough for a cache only', () => {
    expect(keysOf([user('short'), user(LONG), user('end')])).toHaveLength(2);
  });

  test.each([
    ['of a message', user('rules', MARK)],
    ['of a part', user([{ type: 'text', text: 'rules', ...MARK }])],
  ])('up to the last mark, %s, however short', (_, marked) => {
    const one = keysOf([marked, user('a')], 5);
    const other = keysOf([marked, user('b')], 5);
    expect(one).toHaveLength(1);
    expect(one).toEqual(other);
    expect(keysOf([user('x'), marked, user('b')], 5)).toHaveLength(2);
  });

  test('by no mark that is empty', () => {
    expect(keysOf([user('rules', { cache_control: null })], 5)).toEqual([]);
    expect(keysOf(['text', [MARK], null], 5)).toEqual([]);
  });

  test('together with its tools', () => {
    expect(keysOf([user(LONG)], 2_000, '[]')).not.toEqual(keysOf([user(LONG)]));
    expect(keysOf([user('short')], 2_000, LONG)).toHaveLength(1);
  });

  test('by twenty beginnings at most, the latest', () => {
    const turns = Array.from({ length: 30 }, (_, nth) => user(`turn ${nth}`));
    const keys = keysOf([user(LONG), ...turns]);
    expect(keys).toHaveLength(20);
    expect(new Set(keys).size).toBe(20);
    expect(keysOf([user(LONG), ...turns.slice(0, -1)])[0]).toBe(keys[1]);
  });

  test('by hashes that tell nothing of it', () => {
    for (const key of keysOf([user(LONG), user('secret')])) expect(key).toMatch(/^[\w-]{43}$/);
  });
});
