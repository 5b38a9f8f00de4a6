// Loads and stores on the fleet's buffer. Every number of every deployment goes through these three functions. They are
// plain ones even where threads share the buffer: the numbers are only meaningful together, so whoever calls the core
// does it inside a lock, and taking and leaving that orders what lies between.

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
