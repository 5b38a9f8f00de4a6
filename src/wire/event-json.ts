// What the data of one event is: an object, an error in words, noise, or a fault (DESIGN 4.7). Shared by all dialects.
import { decodeByteText, parseByteText } from './byte-text.ts';
import { isFields, type Fields } from './chunk-dialect.ts';
import type { InBandError, StreamFault } from './stream-reader.ts';

export type EventJson =
  | { readonly kind: 'object'; readonly value: Fields }
  | { readonly kind: 'error'; readonly error: InBandError }
  | { readonly kind: 'fault'; readonly fault: StreamFault }
  | { readonly kind: 'noise' };

const NOISE: EventJson = { kind: 'noise' };

/** Reads the trimmed `data` of an event (byte text) that came under `eventName`. */
export function readEventJson(data: string, eventName: string): EventJson {
  try {
    const value = parseByteText(data);
    if (isFields(value)) return { kind: 'object', value };
  } catch {
    // The parser's own message quotes the text: not for logs.
    const message = `an event of ${data.length} bytes begins as JSON and does not parse`;
    if (data.startsWith('{')) return { kind: 'fault', fault: { kind: 'malformed-event', message } };
  }
  if (eventName !== 'error') return NOISE;
  return { kind: 'error', error: { payload: { error: { message: decodeByteText(data) } } } };
}

export const TOO_MUCH_HELD: StreamFault = {
  kind: 'event-too-large',
  message: 'the stream brought more than 16 MiB before its first content',
};

export const TOO_LARGE: StreamFault = {
  kind: 'event-too-large',
  message: 'an event of the stream is larger than 64 MiB',
};
