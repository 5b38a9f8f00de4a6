// Server-sent events out of byte text, cut anywhere: LF, CRLF and CR line ends, comments, a byte order mark, several
// data lines, any number of events in a chunk. Follows the WHATWG parsing rules, except that a last event without its
// blank line can be had by `flush` (upstreams forget it). Unknown fields, `id` and `retry` mean nothing to a relay.

/** An event of this many bytes or more is not collected: `isOverflown` turns true. */
const MAX_EVENT_BYTES = 64 * 1024 * 1024;
const NEVER = Number.POSITIVE_INFINITY;
const BYTE_ORDER_MARK = '\u00ef\u00bb\u00bf'; // its UTF-8 bytes

/**
 * Pull parser: `feed` a chunk, then call `next` until it says false. A reader that recognises a whole event at
 * `position` while `isBetweenEvents` may step over it by moving `position`.
 */
export class SseDecoder {
  /** The chunk being read; `position` is the first character not consumed. */
  text = '';
  position = 0;
  /** `event:` of the event that `next` found; empty when it has no name. */
  event = '';
  /** `data:` lines of that event, joined by line feeds. */
  data = '';
  isOverflown = false;
  #name = '';
  #data = '';
  #hasData = false;
  /** Start of a line whose end has not come yet. */
  #line = '';
  #hasLine = false;
  #nextCr = NEVER;
  #skipLineFeed = false;
  #isFirstLine = true;

  /** Everything of the chunk before must have been read: call `next` until it says false first. */
  feed(text: string): void {
    this.text = text;
    this.position = 0;
    if (this.#skipLineFeed && text.length > 0) {
      this.#skipLineFeed = false;
      if (text.charCodeAt(0) === 10) this.position = 1;
    }
    this.#nextCr = crFrom(text, this.position);
  }

  /** No part of an event has been read yet: `position` is where one may begin. */
  get isBetweenEvents(): boolean {
    return !this.#hasLine && !this.#hasData && this.#name === '';
  }

  /** Reads up to the end of the next event with data; false when the chunk ends first. */
  next(): boolean {
    while (this.position < this.text.length && !this.isOverflown) {
      const end = this.#lineEnd();
      if (end < 0) {
        this.#keep(this.text.slice(this.position));
        this.position = this.text.length;
        return false;
      }
      const line = this.text.slice(this.position, end);
      this.#stepOverLineEnd(end);
      if (this.#onLine(line)) return true;
    }
    return false;
  }

  /** The upstream ended: an event that lacks its blank line or line end is found now. */
  flush(): boolean {
    if (this.#hasLine && this.#onLine('')) return true;
    return this.#hasData && this.#dispatch();
  }

  #lineEnd(): number {
    if (this.#nextCr < this.position) this.#nextCr = crFrom(this.text, this.position);
    const lf = this.text.indexOf('\n', this.position);
    if (lf < 0) return this.#nextCr === NEVER ? -1 : this.#nextCr;
    return Math.min(lf, this.#nextCr);
  }

  #stepOverLineEnd(end: number): void {
    this.position = end + 1;
    if (end !== this.#nextCr) return;
    if (this.position === this.text.length) this.#skipLineFeed = true;
    else if (this.text.charCodeAt(this.position) === 10) this.position += 1;
  }

  #keep(part: string): void {
    this.#line += part;
    this.#hasLine = true;
    this.isOverflown = this.#line.length + this.#data.length >= MAX_EVENT_BYTES;
  }

  /** Takes a line whose beginning may have come earlier; true when it ends an event with data. */
  #onLine(rest: string): boolean {
    let line = rest;
    if (this.#hasLine) {
      line = this.#line + rest;
      this.#line = '';
      this.#hasLine = false;
    }
    if (this.#isFirstLine) {
      this.#isFirstLine = false;
      if (line.startsWith(BYTE_ORDER_MARK)) line = line.slice(BYTE_ORDER_MARK.length);
    }
    if (line !== '') this.#onField(line);
    else if (this.#hasData) return this.#dispatch();
    else this.#name = '';
    return false;
  }

  #onField(line: string): void {
    if (line.startsWith('data:')) this.#addData(valueFrom(line, 5));
    else if (line.startsWith('event:')) this.#name = valueFrom(line, 6);
    else if (line === 'data') this.#addData('');
  }

  #addData(value: string): void {
    this.#data = this.#hasData ? `${this.#data}\n${value}` : value;
    this.#hasData = true;
    this.isOverflown = this.#data.length >= MAX_EVENT_BYTES;
  }

  #dispatch(): boolean {
    this.event = this.#name;
    this.data = this.#data;
    this.#name = '';
    this.#data = '';
    this.#hasData = false;
    return true;
  }
}

function crFrom(text: string, position: number): number {
  const at = text.indexOf('\r', position);
  return at < 0 ? NEVER : at;
}

/** Field value after the colon, without the one space that may stand there (TGI sends none). */
function valueFrom(line: string, colonEnd: number): string {
  return line.slice(line.charCodeAt(colonEnd) === 32 ? colonEnd + 1 : colonEnd);
}
