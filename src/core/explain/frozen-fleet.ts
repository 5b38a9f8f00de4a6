// A copy of the numbers that a decision reads. Looking at a window forgets what has left it, and an elapsed block is
// cleared by the first who sees it: an explanation must leave no such trace, so it looks at a copy.
import { rowOf, type Fleet } from '../fleet/fleet.ts';
import { COUNTERS_PER_ROW, createRow, rowSize, type Row } from '../fleet/row.ts';
import type { Limits } from '../deployment.ts';
import type { DeploymentIndex } from '../units.ts';

/** A fleet with rows for these deployments only; asking it for another is a RangeError. */
export function frozenFleet(fleet: Fleet, deployments: readonly DeploymentIndex[]): Fleet {
  const rows: Row[] = [];
  const copies = new Map<Row, Row>();
  for (const index of deployments) {
    const row = rowOf(fleet, index);
    const copy = copies.get(row) ?? copyOf(row);
    copies.set(row, copy);
    rows[index] = copy;
  }
  const size = fleet.scratch.length;
  return {
    ...fleet,
    rows,
    scratch: new Int32Array(size),
    scratchShares: new Float64Array(size),
    draws: new WeakMap(),
  };
}

function copyOf(row: Row): Row {
  const limits = limitsOf(row);
  const { counterAt, cellAt } = row;
  const counters = row.counters.slice(counterAt, counterAt + COUNTERS_PER_ROW);
  const cells = row.cells.slice(cellAt, cellAt + rowSize(limits));
  return createRow(limits, { counters, counterAt: 0, cells, cellAt: 0 });
}

function limitsOf({ rpm, tpm, itpm, otpm, maxParallel }: Row): Limits {
  return {
    rpm: rpm?.limit,
    tpm: tpm?.limit,
    itpm: itpm?.limit,
    otpm: otpm?.limit,
    maxParallelRequests: Number.isFinite(maxParallel) ? maxParallel : undefined,
  };
}
