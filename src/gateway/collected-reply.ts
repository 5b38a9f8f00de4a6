// An answer that is kept instead of sent: status, headers and bytes, for whoever puts several answers together.
import type { ClientResponse } from './client-response.ts';

export class CollectedReply implements ClientResponse {
  /** 0: nothing was answered. */
  status = 0;
  headers: readonly string[] = [];
  readonly #chunks: Uint8Array[] = [];

  writeHead(status: number, headers: string[]): void {
    this.status = status;
    this.headers = headers;
  }

  write(bytes: string | Uint8Array | undefined, encoding?: 'latin1'): boolean {
    if (bytes !== undefined) this.#chunks.push(bytesOf(bytes, encoding));
    return true;
  }

  end(bytes?: string | Uint8Array, encoding?: 'latin1'): void {
    this.write(bytes, encoding);
  }

  /** There is always room. */
  once(_event: 'drain', _listener: () => void): void {}

  destroy(): void {
    this.status = 0;
    this.#chunks.length = 0;
  }

  body(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}

/** Text is UTF-8 unless it says otherwise, as in Node. */
export function bytesOf(bytes: string | Uint8Array, encoding?: 'latin1'): Uint8Array {
  return typeof bytes === 'string' ? Buffer.from(bytes, encoding) : bytes;
}
