// The response headers that each vendor sends with everything, so that a gateway's copies of them can be seen.
import { randomUUID } from 'node:crypto';
import type { Vendor } from './fault.ts';

/** Headers of one answer; `name` is the fake provider's own. */
export function vendorHeaders(vendor: Vendor, name: string): Record<string, string> {
  const id = randomUUID();
  const headers: Record<string, string> = { 'x-fake-provider': name };
  if (vendor === 'openai') {
    headers['x-request-id'] = `req_${id.replaceAll('-', '')}`;
    headers['openai-version'] = '2020-10-01';
    headers['openai-processing-ms'] = '12';
  } else if (vendor === 'azure') {
    headers['apim-request-id'] = id;
    headers['x-request-id'] = id;
    headers['x-ms-region'] = 'Sweden Central';
  } else if (vendor === 'anthropic') headers['request-id'] = `req_${id.replaceAll('-', '')}`;
  else if (vendor === 'tgi') headers['x-compute-type'] = '1-fake';
  else headers['server'] = 'uvicorn';
  return headers;
}
