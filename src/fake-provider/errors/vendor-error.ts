// A failure in one vendor's own words: status, body and content type. One table a vendor stands beside this file; here
// is what they share, and which failure a bare status stands for.
import type { ErrorKind, Vendor } from '../fault.ts';
import type { ErrorContext, VendorError } from './error-context.ts';
import { anthropicError } from './anthropic.ts';
import { azureError } from './azure.ts';
import { openaiError } from './openai.ts';
import { tgiError } from './tgi.ts';
import { vllmError } from './vllm.ts';

const TABLES: Readonly<Record<Vendor, (kind: ErrorKind, context: ErrorContext) => VendorError>> = {
  openai: openaiError,
  azure: azureError,
  tgi: tgiError,
  vllm: vllmError,
  anthropic: anthropicError,
};

/** `kind` as `vendor` says it. */
export function vendorError(vendor: Vendor, kind: ErrorKind, context: ErrorContext): VendorError {
  return TABLES[vendor](kind, context);
}

/** The failure that a status alone means. */
export function kindOfStatus(status: number): ErrorKind {
  if (status === 401) return 'auth';
  if (status === 402) return 'quota';
  if (status === 403) return 'permission';
  if (status === 404) return 'not-found';
  if (status === 408 || status === 504 || status === 524) return 'timeout';
  if (status === 429) return 'rate-limit';
  if (status === 503) return 'unavailable';
  if (status === 529) return 'overloaded';
  return status >= 500 ? 'server' : 'bad-request';
}
