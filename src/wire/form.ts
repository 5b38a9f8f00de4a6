// `application/x-www-form-urlencoded` bodies, read as if the fields had been members of a JSON object (LiteLLM 1.106
// section 13). Separate because forms are rare and everything behind works on JSON bodies.
import { fieldValue } from './form-field.ts';
import { jsonBodyOf } from './json-body.ts';
import type { ScannedBody } from './scanned-body.ts';

/** A body that only curl's default content type makes a form (`curl -d '{...}'`) is a form without the fields needed. */
export function formBody(chunks: readonly Uint8Array[]): ScannedBody {
  const fields = new Map<string, unknown>();
  for (const [name, text] of new URLSearchParams(Buffer.concat(chunks).toString('utf8'))) {
    if (name.endsWith('[]')) addItem(fields, name.slice(0, -2), text);
    else fields.set(name, fieldValue(name, text));
  }
  return jsonBodyOf(Object.fromEntries(fields));
}

/** In place: a copy of the list for every item would take minutes for a long form. */
function addItem(fields: Map<string, unknown>, name: string, text: string): void {
  const items = fields.get(name);
  if (Array.isArray(items)) items.push(text);
  else fields.set(name, [text]);
}
