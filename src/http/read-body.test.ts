import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { BodyReader, type BodyLimits, type BodyRead, type HeldBytes } from './read-body.ts';

const WIDE: BodyLimits = { maxRequestBytes: 1_000_000, maxHeldBytes: 1_000_000 };

interface Reading {
  readonly request: IncomingMessage;
  readonly read: Promise<BodyRead>;
}

function start(limits: BodyLimits, held: HeldBytes): Reading {
  const request = new IncomingMessage(new Socket());
  const read = new Promise<BodyRead>((resolve) => new BodyReader(request, { limits, held }, resolve).start());
  return { request, read };
}

async function readAll(chunks: readonly Buffer[], limits = WIDE, held: HeldBytes = { total: 0 }): Promise<BodyRead> {
  const { request, read } = start(limits, held);
  for (const chunk of chunks) request.push(chunk);
  request.push(null);
  return read;
}

function bytesOf(read: BodyRead): Buffer {
  return read.kind === 'body' ? Buffer.concat([...read.chunks]) : Buffer.alloc(0);
}

test('a body is held as the chunks that came', async () => {
  const chunks = [Buffer.from('{"a":'), Buffer.alloc(50_000, 'x'), Buffer.from('}')];
  const read = await readAll(chunks);
  expect(read).toMatchObject({ kind: 'body', byteLength: 50_006 });
  expect(read.kind === 'body' && read.chunks).toEqual(chunks);
});

test('a body that comes byte by byte is held in few chunks, in order', async () => {
  const text = Array.from({ length: 100_000 }, (_, at) => String(at % 10)).join('');
  const read = await readAll(Array.from(Buffer.from(text), (byte) => Buffer.from([byte])));
  expect(bytesOf(read).toString()).toBe(text);
  expect(read.kind === 'body' && read.chunks.length).toBeLessThan(100);
});

test('small and large chunks in turn keep their order', async () => {
  const chunks = Array.from({ length: 400 }, (_, at) => Buffer.alloc(at % 7 === 0 ? 2_000 : 3, String(at % 10)));
  expect(bytesOf(await readAll(chunks))).toEqual(Buffer.concat(chunks));
});

test('a body over its limit is refused and holds nothing', async () => {
  const held = { total: 0 };
  const read = await readAll([Buffer.alloc(600), Buffer.alloc(600)], { ...WIDE, maxRequestBytes: 1_000 }, held);
  expect([read, held.total]).toEqual([{ kind: 'too-large', limitBytes: 1_000 }, 0]);
});

test('all bodies together are bounded, and what is given back can be held again', async () => {
  const held = { total: 0 };
  const limits = { ...WIDE, maxHeldBytes: 1_000 };
  const first = await readAll([Buffer.alloc(800)], limits, held);
  expect([first.kind, held.total]).toEqual(['body', 800]);
  expect((await readAll([Buffer.alloc(300)], limits, held)).kind).toBe('overloaded');
  expect(held.total).toBe(800);
  held.total -= 800;
  expect((await readAll([Buffer.alloc(300)], limits, held)).kind).toBe('body');
});

test('a client that leaves in the middle of its body holds nothing', async () => {
  const held = { total: 0 };
  const { request, read } = start(WIDE, held);
  request.push(Buffer.alloc(500));
  await expect.poll(() => held.total).toBe(500);
  request.destroy();
  expect([(await read).kind, held.total]).toEqual(['gone', 0]);
});
