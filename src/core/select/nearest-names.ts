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
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const substituted = (above[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(substituted, (above[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    above = current;
  }
  return above[b.length] ?? 0;
}
