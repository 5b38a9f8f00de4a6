// Errors that arrive as an event of a stream that began well. Vendors do not agree on the form; what comes out is
// shaped like the body of an HTTP error answer, so that one classifier reads both.
import { isBlank, type Fields } from './chunk-dialect.ts';
import type { InBandError } from './stream-reader.ts';

/** The error that an event says, or `undefined`. `eventName` is its `event:` line. */
export function inBandErrorOf(value: Fields, eventName: string): InBandError | undefined {
  if (!isBlank(value['error']) && value['error'] !== false) return { payload: value }; // OpenAI; TGI with a string
  if (value['object'] === 'error' && 'message' in value) return { payload: value }; // vLLM before 0.10
  if (eventName === 'error' || value['type'] === 'error') return { payload: { error: value } };
  return undefined;
}
