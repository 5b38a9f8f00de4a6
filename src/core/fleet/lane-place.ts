// Where the lanes of a row lie; what they are for is in lanes.ts. Apart from it because rows and their layout name it.

/** One counter a thread; `thread` counts from 1. */
export interface Lanes {
  readonly first: number;
  readonly count: number;
  readonly thread: number;
}
