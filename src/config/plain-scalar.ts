// What an unquoted scalar means in YAML 1.1 as PyYAML reads it: `yes` is true, `010` is 8, `1:30` is 90, but `1e-7` is
// text (the exponent needs a dot and a sign) and `0o10` too. Done here, not by the yaml package's 1.1 schema, because
// that one differs in just these corners. Dates stay text: nothing in a config wants a date, and `api_version` wants it.
import type { ScalarValue } from './config-node.ts';

const NULLS = new Set(['', '~', 'null', 'Null', 'NULL']);
const TRUES = new Set(['yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON']);
const FALSES = new Set(['no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF']);
const FLOAT = /^(?:[-+]?(?:[0-9][0-9_]*)\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?)$/;
const SEXAGESIMAL_FLOAT = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*$/;
const SPECIAL_FLOAT = /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const INTEGER =
  /^(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/;

/** The typed value of an unquoted scalar. */
export function readPlainScalar(text: string): ScalarValue {
  if (NULLS.has(text)) return { type: 'null' };
  if (TRUES.has(text)) return { type: 'boolean', value: true };
  if (FALSES.has(text)) return { type: 'boolean', value: false };
  return readFloat(text) ?? readInteger(text) ?? { type: 'text', value: text };
}

/** A value that LiteLLM got from the environment: `true` and `false` become booleans there, all else stays text. */
export function readEnvironmentScalar(text: string): ScalarValue {
  const lower = text.trim().toLowerCase();
  if (lower === 'true' || lower === 'false') return { type: 'boolean', value: lower === 'true' };
  return { type: 'text', value: text };
}

/** The float that `text` spells, or `undefined`. */
export function readFloat(text: string): ScalarValue | undefined {
  if (SPECIAL_FLOAT.test(text)) return { type: 'float', value: specialFloat(text.toLowerCase()) };
  const digits = text.replaceAll('_', '');
  if (SEXAGESIMAL_FLOAT.test(text)) return { type: 'float', value: sexagesimal(digits) };
  return FLOAT.test(text) ? { type: 'float', value: Number(digits) } : undefined;
}

/** The integer that `text` spells, or `undefined`. */
export function readInteger(text: string): ScalarValue | undefined {
  if (!INTEGER.test(text)) return undefined;
  const digits = text.replaceAll('_', '');
  const sign = digits.startsWith('-') ? -1n : 1n;
  const exact = sign * magnitude(digits.replace(/^[-+]/, ''));
  return { type: 'integer', value: Number(exact), exact: String(exact) };
}

function magnitude(digits: string): bigint {
  if (digits.includes(':')) return BigInt(sexagesimal(digits));
  if (/^0[0-7]+$/.test(digits)) return BigInt(`0o${digits.slice(1)}`);
  return /^0[bx]$/.test(digits) ? 0n : BigInt(digits);
}

function specialFloat(text: string): number {
  if (text.endsWith('nan')) return Number.NaN;
  return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** `1:30` is 90: base 60, as clocks count. */
function sexagesimal(text: string): number {
  const sign = text.startsWith('-') ? -1 : 1;
  const parts = text.replace(/^[-+]/, '').split(':');
  return sign * parts.reduce((total, part) => total * 60 + Number(part), 0);
}
