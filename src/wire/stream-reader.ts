// What the relay knows of a streamed answer, whatever its dialect: feed it upstream bytes, write what it returns. The
// reader holds everything back until the commit point, repairs what clients stumble over, and tells apart a stream that
// is complete from one that was cut.
import type { TokenUsage } from '../core/outcome.ts';
import type { StreamProgress } from './stream-progress.ts';

export interface StreamReaderOptions {
  /** Name shown to the client in every event, or `undefined` to leave the upstream's. */
  readonly model: string | undefined;
  /** The client asked for a usage chunk (`stream_options.include_usage`); otherwise usage is read and swallowed. */
  readonly includeUsage: boolean;
  /** Unique per answer: the id of an answer whose upstream sends none is made of it (`chatcmpl-ID`, `cmpl-ID`). */
  readonly fallbackId: string;
  /** Unix seconds, for answers whose upstream sends no creation time. */
  readonly createdSeconds: number;
  /**
   * Asked once, at the end, when the client wants usage and the upstream sent none; gets the text of the answer, or the
   * beginning of a very long one. Without it no usage chunk is made up.
   */
  readonly estimateUsage?: ((generatedText: string) => TokenUsage) | undefined;
  /** Responses only: maps `response.id` and `response.previous_response_id` to what the client may hold. */
  readonly rewriteResponseId?: ((id: string) => string) | undefined;
  /** Responses only: the request lets the provider keep the response, which the provider may deny. */
  readonly storesResponse?: boolean | undefined;
  /** Where to note what the client gets; without it the stream cannot be resumed by another one. */
  readonly progress?: StreamProgress | undefined;
  /**
   * The `loadstone` member of the chunk with the finish_reason, or of the last event's response: what has changed since
   * the headers were sent. Asked when that comes; `undefined` = nothing has.
   */
  readonly finishNote?: (() => Readonly<Record<string, unknown>> | undefined) | undefined;
  /** This stream goes on where the one in `progress` broke. */
  readonly resume?: StreamResume | undefined;
}

/** How a stream goes on for one that broke after the client had a part of it. */
export interface StreamResume {
  /** `replay`: the answer comes once more from its beginning. `prefill`: it comes from where the other one broke. */
  readonly by: 'replay' | 'prefill';
  /** Usage of the streams before, to be added to this one's. */
  readonly spent: TokenUsage;
}

/** An error that the upstream sent as an event. */
export interface InBandError {
  /** Shaped like the body of an HTTP error answer (`{error: ...}` or a vendor's own form), ready to be classified. */
  readonly payload: unknown;
}

/** An event that begins as JSON and does not parse, or is too large: text may be lost, so it counts as a cut. */
export interface StreamFault {
  readonly kind: 'malformed-event' | 'event-too-large' | 'replay-differs';
  /** Says what and where; holds no message content. */
  readonly message: string;
}

/** What the client is told when its stream dies after the commit point; the four fields of an OpenAI error. */
export interface StreamError {
  readonly message: string;
  readonly type: string | null;
  readonly param: string | null;
  readonly code: string | null;
}

/** Text holds one byte per character (latin1): write it with `response.write(bytes, 'latin1')`. May be empty. */
export type StreamBytes = string | Uint8Array;

/** How a stream ended. `bytes` may still be written; after `cut` an error event follows (`errorEvent`). */
export type StreamEnd =
  | { readonly kind: 'complete'; readonly bytes: StreamBytes }
  | { readonly kind: 'cut'; readonly bytes: StreamBytes; readonly message: string };

/** One upstream stream, read once from its first byte to its end. */
export interface StreamReader {
  /**
   * Takes upstream bytes; returns what may be written to the client now: nothing before the commit point, then all that
   * was held, and at the terminal event the closing events too. Bytes after a terminal event, an in-band error or a
   * fault are ignored.
   */
  push(chunk: Uint8Array): StreamBytes;
  /** Commit point reached (DESIGN 4.6). Never goes back to false. */
  readonly hasContent: boolean;
  /** The dialect's terminal event was seen: the answer is complete, whatever the socket does now. */
  readonly isTerminated: boolean;
  readonly usage: TokenUsage | undefined;
  readonly inBandError: InBandError | undefined;
  readonly fault: StreamFault | undefined;
  /** Events dropped because they were neither JSON nor a known signal. */
  readonly noiseCount: number;
  /** Upstream ended, cleanly (`isClean`: the body was whole by HTTP's rules) or not. Call once, last. */
  end(isClean: boolean): StreamEnd;
  /** The in-band error event of this dialect; empty where it has none. Nothing may follow it. */
  errorEvent(error: StreamError): StreamBytes;
}
