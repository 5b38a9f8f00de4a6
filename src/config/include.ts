// How an included file changes the one that includes it: lists at the top level are joined, everything else, maps as
// well, is replaced by the included file's value (LiteLLM 1.106, reference 1.1b). Pure; load.ts reads the files.
import { childOf } from './config-node.ts';
import type { MapEntry, MapNode } from './config-node.ts';
import type { Findings, Spot } from './findings.ts';
import { textOf } from './read-value.ts';

/** One file to include: its name as written, and the file in which it is written. */
export interface IncludeRequest {
  readonly name: string;
  readonly from: string;
  readonly spot: Spot;
}

/** The files named under `include`, which must be a list. */
export function readIncludes(root: MapNode, from: string, findings: Findings): IncludeRequest[] {
  const node = childOf(root, 'include');
  if (node === undefined) return [];
  if (node.kind !== 'list') {
    findings.error({ place: node.place, where: 'include' }, 'must be a list of files');
    return [];
  }
  return node.items.flatMap((item, index) => {
    const spot = { place: item.place, where: `include[${index}]` };
    const name = textOf(item);
    if (name === undefined) findings.error(spot, 'must be the name of a file');
    return name === undefined ? [] : [{ name, from, spot }];
  });
}

export function mergeIncluded(into: MapNode, included: MapNode): MapNode {
  const entries = new Map<string, MapEntry>(into.entries);
  for (const [key, entry] of included.entries) {
    if (key === 'include') continue;
    entries.set(key, joined(entries.get(key), entry));
  }
  return { ...into, entries };
}

function joined(old: MapEntry | undefined, added: MapEntry): MapEntry {
  if (old?.value.kind !== 'list' || added.value.kind !== 'list') return added;
  return { key: old.key, value: { ...old.value, items: [...old.value.items, ...added.value.items] } };
}
