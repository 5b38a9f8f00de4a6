// Messages of role `developer` become `system` for models that do not know the role, as in LiteLLM 1.106 (golden a61).
// Nearly no request has one, so the bytes are searched first and nothing is parsed without a find.
import type { JsonBody } from '../wire/body-types.ts';

const NEEDLE = Buffer.from('"developer"');

/** The rewritten `messages` as JSON text, or `undefined` when there is nothing to rewrite. */
export function withoutDeveloperRole(body: JsonBody): string | undefined {
  if (!mentions(body.chunks)) return undefined;
  return rewrittenMessages(body.get('messages'));
}

/** The same for messages that are already parsed. */
export function rewrittenMessages(messages: unknown): string | undefined {
  if (!Array.isArray(messages) || !messages.some(isDeveloper)) return undefined;
  return JSON.stringify(messages.map((message) => (isDeveloper(message) ? { ...message, role: 'system' } : message)));
}

function isDeveloper(message: unknown): message is Record<string, unknown> {
  return typeof message === 'object' && message !== null && 'role' in message && message.role === 'developer';
}

function mentions(chunks: readonly Uint8Array[]): boolean {
  let tail: Uint8Array | undefined;
  for (const chunk of chunks) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (bytes.includes(NEEDLE)) return true;
    // The word may lie across a border.
    if (tail !== undefined && Buffer.concat([tail, bytes.subarray(0, NEEDLE.length)]).includes(NEEDLE)) return true;
    const joined: Uint8Array =
      tail === undefined || bytes.length >= NEEDLE.length ? bytes : Buffer.concat([tail, bytes]);
    tail = joined.subarray(Math.max(0, joined.length - NEEDLE.length));
  }
  return false;
}
