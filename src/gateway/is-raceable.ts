// Whether a request may be under way twice at one time, for the race. Read when a stream has been silent for long, never
// before: it looks into the body.
import type { JsonBody } from '../wire/json-body.ts';
import { runsToolsAtClient } from './client-tools.ts';
import type { Exchange } from './exchange.ts';

export function isRaceable({ input: { body, endpoint } }: Exchange): boolean {
  if (body === undefined || body.has('web_search_options') || isStored(body, endpoint)) return false;
  return runsToolsAtClient(body);
}

/** Responses are kept by the provider unless the request says otherwise. */
function isStored(body: JsonBody, endpoint: Exchange['input']['endpoint']): boolean {
  return endpoint === 'responses' ? body.get('store') !== false : body.get('store') === true;
}
