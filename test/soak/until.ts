// Waits for something to become true, in real time, and tells how long that took.

const LOOK_EVERY_MS = 10;

/** Milliseconds until `holds`; `undefined` when it did not within the limit. */
export async function until(limitMs: number, holds: () => boolean | Promise<boolean>): Promise<number | undefined> {
  const startedAt = performance.now();
  while (!(await holds())) {
    if (performance.now() - startedAt > limitMs) return undefined;
    await rest(LOOK_EVERY_MS);
  }
  return performance.now() - startedAt;
}

export function rest(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}
