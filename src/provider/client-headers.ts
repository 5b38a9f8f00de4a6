// Which headers reach an upstream besides our own: a client's where the operator allows it, and the ones that config and
// body name. Separate because letting one too many through would hand a caller's credentials to a vendor.
import { isHeaderText } from './openai-compatible.ts';

/** A client's `x-` headers that stay here: credentials, notes to the gateway, and facts about the hop to it. */
const KEPT = /^x-(api-key|goog-api-key|litellm-|stainless-|forwarded|real-ip|amz-|ms-client-principal)/;

/** Beside `x-`: beta switches of Anthropic, as in 1.106 (golden i26: not OpenAI-Beta, not User-Agent). */
const PASSED: ReadonlySet<string> = new Set(['anthropic-beta']);

/** Ours alone: they describe the message on this connection. */
const NEVER_SET: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'upgrade',
  'te',
  'trailer',
  'expect',
  'keep-alive',
]);

const HEADER_NAME = /^[a-z0-9!#$%&'*+.^_`|~-]+$/;

/**
 * Adds what may pass of a client's raw headers (`forward_client_headers_to_llm_api`, golden a57, i10, i26) to a flat
 * list. A custom key header (`litellm_key_header_name`) is not known here: whoever hands the headers over leaves it out.
 */
export function addClientHeaders(headers: string[], clientHeaders: readonly string[]): void {
  for (let at = 0; at + 1 < clientHeaders.length; at += 2) {
    const name = (clientHeaders[at] ?? '').toLowerCase();
    if (!PASSED.has(name) && (!name.startsWith('x-') || KEPT.test(name))) continue;
    setHeader(headers, name, clientHeaders[at + 1] ?? '');
  }
}

/** Adds a map of `extra_headers` or `headers`; null values and what cannot be a header are left out. */
export function addNamedHeaders(headers: string[], map: unknown): void {
  if (typeof map !== 'object' || map === null) return;
  for (const [key, value] of Object.entries(map)) {
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') continue;
    setHeader(headers, key.toLowerCase(), String(value));
  }
}

/** Replaces a header of that name, or appends it. */
export function setHeader(headers: string[], name: string, value: string): void {
  if (!HEADER_NAME.test(name) || NEVER_SET.has(name) || !isHeaderText(value)) return;
  for (let at = 0; at < headers.length; at += 2) {
    if (headers[at] === name) {
      headers[at + 1] = value;
      return;
    }
  }
  headers.push(name, value);
}
