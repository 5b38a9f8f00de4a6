// A copy of the numbers that a decision reads. Looking at a window forgets what has left it, and an elapsed block is
// cleared by the first who sees it: an explanation must leave no such trace, so it looks at a copy.
import { rowOf, type Fleet } from '../fleet/fleet.ts';
import type { Row } from '../fleet/row.ts';
import type { DeploymentIndex } from '../units.ts';

/** A fleet with rows for these deployments only; asking it for another is a RangeError. */
export function frozenFleet(fleet: Fleet, deployments: readonly DeploymentIndex[]): Fleet {
  const rows: Row[] = [];
  const copies = new Copies();
  for (const index of deployments) rows[index] = copies.of(rowOf(fleet, index));
  const size = fleet.scratch.length;
  return {
    ...fleet,
    rows,
    tracking: { ...fleet.tracking },
    scratch: new Int32Array(size),
    scratchShares: new Float64Array(size),
    draws: new WeakMap(),
  };
}

const SILENT = (): void => undefined;

/** Everything that is reached from a row, over cells of its own: a row is made of numbers, cells and parts. A bell that
 * somebody would hear is none of them. */
class Copies {
  readonly #copies = new Map<unknown, unknown>();

  of<Value>(value: Value): Value {
    if (typeof value === 'function') return SILENT as Value;
    if (typeof value !== 'object' || value === null) return value;
    const known = this.#copies.get(value);
    if (known !== undefined) return known as Value;
    const copy: unknown =
      value instanceof Int32Array || value instanceof Float64Array ? value.slice() : this.#members(value);
    this.#copies.set(value, copy);
    return copy as Value;
  }

  #members(value: object): unknown {
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, this.of<unknown>(member)]));
  }
}
