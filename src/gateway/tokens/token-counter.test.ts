// The counting thread, and everything that can be wrong with it.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { TokenCounter, type TokenCounterOptions } from './token-counter.ts';

let counter: TokenCounter;
afterEach(async () => {
  await counter.close();
  vi.restoreAllMocks();
});

function start(options: TokenCounterOptions = {}): TokenCounter {
  counter = new TokenCounter({ patienceMs: 30_000, ...options });
  return counter;
}

/** A worker of these lines. */
function script(text: string): URL {
  return new URL(
    `data:text/javascript,${encodeURIComponent(`import { parentPort } from 'node:worker_threads';${text}`)}`,
  );
}

function body(value: unknown, pieces = 1) {
  const bytes = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
  const size = Math.ceil(bytes.length / pieces);
  const chunks = Array.from({ length: pieces }, (_, nth) => bytes.subarray(nth * size, (nth + 1) * size));
  return { chunks, byteLength: bytes.length };
}

/** What the process is warned of. */
function warnings(): string[] {
  const seen: string[] = [];
  vi.spyOn(process, 'emitWarning').mockImplementation((warning) => void seen.push(String(warning)));
  return seen;
}

describe('the counter', () => {
  it('counts by the vocabulary of the model, whatever the pieces', async () => {
    const messages = { messages: [{ role: 'user', content: 'hi' }] };
    expect(await start().count(body(messages), 'o200k_base')).toBe(8);
    expect(await counter.count(body(messages, 3), 'cl100k_base')).toBe(8);
    const word = { prompt: 'Донаудампфшиффарт' };
    const [newer, older] = await Promise.all([
      counter.count(body(word), 'o200k_base'),
      counter.count(body(word), 'cl100k_base'),
    ]);
    expect(newer).toBeLessThan(older ?? 0);
  });

  it('takes the spelling of a special token for text', async () => {
    expect(await start().count(body({ prompt: '<|endoftext|>' }), 'o200k_base')).toBe(7);
  });

  it('is done in time with a word of 300 kB', async () => {
    const tokens = await start().count(body({ prompt: 'a'.repeat(300_000) }), 'o200k_base');
    expect(tokens).toBeGreaterThan(35_000);
    expect(tokens).toBeLessThan(40_000);
  });

  it('begins anew after its idle thread has ended', async () => {
    const prompt = body({ prompt: 'hi' });
    expect(await start({ idleMs: 0 }).count(prompt, 'o200k_base')).toBe(1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(await counter.count(prompt, 'o200k_base')).toBe(1);
  });
});

describe('the estimate stands', () => {
  it('without a word for what is no JSON', async () => {
    const seen = warnings();
    expect(await start().count(body('{"messages":'), 'o200k_base')).toBeUndefined();
    expect(await counter.count(body('nonsense'), 'o200k_base')).toBeUndefined();
    expect(seen).toEqual([]);
    expect(await counter.count(body({ prompt: 'hi' }), 'o200k_base')).toBe(1);
  });

  it('with one warning when the thread has a problem', async () => {
    const seen = warnings();
    const broken = script(
      'parentPort.on("message", ({ id }) => parentPort.postMessage({ id, tokens: undefined, problem: "no vocabulary" }));',
    );
    start({ workerUrl: broken });
    expect(await counter.count(body({}), 'o200k_base')).toBeUndefined();
    expect(await counter.count(body({}), 'o200k_base')).toBeUndefined();
    expect(seen).toEqual(['prompts are not counted, estimates by size stand in: no vocabulary']);
  });

  it('when the thread does not answer', async () => {
    const seen = warnings();
    const silent = script('parentPort.on("message", () => undefined);');
    expect(await start({ patienceMs: 1, workerUrl: silent }).count(body({}), 'o200k_base')).toBeUndefined();
    expect(seen).toEqual(['prompts are not counted, estimates by size stand in: no answer in time']);
  });

  it('when the thread dies', async () => {
    const seen = warnings();
    const dying = script('parentPort.on("message", () => { throw new Error("out of memory"); });');
    const counts = [1, 2].map(() => start({ workerUrl: dying }) && counter.count(body({}), 'o200k_base'));
    expect(await Promise.all(counts)).toEqual([undefined, undefined]);
    expect(seen[0]).toContain('out of memory');
  });

  it('when there is no thread to be had', async () => {
    const seen = warnings();
    const nowhere = new URL('file:///nowhere/count-worker.js');
    expect(await start({ workerUrl: nowhere }).count(body({}), 'o200k_base')).toBeUndefined();
    expect(seen).toHaveLength(1);
  });
});

it('whoever waits goes on when the counter is closed', async () => {
  const silent = script('parentPort.on("message", () => undefined);');
  const waiting = start({ workerUrl: silent }).count(body({}), 'o200k_base');
  await counter.close();
  expect(await waiting).toBeUndefined();
});

it('does not take what is too large, nor more than 64 at once', async () => {
  const silent = script('parentPort.on("message", () => undefined);');
  const huge = { chunks: [], byteLength: 33 * 1024 * 1024 };
  expect(await start({ workerUrl: silent }).count(huge, 'o200k_base')).toBeUndefined();
  const waiting = Array.from({ length: 64 }, () => counter.count(body({}), 'o200k_base'));
  expect(await counter.count(body({}), 'o200k_base')).toBeUndefined();
  await counter.close();
  expect(new Set(await Promise.all(waiting))).toEqual(new Set([undefined]));
});
