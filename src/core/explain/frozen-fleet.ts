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

/** Everything that is reached from a row, over cells of its own. Nobody has to be told of a new part of a row. */
class Copies {
  readonly #copies = new Map<unknown, unknown>();

  of<Value>(value: Value): Value {
    if (typeof value !== 'object' || value === null) return value;
    const known = this.#copies.get(value);
    if (known !== undefined) return known as Value;
    const copy: unknown = ArrayBuffer.isView(value) ? structuredCopy(value) : this.#members(value);
    this.#copies.set(value, copy);
    return copy as Value;
  }

  #members(value: object): unknown {
    if (value instanceof Map) return new Map([...value].map(([key, member]) => [key, this.of<unknown>(member)]));
    if (Array.isArray(value)) return value.map((member: unknown) => this.of(member));
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, this.of<unknown>(member)]));
  }
}

function structuredCopy(view: ArrayBufferView): unknown {
  return view instanceof Int32Array ? view.slice() : view instanceof Float64Array ? view.slice() : view;
}
