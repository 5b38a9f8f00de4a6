// How large a tree is once every alias is written out. Aliases of aliases double with each line: forty lines would fill
// the memory of the machine, so such a file is refused before anything walks it.
import type { ConfigNode } from './config-node.ts';

/** More values than any real config has, few enough to walk in no time. */
export const MAX_EXPANDED_NODES = 1_000_000;

/** Number of nodes with aliases written out; counts every shared node once per use, visits it once. */
export function expandedSize(root: ConfigNode): number {
  const sizes = new Map<ConfigNode, number>();
  const sizeOf = (node: ConfigNode): number => {
    if (node.kind === 'scalar') return 1;
    const known = sizes.get(node);
    if (known !== undefined) return known;
    const children = node.kind === 'list' ? node.items : [...node.entries.values()].map((entry) => entry.value);
    const size = children.reduce((total, child) => total + sizeOf(child), 1);
    sizes.set(node, size);
    return size;
  };
  return sizeOf(root);
}
