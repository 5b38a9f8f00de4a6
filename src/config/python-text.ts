// How Python prints config values: str() for scalars and lists, json.dumps() for maps. Deployment ids hash these forms
// (LiteLLM 1.106), so a config keeps its ids, and with them its dashboards and Redis keys, when it changes gateways.
import type { ConfigNode, MapNode, ScalarValue } from './config-node.ts';

/** `str(value)`, except that a map is `json.dumps(value)`: what LiteLLM feeds to the hash. */
export function pythonText(node: ConfigNode): string {
  if (node.kind === 'map') return pythonJson(node);
  return node.kind === 'scalar' && node.scalar.type === 'text' ? node.scalar.value : pythonRepr(node);
}

/** `json.dumps(value)`: separators with a space, ASCII only. */
export function pythonJson(node: ConfigNode): string {
  if (node.kind === 'list') return `[${node.items.map(pythonJson).join(', ')}]`;
  if (node.kind === 'scalar') return scalarJson(node.scalar);
  const pairs = [...node.entries].map(([key, entry]) => `${jsonString(key)}: ${pythonJson(entry.value)}`);
  return `{${pairs.join(', ')}}`;
}

/** `repr(value)`: what `str()` of a list shows for its items. */
export function pythonRepr(node: ConfigNode): string {
  if (node.kind === 'list') return `[${node.items.map(pythonRepr).join(', ')}]`;
  return node.kind === 'map' ? mapRepr(node) : scalarRepr(node.scalar);
}

/** `repr(float)`: shortest digits that read back the same; an exponent from 1e16 up and below 1e-4. */
export function pythonFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0.0';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) return exponentForm(value);
  const plain = String(value);
  return plain.includes('.') ? plain : `${plain}.0`;
}

/** Python pads the exponent to two digits. */
function exponentForm(value: number): string {
  return value.toExponential().replace(/e([-+])(\d)$/, 'e$10$2');
}

function mapRepr(node: MapNode): string {
  const pairs = [...node.entries.values()].map(
    (entry) => `${scalarRepr(entry.key.scalar)}: ${pythonRepr(entry.value)}`,
  );
  return `{${pairs.join(', ')}}`;
}

function scalarRepr(scalar: ScalarValue): string {
  switch (scalar.type) {
    case 'null':
      return 'None';
    case 'boolean':
      return scalar.value ? 'True' : 'False';
    case 'integer':
      return scalar.exact;
    case 'float':
      return pythonFloat(scalar.value);
    case 'text':
      return stringRepr(scalar.value);
  }
}

function scalarJson(scalar: ScalarValue): string {
  switch (scalar.type) {
    case 'null':
      return 'null';
    case 'boolean':
      return scalar.value ? 'true' : 'false';
    case 'integer':
      return scalar.exact;
    case 'float':
      return Number.isFinite(scalar.value) ? pythonFloat(scalar.value) : jsonSpecial(scalar.value);
    case 'text':
      return jsonString(scalar.value);
  }
}

function jsonSpecial(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? 'Infinity' : '-Infinity';
}

/** Every UTF-16 unit outside ASCII becomes an escape, lone surrogates included; DEL stays as it is in Python. */
function jsonString(text: string): string {
  return JSON.stringify(text).replace(/[\u0080-\uffff]/g, (unit) => `\\u${hex(unit.charCodeAt(0), 4)}`);
}

/** Single quotes unless the text holds one and no double quote; what cannot be printed is escaped. */
function stringRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const body = Array.from(text, (character) => reprCharacter(character, quote)).join('');
  return `${quote}${body}${quote}`;
}

const NAMED_ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' };
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Zs}]/u;

function reprCharacter(character: string, quote: string): string {
  const named = NAMED_ESCAPES[character];
  if (named !== undefined) return named;
  if (character === quote) return `\\${character}`;
  if (character === ' ' || !UNPRINTABLE.test(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x100) return `\\x${hex(code, 2)}`;
  return code < 0x1_0000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
