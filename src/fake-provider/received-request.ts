// What the fake provider remembers of each request. Tests read it as it was; the listing over HTTP masks keys but keeps
// them comparable by a fingerprint.
import { createHash } from 'node:crypto';
import type { Vendor } from './fault.ts';
import type { FakeEndpoint } from './answer.ts';

/** One request as it arrived, and what became of it. The last four fields change while it is being answered. */
export interface ReceivedRequest {
  /** Counted over the whole server, from 1. */
  readonly number: number;
  /** Milliseconds since the server started. */
  readonly atMs: number;
  readonly method: string;
  readonly path: string;
  /** Without the question mark, as it was sent. */
  readonly query: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyBytes: number;
  /** JSON, the fields of a form, or text. */
  readonly body: unknown;
  readonly vendor: Vendor | undefined;
  readonly endpoint: FakeEndpoint | undefined;
  readonly model: string | undefined;
  /** Counted for its model, from 1. */
  readonly numberOfModel: number;
  /** 0 while nothing was sent. */
  status: number;
  tokensSent: number;
  /** The connection was gone before the answer was complete, and it was not us. */
  clientHungUp: boolean;
  isFinished: boolean;
}

const SECRET_HEADERS: ReadonlySet<string> = new Set([
  'authorization',
  'api-key',
  'x-api-key',
  'x-goog-api-key',
  'ocp-apim-subscription-key',
  'cookie',
]);

/** A key that cannot be read any more, but is equal for equal keys: `Bearer sha256:1f3a9c2d0b5e`. */
export function maskKey(value: string): string {
  const space = value.indexOf(' ');
  const scheme = space > 0 ? value.slice(0, space + 1) : '';
  return `${scheme}sha256:${createHash('sha256').update(value.slice(scheme.length)).digest('hex').slice(0, 12)}`;
}

/** A request fit to be shown: keys masked in the headers. */
export function shownRequest(request: ReceivedRequest): ReceivedRequest {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    headers[name] = SECRET_HEADERS.has(name) ? maskKey(value) : value;
  }
  return { ...request, headers };
}

/** The newest requests, oldest first; the array is the same one for the life of the server. */
export class RequestLog {
  readonly list: ReceivedRequest[] = [];
  readonly #capacity: number;
  #total = 0;

  /** `capacity` requests are kept; 0 keeps none and only counts. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get total(): number {
    return this.#total;
  }

  nextNumber(): number {
    this.#total += 1;
    return this.#total;
  }

  add(request: ReceivedRequest): void {
    if (this.#capacity === 0) return;
    // Dropping a tenth at a time keeps adding cheap.
    if (this.list.length >= this.#capacity) this.list.splice(0, Math.max(1, Math.floor(this.#capacity / 10)));
    this.list.push(request);
  }

  clear(): void {
    this.list.length = 0;
    this.#total = 0;
  }
}
