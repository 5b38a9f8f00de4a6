// Runs the corpus of nasty streams through the readers: whole, cut in two at every byte, byte by byte, and in random
// pieces. What clients see is judged by a decoder of its own, not by the code under test.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChatStream } from './chat-stream.ts';
import { CompletionStream } from './completion-stream.ts';
import {
  clientView,
  decodeEvents,
  runReader,
  type ClientView,
  type ReaderRun,
} from '../../test/support/reference-client.ts';
import { ResponsesStream } from './responses-stream.ts';
import type { StreamReader } from './stream-reader.ts';

interface Expected {
  readonly dialect: 'chat' | 'completions' | 'responses';
  readonly includeUsage?: boolean;
  readonly end: 'complete' | 'cut';
  readonly committed?: boolean;
  readonly content: string | null;
  readonly reasoning?: string;
  readonly refusal?: string;
  readonly tools?: readonly { id: string | null; type: string; name: string; arguments: string }[];
  readonly finish?: Readonly<Record<string, string>>;
  readonly usage?: unknown;
  readonly usageChunk?: boolean;
  readonly noise?: number;
  readonly error?: boolean;
  readonly fault?: string;
}

const FOLDER = join(import.meta.dirname, '../../test/fixtures/streams');
const EXPECTED = JSON.parse(readFileSync(join(FOLDER, 'expected.json'), 'utf8')) as Record<string, Expected>;
const NAMES = Object.keys(EXPECTED);
const MODEL = 'shown "mödel"';

function open(expected: Expected): StreamReader {
  const options = {
    model: MODEL,
    includeUsage: expected.includeUsage === true,
    fallbackId: 'call-1',
    createdSeconds: 1_800_000_000,
  };
  if (expected.dialect === 'chat') return new ChatStream(options);
  return expected.dialect === 'completions' ? new CompletionStream(options) : new ResponsesStream(options);
}

function bytesOf(name: string): Buffer {
  return readFileSync(join(FOLDER, `${name}.sse`));
}

function expectedOf(name: string): Expected {
  const expected = EXPECTED[name];
  if (expected === undefined) throw new Error(`no expectation for ${name}`);
  return expected;
}

function checkChunks(view: ClientView, expected: Expected): void {
  expect(view.frames.size).toBeLessThanOrEqual(1); // id, object, created and model are the same in every chunk
  for (const frame of view.frames) expect(JSON.parse(frame)).toMatchObject({ model: MODEL });
  expect(view.problems).toEqual([]);
  expect(view.finish).toEqual(expected.finish);
  expect(view.isDone).toBe(expected.end === 'complete');
  if (expected.usageChunk !== undefined) expect(view.usageChunks).toBe(expected.usageChunk ? 1 : 0);
}

describe('the corpus', () => {
  it('has an expectation for every file and a file for every expectation', () => {
    const files = readdirSync(FOLDER).filter((file) => file.endsWith('.sse'));
    expect(files.map((file) => file.slice(0, -4)).toSorted()).toEqual([...NAMES].toSorted());
  });

  it.each(NAMES)('%s reaches the client as it must', (name) => {
    const expected = expectedOf(name);
    const reader = open(expected);
    const run = runReader(reader, [bytesOf(name)]);
    const view = clientView(decodeEvents(run.bytes));
    expect(run.end.kind).toBe(expected.end);
    expect(reader.hasContent).toBe(expected.committed ?? true);
    if (expected.committed === false) expect(run.bytes.length).toBe(0);
    if (expected.content !== null) expect(view.content).toBe(expected.content);
    expect(view.reasoning).toBe(expected.reasoning ?? view.reasoning);
    expect(view.refusal).toBe(expected.refusal ?? '');
    if (expected.dialect !== 'responses') checkChunks(view, expected);
    if (expected.tools !== undefined) {
      expect(view.tools).toEqual(
        expected.tools.map((tool) => ({ ...tool, id: tool.id ?? expect.stringMatching(/^call_./) })),
      );
    }
    expect(reader.usage).toEqual(expected.usage);
    expect(reader.noiseCount).toBe(expected.noise ?? reader.noiseCount);
    expect(reader.inBandError !== undefined).toBe(expected.error === true);
    expect(reader.fault?.kind).toBe(expected.fault);
  });

  it.each(NAMES)('%s gives the same client bytes wherever it is cut', (name) => {
    const bytes = bytesOf(name);
    const whole = runReader(open(expectedOf(name)), [bytes]);
    for (let at = 1; at < bytes.length; at += 1) {
      const parts = runReader(open(expectedOf(name)), [bytes.subarray(0, at), bytes.subarray(at)]);
      if (!parts.bytes.equals(whole.bytes) || parts.end.kind !== whole.end.kind) {
        const told = (run: ReaderRun): string => `cut at ${at}: ${run.end.kind} ${run.bytes.toString()}`;
        expect(told(parts)).toBe(told(whole));
      }
    }
    const single = Array.from(bytes, (byte) => Buffer.from([byte]));
    expect(runReader(open(expectedOf(name)), single).bytes.toString()).toBe(whole.bytes.toString());
  });

  it('gives the same client bytes for any splitting of any file', () => {
    const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });
    fc.assert(
      fc.property(fc.constantFrom(...NAMES), cuts, (name, fractions) => {
        const bytes = bytesOf(name);
        const at = [0, ...fractions.map((part) => Math.floor(part * bytes.length)), bytes.length].toSorted(
          (a, b) => a - b,
        );
        const parts = at.slice(1).map((to, index) => bytes.subarray(at[index], to));
        const split = runReader(open(expectedOf(name)), parts);
        const whole = runReader(open(expectedOf(name)), [bytes]);
        expect(split.bytes.toString()).toBe(whole.bytes.toString());
        expect(split.end.kind).toBe(whole.end.kind);
      }),
      { numRuns: 300 },
    );
  });
});
