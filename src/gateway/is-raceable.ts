// Whether a request may be under way twice at one time, for the race. Read when a stream has been silent for long, never
// before: it looks into the body.
import type { JsonBody } from '../wire/json-body.ts';
import type { Exchange } from './exchange.ts';

/** What runs at the client; every other kind of tool has effects, or a price, at the provider (DESIGN 5). */
const CLIENT_TOOLS = new Set<unknown>(['function', 'custom']);

export function isRaceable({ input: { body, endpoint } }: Exchange): boolean {
  if (body === undefined || body.has('web_search_options') || isStored(body, endpoint)) return false;
  const tools = body.get('tools');
  return !Array.isArray(tools) || tools.every((tool: unknown) => CLIENT_TOOLS.has(typeOf(tool)));
}

/** Responses are kept by the provider unless the request says otherwise. */
function isStored(body: JsonBody, endpoint: Exchange['input']['endpoint']): boolean {
  return endpoint === 'responses' ? body.get('store') !== false : body.get('store') === true;
}

function typeOf(tool: unknown): unknown {
  return typeof tool === 'object' && tool !== null && 'type' in tool ? tool.type : undefined;
}
