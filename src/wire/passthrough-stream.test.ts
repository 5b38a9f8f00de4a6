import { describe, expect, it } from 'vitest';
import { PassthroughStream } from './passthrough-stream.ts';

describe('PassthroughStream', () => {
  it('hands on the very bytes that came; the first one commits', () => {
    const reader = new PassthroughStream();
    const chunk = Buffer.from([0, 255, 10]);
    reader.push(Buffer.alloc(0));
    expect(reader.hasContent).toBe(false);
    expect(reader.push(chunk)).toBe(chunk);
    expect(reader.hasContent).toBe(true);
  });

  it.each([
    ['bytes and a clean end', 1, true, 'complete'],
    ['bytes and a broken end', 1, false, 'cut'],
    ['no bytes and a clean end', 0, true, 'cut'],
  ])('%s', (_name, count, isClean, kind) => {
    const reader = new PassthroughStream();
    reader.push(Buffer.alloc(count));
    expect(reader.end(isClean).kind).toBe(kind);
  });
});
