// The server-sent events that Loadstone itself writes: the end of a stream, an error after the commit point, a sign of
// life. All are byte text (one character per byte).
import { jsonByteText } from './byte-text.ts';
import type { StreamError } from './stream-reader.ts';

/** The last event of a chat or completion stream. */
export const DONE_EVENT = 'data: [DONE]\n\n';

/** One `data:` event holding JSON. */
export function dataEvent(value: unknown): string {
  return `data: ${jsonByteText(value)}\n\n`;
}

/** In-band error of chat and completion streams with all four keys, which clients validate; no `[DONE]` follows. */
export function errorEvent(error: StreamError): string {
  const { message, type, param, code } = error;
  return dataEvent({ error: { message, type, param, code } });
}

/** In-band error of Responses streams; `sequenceNumber` is one more than the last event's. */
export function responsesErrorEvent(error: StreamError, sequenceNumber: number): string {
  const { message, param, code } = error;
  return `event: error\n${dataEvent({ type: 'error', code, message, param, sequence_number: sequenceNumber })}`;
}
