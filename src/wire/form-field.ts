// What the text of a form field means. Separate because url-encoded and multipart forms read their fields alike.
import { readJsonBody } from './json-body.ts';

/** Fields that are text whatever they look like. */
const TEXT_FIELDS: ReadonlySet<string> = new Set(['model', 'prompt', 'input', 'language', 'user', 'instructions']);

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;

/** `true` and `false` as booleans, plain decimals as numbers, JSON objects and lists parsed, anything else as text. */
export function fieldValue(name: string, text: string): unknown {
  if (TEXT_FIELDS.has(name)) return text;
  if (text === 'true' || text === 'True') return true;
  if (text === 'false' || text === 'False') return false;
  if (NUMBER.test(text)) return Number(text);
  if (!text.startsWith('{') && !text.startsWith('[')) return text;
  const body = readJsonBody([Buffer.from(`{"value":${text}}`)]);
  return 'kind' in body ? text : (body.get('value') ?? text);
}
