// Why a chunked stream is no whole answer, in words for the client and the log. Holds no message content.
import type { InBandError, StreamFault } from './stream-reader.ts';

export function cutReason(
  stream: { readonly fault: StreamFault | undefined; readonly inBandError: InBandError | undefined },
  hasChoices: boolean,
): string {
  if (stream.fault !== undefined) return stream.fault.message;
  if (stream.inBandError !== undefined) return 'the provider sent an error event';
  return hasChoices ? 'the stream ended before the answer was complete' : 'the stream ended without an answer';
}
