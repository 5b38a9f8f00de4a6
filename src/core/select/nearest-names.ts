// The known names closest to an unknown one, for the error message that refuses it.
import type { RoutingTable } from '../routing-table.ts';

/** Farther than this share of the longer name is not a likely slip. */
const LARGEST_SHARE = 0.5;
/** Comparing is quadratic; a longer name is nobody's slip. */
const LONGEST_NAME = 200;

/** Up to `count` groups and visible aliases, closest first (edit distance, letter case ignored). */
export function nearestNames(table: RoutingTable, model: string, count: number): string[] {
  if (model.length > LONGEST_NAME) return [];
  const visible = [...table.aliases.values()].filter((alias) => !alias.hidden).map((alias) => alias.name);
  return [...new Set([...table.groups.keys(), ...table.routingGroups.keys(), ...visible])]
    .filter((name) => name.length <= LONGEST_NAME)
    .map((name) => ({ name, distance: editDistance(name.toLowerCase(), model.toLowerCase()) }))
    .filter(({ name, distance }) => distance <= Math.max(name.length, model.length) * LARGEST_SHARE)
    .toSorted((a, b) => a.distance - b.distance)
    .slice(0, count)
    .map(({ name }) => name);
}

/** Fewest insertions, deletions and substitutions between two texts (Levenshtein 1965), one row at a time. */
export function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length }, (_, column) => column + 1);
  let distance = b.length;
  for (let row = 0; row < a.length; row++) {
    let diagonal = row;
    distance = row + 1;
    above = above.map((up, column) => {
      const substituted = diagonal + Number(a[row] !== b[column]);
      diagonal = up;
      distance = Math.min(substituted, up + 1, distance + 1);
      return distance;
    });
  }
  return distance;
}
