// The slow way for bodies that the scan refuses: parsed as a whole (duplicate keys: the last wins), then with trailing
// commas and comments taken out, and written again; or said in LiteLLM's words what is wrong and where.
import type { BodyProblem } from './body-types.ts';
import { describeJsonError } from './json-error.ts';
import { blankLiberties } from './tolerant-json.ts';

/** JSON.stringify's text of an object that was parsed. */
export interface RepairedJson {
  readonly kind: 'repaired';
  readonly text: string;
}

export const TOO_DEEP: BodyProblem = { kind: 'too-deep', message: 'Invalid JSON payload: nested too deep' };

export function repairJson(bytes: Buffer): RepairedJson | BodyProblem {
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '');
  const strict = parse(text);
  if (strict !== undefined) return written(strict.value);
  const tolerated = blankLiberties(text);
  const value = parse(tolerated);
  return value === undefined ? { kind: 'invalid-json', message: describeJsonError(tolerated) } : written(value.value);
}

function parse(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function written(value: unknown): RepairedJson | BodyProblem {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { kind: 'not-an-object', message: `Invalid JSON payload: expected an object, got ${nameOf(value)}` };
  }
  try {
    return { kind: 'repaired', text: JSON.stringify(value) };
  } catch {
    // The only way that a parsed value cannot be written: engines before V8 14 recurse.
    return TOO_DEEP;
  }
}

function nameOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return `a ${typeof value}`;
}
