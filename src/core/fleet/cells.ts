// Loads and stores on the fleet's buffer. Every number of every deployment goes through these three functions, so that
// the day threads share the buffer the Int32 ones become Atomics here and nowhere else. Cells of Float64 hold integers
// (microseconds, units) that are only meaningful together; threads will guard them with one lock word per row.

export type Cells = Float64Array | Int32Array;

/** The number at `at`; 0 for a cell that was never written. */
export function load(cells: Cells, at: number): number {
  return cells[at] ?? 0;
}

export function store(cells: Cells, at: number, value: number): void {
  cells[at] = value;
}

/** Adds and returns the new value. */
export function add(cells: Cells, at: number, amount: number): number {
  const sum = (cells[at] ?? 0) + amount;
  cells[at] = sum;
  return sum;
}
