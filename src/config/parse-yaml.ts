// YAML text to a tree with places, read as PyYAML's safe loader reads it. The yaml package does the syntax (failsafe:
// every scalar arrives as text); scalars, merge keys and duplicate keys are decided here by YAML 1.1 rules.
// Known differences from PyYAML: a tab as a separator after `key:` is accepted; dates are text; !!binary, !!set, !!omap
// and !!timestamp are refused; the keys 1 and true are two keys.
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, Scalar } from 'yaml';
import type { Document, Node, Pair, YAMLError, YAMLMap } from 'yaml';
import { isNull, keyText } from './config-node.ts';
import type { ConfigNode, MapEntry, MapNode, Place, ScalarNode, ScalarValue } from './config-node.ts';
import { expandedSize, MAX_EXPANDED_NODES } from './expanded-size.ts';
import type { Findings } from './findings.ts';
import { indentFlowLines } from './indent-flow-lines.ts';
import { readFloat, readInteger, readPlainScalar } from './plain-scalar.ts';

const MERGE_KEY = '<<';
const TAG = 'tag:yaml.org,2002:';
/** One mistake makes the parser stumble several times: more than this helps nobody. */
const MAX_SYNTAX_ERRORS = 3;

/** The root of the document, or `undefined` when it is not YAML (the findings say why) or holds nothing. */
export function parseYaml(text: string, file: string, findings: Findings): ConfigNode | undefined {
  const { document, placeAt } = parseLeniently(text, file);
  for (const error of document.errors.slice(0, MAX_SYNTAX_ERRORS)) {
    findings.error({ place: placeAt(error.pos[0]), where: 'YAML' }, syntaxMessage(error));
  }
  if (document.errors.length > 0 || document.contents === null) return undefined;
  const root = new TreeBuilder(document, placeAt, findings).build(document.contents, 'YAML');
  if (expandedSize(root) <= MAX_EXPANDED_NODES) return root;
  findings.error({ place: root.place, where: 'YAML' }, 'anchors and aliases multiply to more than a million values');
  return undefined;
}

interface Parsed {
  readonly document: Document;
  readonly placeAt: (offset: number) => Place;
}

/** What does not parse gets a second chance with its flow lines indented; places are those of the text as written. */
function parseLeniently(text: string, file: string): Parsed {
  const parsed = parseText(text, file, []);
  if (parsed.document.errors.length === 0) return parsed;
  const indented = indentFlowLines(text);
  if (indented.text === text) return parsed;
  const mended = parseText(indented.text, file, indented.added);
  return mended.document.errors.length === 0 ? mended : parsed;
}

function parseText(text: string, file: string, added: readonly number[]): Parsed {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    schema: 'failsafe',
    uniqueKeys: false,
    prettyErrors: false,
    lineCounter: lines,
    // 'silent' would also keep quiet about a second document.
    logLevel: 'error',
  });
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col - (added[line - 1] ?? 0), 1) };
  };
  return { document, placeAt };
}

/** Own words: the parser's messages may quote the line, and the line may hold a key. */
function syntaxMessage(error: YAMLError): string {
  return SYNTAX_MESSAGES[error.code] ?? `this is not valid YAML (${error.code.toLowerCase().replaceAll('_', ' ')})`;
}

const SYNTAX_MESSAGES: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'a tab cannot indent YAML: use spaces',
  BAD_INDENT: 'the indentation does not fit the lines above',
  BLOCK_AS_IMPLICIT_KEY: 'a second `: ` on one line: put the value into quotes, or the map on its own lines',
  BAD_SCALAR_START: 'a value cannot start with @, ` or %: put it into quotes',
  MISSING_CHAR: 'something is missing: a closing quote or bracket, a colon after a key, or a dash before a list item',
  MULTILINE_IMPLICIT_KEY: 'a key must stand on one line: is a colon missing?',
  MULTIPLE_DOCS: 'the file holds several documents (`---`): a config is one',
  UNEXPECTED_TOKEN: 'something stands here that fits neither the lines above nor YAML',
  IMPOSSIBLE: 'this is not valid YAML',
};

/** Turns the parser's nodes into ours. An anchor's tree is built once and shared by its aliases. */
class TreeBuilder {
  readonly #document: Document;
  readonly #placeAt: (offset: number) => Place;
  readonly #findings: Findings;
  readonly #built = new Map<Node, ConfigNode>();
  readonly #open = new Set<Node>();

  constructor(document: Document, placeAt: (offset: number) => Place, findings: Findings) {
    this.#document = document;
    this.#placeAt = placeAt;
    this.#findings = findings;
  }

  build(node: Node, where: string): ConfigNode {
    const known = this.#built.get(node);
    if (known !== undefined) return known;
    if (this.#open.has(node)) return this.#refuse(node, where, 'this anchor contains itself');
    this.#open.add(node);
    const built = this.#convert(node, where);
    this.#open.delete(node);
    this.#built.set(node, built);
    return built;
  }

  #convert(node: Node, where: string): ConfigNode {
    if (isAlias(node)) {
      const target = node.resolve(this.#document);
      return target === undefined
        ? this.#refuse(node, where, `nothing above is anchored as &${node.source}`)
        : this.build(target, where);
    }
    if (isMap(node)) return this.#map(node, where);
    if (isSeq(node)) {
      const items = node.items.map((item, index) => this.#item(item, node, `${where}[${index}]`));
      return { kind: 'list', items, place: this.#place(node) };
    }
    return isScalar(node) ? this.#scalar(node, where) : this.#refuse(node, where, 'this is not a YAML value');
  }

  #item(item: unknown, parent: Node, where: string): ConfigNode {
    return isNode(item) ? this.build(item, where) : nullAt(this.#place(parent));
  }

  #map(node: YAMLMap, where: string): MapNode {
    const merged = new Map<string, MapEntry>();
    const own = new Map<string, MapEntry>();
    for (const pair of node.items) {
      const key = this.#key(pair, node, where);
      const path = where === 'YAML' ? keyText(key.scalar) : `${where}.${keyText(key.scalar)}`;
      const value = this.#item(pair.value, isNode(pair.key) ? pair.key : node, path);
      if (isMergeKey(pair)) this.#merge(value, merged, path);
      else this.#put(own, { key, value }, path);
    }
    // Python puts merged keys first and lets own keys replace their values in place.
    for (const [key, entry] of own) merged.set(key, entry);
    return { kind: 'map', entries: merged, place: this.#place(node) };
  }

  #put(entries: Map<string, MapEntry>, entry: MapEntry, where: string): void {
    const text = keyText(entry.key.scalar);
    const first = entries.get(text);
    if (first !== undefined) {
      this.#findings.warning(
        { place: entry.key.place, where },
        `this key is there twice; the first, on line ${first.key.place.line}, is ignored`,
      );
    }
    entries.set(text, entry);
  }

  /** `<<: *a` or `<<: [*a, *b]`; in a list the earlier map wins. */
  #merge(value: ConfigNode, into: Map<string, MapEntry>, where: string): void {
    const sources = value.kind === 'list' ? value.items.toReversed() : [value];
    for (const source of sources) {
      if (source.kind !== 'map') {
        this.#findings.error({ place: source.place, where }, 'only a map or a list of maps can be merged with <<');
        continue;
      }
      for (const [key, entry] of source.entries) into.set(key, entry);
    }
  }

  #key(pair: Pair, map: Node, where: string): ScalarNode {
    const key = isNode(pair.key) ? this.build(pair.key, where) : nullAt(this.#place(map));
    if (key.kind === 'scalar') return key;
    this.#findings.error({ place: key.place, where }, 'a list or a map cannot be a key');
    return nullAt(key.place);
  }

  #scalar(node: Scalar, where: string): ScalarNode {
    const text = typeof node.value === 'string' ? node.value : (node.source ?? '');
    const scalar = taggedScalar(text, node);
    if (scalar !== undefined) return { kind: 'scalar', scalar, place: this.#place(node), variable: undefined };
    return this.#refuse(node, where, `the tag ${node.tag ?? ''} is not known here, or does not fit its value`);
  }

  #refuse(node: Node, where: string, what: string): ScalarNode {
    this.#findings.error({ place: this.#place(node), where }, what);
    return nullAt(this.#place(node));
  }

  #place(node: Node): Place {
    return this.#placeAt(node.range?.[0] ?? 0);
  }
}

function isNode(value: unknown): value is Node {
  return isScalar(value) || isMap(value) || isSeq(value) || isAlias(value);
}

function isMergeKey(pair: Pair): boolean {
  return isScalar(pair.key) && pair.key.type === Scalar.PLAIN && pair.key.value === MERGE_KEY;
}

function nullAt(place: Place): ScalarNode {
  return { kind: 'scalar', scalar: { type: 'null' }, place, variable: undefined };
}

/** The value by its tag, or by its form where it has none; `undefined` when the tag is unknown or does not fit. */
function taggedScalar(text: string, node: Scalar): ScalarValue | undefined {
  switch (node.tag) {
    case undefined:
    case '':
      return node.type === Scalar.PLAIN || node.type === undefined
        ? readPlainScalar(text)
        : { type: 'text', value: text };
    case '!':
    case `${TAG}str`:
      return { type: 'text', value: text };
    case `${TAG}int`:
      return readInteger(text);
    case `${TAG}float`:
      return readFloat(text) ?? asFloat(readInteger(text));
    case `${TAG}bool`:
      return readPlainScalar(text.toLowerCase());
    case `${TAG}null`:
      return { type: 'null' };
    default:
      return undefined;
  }
}

function asFloat(scalar: ScalarValue | undefined): ScalarValue | undefined {
  return scalar?.type === 'integer' ? { type: 'float', value: scalar.value } : undefined;
}

/** Whether the file says anything: comments, `~` and nothing at all do not. */
export function isEmptyDocument(root: ConfigNode | undefined): boolean {
  return root === undefined || isNull(root) || (root.kind === 'map' && root.entries.size === 0);
}
