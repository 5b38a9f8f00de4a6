import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { afterEach, expect, test } from 'vitest';
import { Line, LineClosedError } from './line.ts';

type OfLeft = { double: { asked: number; answer: number } };
type OfRight = {
  length: { asked: string; answer: number };
  fail: { asked: undefined; answer: void };
  never: { asked: undefined; answer: void };
};

const ports: MessagePort[] = [];

afterEach(() => {
  for (const port of ports.splice(0)) port.close();
});

function lines() {
  const { port1, port2 } = new MessageChannel();
  ports.push(port1, port2);
  const heard: string[] = [];
  const left = new Line<OfLeft, OfRight>(port1, { double: (number) => number * 2 });
  const right = new Line<OfRight, OfLeft>(port2, {
    length: async (text) => {
      heard.push(text);
      return text.length;
    },
    fail: () => {
      throw new Error('cannot');
    },
    never: () => new Promise<void>(() => undefined),
  });
  return { left, right, heard };
}

test('each side asks the other, and answers find their questions', async () => {
  const { left, right } = lines();
  const answers = Promise.all([left.ask('length', 'four'), right.ask('double', 4), left.ask('length', '')]);
  expect(await answers).toEqual([4, 8, 0]);
});

test('what is told is heard, and nobody waits', async () => {
  const { left, heard } = lines();
  left.tell('length', 'one');
  await left.ask('length', 'two');
  expect(heard).toEqual(['one', 'two']);
});

test('a handler that fails is a rejection with its words', async () => {
  const { left } = lines();
  await expect(left.ask('fail', undefined)).rejects.toThrow('cannot');
});

test('an answer that does not come in time is a rejection', async () => {
  const { left } = lines();
  await expect(left.ask('never', undefined, 1)).rejects.toThrow('no answer to "never" within 1 ms');
});

test('when the other side ends, nobody waits for it any more', async () => {
  const { left } = lines();
  const waiting = left.ask('never', undefined, Number.POSITIVE_INFINITY);
  left.close('it has ended');
  await expect(waiting).rejects.toThrow(LineClosedError);
  await expect(left.ask('length', 'x')).rejects.toThrow('it has ended');
  left.tell('length', 'y');
});
