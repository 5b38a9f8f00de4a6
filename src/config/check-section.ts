// Holds one section against its table of known keys: a verdict for every key, an error for a value of the wrong type,
// a warning for what is not built yet and for what nobody knows. Reading the values is not its business.
import { isNull } from './config-node.ts';
import type { ConfigNode, MapEntry, MapNode } from './config-node.ts';
import type { Findings, Spot } from './findings.ts';
import type { KeySpec, KeyTable, ValueType } from './keys/key-spec.ts';
import { didYouMean } from './nearest-key.ts';
import { booleanOf, numberOf } from './read-value.ts';

/** What to do with keys that the table does not have. */
export interface UnknownKeys {
  /** Says why the key means nothing here, or `undefined` when it is welcome (then `note` is its verdict). */
  readonly complaint: (key: string) => string | undefined;
  readonly note: string | undefined;
}

export interface SectionCheck {
  readonly where: string;
  readonly table: KeyTable;
  readonly unknown: UnknownKeys;
  /** How bad a value of the wrong type is; it reads as not set either way. */
  readonly wrongTypes?: 'error' | 'warning';
}

/** Checks every key of `map`; values keep their places, nothing is changed. */
export function checkSection(map: MapNode, check: SectionCheck, findings: Findings): void {
  for (const [key, entry] of map.entries) {
    const spot = { place: entry.key.place, where: check.where === '' ? key : `${check.where}.${key}` };
    const spec = check.table.get(key);
    if (spec === undefined) checkUnknown(key, spot, { check, findings });
    else checkKnown(entry, spec, { spot, findings, severity: check.wrongTypes ?? 'error' });
  }
}

/** Keys that mean nothing in the section: a warning that names the nearest one, or the section where the key belongs. */
export function complainWithSuggestion(table: KeyTable, elsewhere: Readonly<Record<string, KeyTable>>): UnknownKeys {
  return {
    note: undefined,
    complaint: (key) => {
      const home = Object.entries(elsewhere).find(([, other]) => other.get(key) !== undefined);
      if (home !== undefined) return `this key has no effect here: it belongs in ${home[0]}`;
      return `unknown key, it has no effect${didYouMean(key, table.keys())}`;
    },
  };
}

function checkUnknown(key: string, spot: Spot, { check, findings }: { check: SectionCheck; findings: Findings }): void {
  const complaint = check.unknown.complaint(key);
  if (complaint === undefined) {
    findings.verdict(spot, 'honoured', check.unknown.note);
    return;
  }
  findings.verdict(spot, 'unknown', complaint);
  findings.warning(spot, complaint);
}

interface KnownCheck {
  readonly spot: Spot;
  readonly findings: Findings;
  readonly severity: 'error' | 'warning';
}

function checkKnown(entry: MapEntry, spec: KeySpec, check: KnownCheck): void {
  const { spot, findings } = check;
  if (spec.verdict === 'not supported') {
    checkMissingFeature(entry, spec, check);
    return;
  }
  findings.verdict(spot, spec.verdict, spec.note);
  const complaint = wrongType(entry.value, spec.type);
  if (complaint !== undefined) findings[check.severity]({ place: entry.value.place, where: spot.where }, complaint);
}

function checkMissingFeature(entry: MapEntry, spec: KeySpec, { spot, findings }: KnownCheck): void {
  const wanted = entry.value.kind === 'scalar' && entry.value.variable !== undefined;
  if (isOff(entry.value) && !wanted) {
    findings.verdict(spot, 'honoured', 'switched off');
    return;
  }
  findings.verdict(spot, 'not supported', spec.note);
  // That a variable is not set matters little for a feature that is not there.
  findings.replaceWarnings(spot, `not supported yet: ${spec.note ?? 'it has no effect'}`);
}

/** A feature that is switched off, or not configured at all, needs no warning. */
function isOff(node: ConfigNode): boolean {
  if (node.kind === 'list') return node.items.length === 0;
  if (node.kind === 'map') return node.entries.size === 0;
  return isNull(node) || booleanOf(node) === false || (node.scalar.type === 'text' && node.scalar.value === '');
}

/** What is wrong with the value, in words that never hold the value; null is "not set" and always right. */
export function wrongType(node: ConfigNode, type: ValueType): string | undefined {
  if (isNull(node) || fits(node, type)) return undefined;
  return `must be ${TYPE_WORDS[type]}, but ${subject(node)} is ${kindOf(node)}`;
}

/** The map without values of the wrong type: they have been reported, and read as not set. */
export function withoutWrongTypes(map: MapNode, table: KeyTable): MapNode {
  const right = [...map.entries].filter(
    ([key, entry]) => wrongType(entry.value, table.get(key)?.type ?? 'any') === undefined,
  );
  return { ...map, entries: new Map(right) };
}

const TYPE_WORDS: Readonly<Record<ValueType, string>> = {
  count: 'a whole number, 0 or more',
  amount: 'a number, 0 or more',
  seconds: 'a number of seconds, 0 or more',
  number: 'a number',
  boolean: 'true or false',
  text: 'text',
  texts: 'a list of texts',
  list: 'a list',
  map: 'a map',
  any: 'anything',
};

function fits(node: ConfigNode, type: ValueType): boolean {
  const number = numberOf(node);
  switch (type) {
    case 'any':
      return true;
    case 'list':
    case 'map':
      return node.kind === type;
    case 'boolean':
      return booleanOf(node) !== undefined;
    case 'text':
      return node.kind === 'scalar';
    case 'texts':
      return node.kind === 'scalar' || (node.kind === 'list' && node.items.every((item) => item.kind === 'scalar'));
    case 'number':
      return number !== undefined;
    case 'count':
      return number !== undefined && number >= 0 && Number.isInteger(number);
    default:
      return number !== undefined && number >= 0;
  }
}

function subject(node: ConfigNode): string {
  const variable = node.kind === 'scalar' ? node.variable : undefined;
  return variable === undefined ? 'this' : `what the environment variable ${variable} holds`;
}

function kindOf(node: ConfigNode): string {
  if (node.kind !== 'scalar') return `a ${node.kind}`;
  const number = numberOf(node);
  if (number !== undefined) return number < 0 ? 'negative' : Number.isInteger(number) ? 'a number' : 'a fraction';
  return node.scalar.type === 'boolean' ? 'true or false' : 'text';
}
