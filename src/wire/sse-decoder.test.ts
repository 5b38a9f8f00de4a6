import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SseDecoder } from './sse-decoder.ts';

interface Found {
  readonly event: string;
  readonly data: string;
}

function decode(parts: readonly string[], flush = true): Found[] {
  const decoder = new SseDecoder();
  const found: Found[] = [];
  for (const part of parts) {
    decoder.feed(part);
    while (decoder.next()) found.push({ event: decoder.event, data: decoder.data });
  }
  if (flush && decoder.flush()) found.push({ event: decoder.event, data: decoder.data });
  return found;
}

describe('SseDecoder', () => {
  it.each([
    ['one event', 'data: a\n\n', [{ event: '', data: 'a' }]],
    [
      'CRLF',
      'data: a\r\n\r\ndata: b\r\n\r\n',
      [
        { event: '', data: 'a' },
        { event: '', data: 'b' },
      ],
    ],
    [
      'CR',
      'data: a\r\rdata: b\r\r',
      [
        { event: '', data: 'a' },
        { event: '', data: 'b' },
      ],
    ],
    [
      'LF then CRLF',
      'data: a\n\r\ndata: b\r\n\n',
      [
        { event: '', data: 'a' },
        { event: '', data: 'b' },
      ],
    ],
    ['a byte order mark', '\u00ef\u00bb\u00bfdata: a\n\n', [{ event: '', data: 'a' }]],
    ['several data lines', 'data: a\ndata: b\n\n', [{ event: '', data: 'a\nb' }]],
    ['a data line without colon', 'data\ndata: b\n\n', [{ event: '', data: '\nb' }]],
    [
      'only the first space after the colon',
      'data:  a\n\ndata:b\n\n',
      [
        { event: '', data: ' a' },
        { event: '', data: 'b' },
      ],
    ],
    [
      'event names',
      'event: x\ndata: a\n\ndata: b\n\n',
      [
        { event: 'x', data: 'a' },
        { event: '', data: 'b' },
      ],
    ],
    ['a name without data is forgotten', 'event: x\n\ndata: b\n\n', [{ event: '', data: 'b' }]],
    ['comments and unknown fields', ':c\nid: 1\nretry: 2\nfoo: 3\nbar\ndata: a\n\n:d\n\n', [{ event: '', data: 'a' }]],
    ['a prefix that is not the field', 'database: a\neventual: b\n\n', []],
    ['blank lines in a row', '\n\n\ndata: a\n\n\n\n', [{ event: '', data: 'a' }]],
    [
      'a last event without its blank line',
      'data: a\n\ndata: b\n',
      [
        { event: '', data: 'a' },
        { event: '', data: 'b' },
      ],
    ],
    ['a last line without its end', 'data: a', [{ event: '', data: 'a' }]],
  ])('reads %s', (_name, text, expected) => {
    expect(decode([text])).toEqual(expected);
    expect(decode(Array.from(text))).toEqual(expected);
  });

  it('dispatches an event at its blank line, without waiting for more', () => {
    expect(decode(['data: a\r\r'], false)).toEqual([{ event: '', data: 'a' }]);
    expect(decode(['data: a\r\n\r'], false)).toEqual([{ event: '', data: 'a' }]);
  });

  it('does not take the line feed of a split CRLF for another line', () => {
    expect(decode(['data: a\r', '\ndata: b\r', '\n\r', '\n'], false)).toEqual([{ event: '', data: 'a\nb' }]);
  });

  it('says that it is between events only when nothing of one has been read', () => {
    const decoder = new SseDecoder();
    decoder.feed('data: a\n\nda');
    expect(decoder.isBetweenEvents).toBe(true);
    expect(decoder.next()).toBe(true);
    expect(decoder.isBetweenEvents).toBe(true);
    expect(decoder.next()).toBe(false);
    expect(decoder.isBetweenEvents).toBe(false);
  });

  it('reads a 5 MB event that comes in small pieces', () => {
    const data = 'x'.repeat(5 * 1024 * 1024);
    const text = `data: ${data}\n\n`;
    const parts: string[] = [];
    for (let at = 0; at < text.length; at += 1400) parts.push(text.slice(at, at + 1400));
    expect(decode(parts)).toEqual([{ event: '', data }]);
  });

  it('stops collecting an event beyond 64 MiB', () => {
    const decoder = new SseDecoder();
    const piece = 'x'.repeat(8 * 1024 * 1024);
    decoder.feed('data: ');
    decoder.next();
    for (let count = 0; count < 9; count += 1) {
      decoder.feed(piece);
      expect(decoder.next()).toBe(false);
    }
    expect(decoder.isOverflown).toBe(true);
  });

  it('finds the same events however the text is cut', () => {
    const line = fc.constantFrom('data: a', 'data:b', 'event: e', ': c', 'id: 1', '', 'data', 'x');
    const ends = fc.constantFrom('\n', '\r\n', '\r');
    const text = fc
      .array(
        fc.tuple(line, ends).map((pair) => pair.join('')),
        { maxLength: 20 },
      )
      .map((all) => all.join(''));
    fc.assert(
      fc.property(text, fc.array(fc.nat(200)), (whole, cuts) => {
        const at = [0, ...cuts.map((cut) => Math.min(cut, whole.length)), whole.length].toSorted((a, b) => a - b);
        const parts = at.slice(1).map((to, index) => whole.slice(at[index], to));
        expect(decode(parts)).toEqual(decode([whole]));
      }),
    );
  });
});
