// Streams that are not understood, only carried: synthesised speech, transcription events, anything else a vendor
// streams. The first byte commits, and only the transport can tell whether the end was the end.
import type { StreamEnd, StreamReader } from './stream-reader.ts';

const NOTHING = '';

export class PassthroughStream implements StreamReader {
  readonly isTerminated = false;
  readonly usage = undefined;
  readonly inBandError = undefined;
  readonly fault = undefined;
  readonly noiseCount = 0;
  #hasContent = false;

  get hasContent(): boolean {
    return this.#hasContent;
  }

  push(chunk: Uint8Array): Uint8Array {
    if (chunk.length > 0) this.#hasContent = true;
    return chunk;
  }

  end(isClean: boolean): StreamEnd {
    if (isClean && this.#hasContent) return { kind: 'complete', bytes: NOTHING };
    const message = this.#hasContent ? 'the stream broke off' : 'the stream was empty';
    return { kind: 'cut', bytes: NOTHING, message };
  }

  /** There is no error form for bytes of unknown meaning: closing the connection early says it. */
  errorEvent(): string {
    return NOTHING;
  }
}
