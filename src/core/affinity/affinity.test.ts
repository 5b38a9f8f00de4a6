import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sketchTable } from '../../../test/support/routing-fixture.ts';
import { plainIntent } from '../request-intent.ts';
import { AffinityMemory } from './affinity-memory.ts';
import { PROMPT_TTL_MS, type AffinityFlags, type AffinitySettings, type StickyKeys } from './affinity-settings.ts';
import { rememberChoice, stickyCandidates, type StickyRequest } from './stick.ts';

describe('the memory', () => {
  test('knows a key until its time is over, and the latest choice only', () => {
    const memory = new AffinityMemory();
    memory.remember('k', 'a', { now: 0, ttlMs: 100 });
    expect(memory.recall('k', 99)).toBe('a');
    expect(memory.recall('other', 0)).toBeUndefined();
    memory.remember('k', 'b', { now: 50, ttlMs: 100 });
    expect(memory.recall('k', 149)).toBe('b');
    expect(memory.recall('k', 150)).toBeUndefined();
    expect(memory.size).toBe(0);
  });

  test('lets go of the key that was used least recently', () => {
    const memory = new AffinityMemory(2);
    const time = { now: 0, ttlMs: 100 };
    memory.remember('a', '1', time);
    memory.remember('b', '2', time);
    expect(memory.recall('a', 1)).toBe('1');
    memory.remember('c', '3', time);
    expect([memory.recall('a', 1), memory.recall('b', 1), memory.recall('c', 1)]).toEqual(['1', undefined, '3']);
    memory.remember('c', '4', time);
    expect(memory.size).toBe(2);
  });

  test('says what it remembers, and learns from others without saying it again', () => {
    const memory = new AffinityMemory(2);
    const told: unknown[] = [];
    memory.onRemember = (remembrance) => told.push(remembrance);
    memory.remember('k', 'a', { now: 5, ttlMs: 100 });
    expect(told).toEqual([{ key: 'k', deploymentId: 'a', untilMs: 105 }]);
    memory.learn({ key: 'k', deploymentId: 'b', untilMs: 105 });
    expect(memory.recall('k', 0)).toBe('a');
    memory.learn({ key: 'k', deploymentId: 'c', untilMs: 106 });
    expect([memory.recall('k', 105), memory.recall('k', 106)]).toEqual(['c', undefined]);
    for (const key of ['x', 'y', 'z']) memory.learn({ key, deploymentId: key, untilMs: 500 });
    expect([memory.size, memory.recall('x', 107), memory.recall('z', 107)]).toEqual([2, undefined, 'z']);
    expect(told.length).toBe(1);
  });

  test('never holds more than its bound, and always the latest', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 20 }), { minLength: 1 }), fc.integer({ min: 1, max: 5 }), (keys, capacity) => {
        const memory = new AffinityMemory(capacity);
        keys.forEach((key, nth) => memory.remember(`k${key}`, String(nth), { now: nth, ttlMs: 1_000 }));
        const recent = [...new Set(keys.toReversed())].slice(0, capacity);
        expect(memory.size).toBe(Math.min(capacity, new Set(keys).size));
        for (const key of recent) expect(memory.recall(`k${key}`, keys.length)).toBe(String(keys.lastIndexOf(key)));
      }),
    );
  });
});

const OFF: AffinityFlags = { session: false, prompt: false, caller: false };
const ON: AffinityFlags = { session: true, prompt: true, caller: true };
const KEYS: StickyKeys = { session: 's', caller: 'c', prompts: ['long', 'short'] };

interface Asked {
  readonly flags?: AffinityFlags;
  readonly byGroup?: AffinitySettings['byGroup'];
  readonly keys?: StickyKeys | undefined;
  readonly candidates?: readonly number[];
  readonly memory?: AffinityMemory | undefined;
}

function request(memory: AffinityMemory, asked: Asked = {}): StickyRequest {
  const { flags = ON, byGroup = new Map(), candidates = [0, 1, 2], keys = KEYS } = asked;
  const affinity: AffinitySettings = { flags, byGroup, anywhere: flags, ttlMs: 1_000 };
  const table = sketchTable({ deployments: [{}, {}, {}, { group: 'other' }], settings: { affinity } });
  const intent = { ...plainIntent({ model: 'gpt-4', stream: false, maxTokens: 0 }, 1), sticky: keys };
  return { table, intent, candidates, affinity: memory };
}

describe('sticking', () => {
  test('session comes before prompt, prompt before caller', () => {
    const memory = new AffinityMemory();
    rememberChoice(request(memory, { flags: { ...OFF, caller: true } }), 0, 0);
    rememberChoice(request(memory, { flags: { ...OFF, prompt: true } }), 1, 0);
    rememberChoice(request(memory, { flags: { ...OFF, session: true } }), 2, 0);
    expect(stickyCandidates(request(memory), 1)).toEqual([2, 1, 0]);
    expect(stickyCandidates(request(memory, { flags: OFF }), 1)).toEqual([]);
    expect(stickyCandidates(request(memory, { candidates: [0, 1] }), 1)).toEqual([1, 0]);
  });

  test('the longest beginning of a prompt is remembered, any is recognised', () => {
    const memory = new AffinityMemory();
    const flags = { ...OFF, prompt: true };
    rememberChoice(request(memory, { flags }), 1, 0);
    const ask = (prompts: string[]): number[] =>
      stickyCandidates(request(memory, { flags, keys: { ...KEYS, prompts } }), 1);
    expect(ask(['longer', 'long'])).toEqual([1]);
    expect(ask(['short'])).toEqual([]);
    expect(ask([])).toEqual([]);
  });

  test('prompts are kept for 300 s, the others for the time that is configured', () => {
    const memory = new AffinityMemory();
    rememberChoice(request(memory), 1, 0);
    expect(stickyCandidates(request(memory), 999)).toEqual([1, 1, 1]);
    expect(stickyCandidates(request(memory), 1_000)).toEqual([1]);
    expect(stickyCandidates(request(memory), PROMPT_TTL_MS)).toEqual([]);
  });

  test('what a request does not have is neither asked nor remembered', () => {
    const memory = new AffinityMemory();
    rememberChoice(request(memory, { keys: { session: undefined, caller: undefined, prompts: [] } }), 1, 0);
    expect(memory.size).toBe(0);
    expect(
      stickyCandidates(request(memory, { keys: { session: undefined, caller: undefined, prompts: [] } }), 0),
    ).toEqual([]);
  });

  test('a session is not a caller of the same hash, and not another session', () => {
    const memory = new AffinityMemory();
    const keys = (session: string | undefined, caller: string | undefined): StickyKeys => ({
      session,
      caller,
      prompts: [],
    });
    rememberChoice(request(memory, { keys: keys('x', undefined) }), 1, 0);
    rememberChoice(request(memory, { keys: keys('y', undefined) }), 2, 0);
    const ask = (asked: StickyKeys): number[] => stickyCandidates(request(memory, { keys: asked }), 1);
    expect([ask(keys('x', undefined)), ask(keys('y', undefined)), ask(keys(undefined, 'x'))]).toEqual([[1], [2], []]);
    rememberChoice(request(memory, { keys: keys(undefined, 'x') }), 0, 0);
    rememberChoice(request(memory, { keys: keys(undefined, 'z') }), 2, 0);
    expect([ask(keys('x', undefined)), ask(keys(undefined, 'x')), ask(keys(undefined, 'z'))]).toEqual([[1], [0], [2]]);
  });

  test('a group has its own flags and its own memory', () => {
    const memory = new AffinityMemory();
    const byGroup = new Map([['other', { ...OFF, session: true }]]);
    rememberChoice(request(memory, { byGroup, candidates: [3] }), 3, 0);
    expect(memory.size).toBe(1);
    expect(stickyCandidates(request(memory, { byGroup, candidates: [3] }), 1)).toEqual([3]);
    expect(stickyCandidates(request(memory, { byGroup }), 1)).toEqual([]);
  });

  test('nothing sticks without a memory, without settings, without keys or without candidates', () => {
    const memory = new AffinityMemory();
    const whole = request(memory);
    rememberChoice(whole, 1, 0);
    const bare = sketchTable({ deployments: [{}, {}, {}] });
    const plain = plainIntent({ model: 'gpt-4', stream: false, maxTokens: 0 }, 1);
    const cases: StickyRequest[] = [
      { ...whole, affinity: undefined },
      { ...whole, table: bare },
      { ...whole, intent: plain },
      { ...whole, candidates: [] },
    ];
    for (const one of cases) {
      expect(stickyCandidates(one, 1)).toEqual([]);
      rememberChoice(one, 0, 1);
    }
    rememberChoice(whole, 99, 1);
    expect(stickyCandidates(whole, 1)).toEqual([1, 1, 1]);
  });
});
