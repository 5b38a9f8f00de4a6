// Messages of role `developer` become `system` for models that do not know the role, as in LiteLLM 1.106 (golden a61).
// Nearly no request has one, and the scan of the body knows: nothing is parsed without a find.
import type { JsonBody } from '../wire/body-types.ts';

/** The rewritten `messages` as JSON text, or `undefined` when there is nothing to rewrite. */
export function withoutDeveloperRole(body: JsonBody): string | undefined {
  if (!body.mayNameDeveloper) return undefined;
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
