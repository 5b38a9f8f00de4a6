// Tools that the client runs itself: an answer that calls none of them has had no effect, and may be asked for twice.
// Every other kind runs at the provider while the answer is made, with effects or a price (DESIGN 5).
import { isFields } from '../wire/chunk-dialect.ts';
import type { JsonBody } from '../wire/json-body.ts';

const CLIENT_TOOLS: ReadonlySet<unknown> = new Set(['function', 'custom']);

/** The request brings no tools but such. */
export function runsToolsAtClient(body: JsonBody): boolean {
  const tools = body.get('tools');
  if (tools === undefined || tools === null) return true;
  return Array.isArray(tools) && tools.every((tool) => isFields(tool) && CLIENT_TOOLS.has(tool['type']));
}
