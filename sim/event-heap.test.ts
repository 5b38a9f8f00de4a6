import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventHeap } from './event-heap.ts';

function drain(heap: EventHeap): [number, number, number][] {
  const out: [number, number, number][] = [];
  while (heap.pop()) out.push([heap.atMs, heap.event, heap.token]);
  return out;
}

describe('the event heap', () => {
  it('gives events by time, and those of one moment in the order in which they came', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 3_000 }), (times) => {
        const heap = new EventHeap();
        times.forEach((atMs, nth) => heap.push(atMs, nth, nth + 7));
        const sorted = times.map((atMs, nth) => [atMs, nth, nth + 7]).toSorted(([a = 0], [b = 0]) => a - b);
        expect(drain(heap)).toEqual(sorted);
      }),
    );
  });

  it('keeps the order while events come and go', () => {
    const heap = new EventHeap();
    heap.push(5, 1, 0);
    heap.push(1, 2, 0);
    expect([heap.pop(), heap.event]).toEqual([true, 2]);
    heap.push(3, 3, 0);
    heap.push(5, 4, 0);
    expect(drain(heap).map(([, event]) => event)).toEqual([3, 1, 4]);
    expect(heap.pop()).toBe(false);
  });
});
