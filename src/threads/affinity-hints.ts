// Who served whom is remembered by every thread and told to the others a moment later: it is a preference, so a thread
// that has not heard of it yet costs a provider's cache at most. What is told together is what gathered meanwhile, the
// last word on each key.
import type { AffinityMemory, Remembrance } from '../core/affinity/affinity-memory.ts';

export type AffinityHint = Remembrance;

/** How long a thread may not know what another one has learned. */
const GATHER_MS = 10;

/** Sends what `memory` learns from now on. */
export function tellHints(memory: AffinityMemory, send: (hints: readonly AffinityHint[]) => void): void {
  const gathered = new Map<string, AffinityHint>();
  memory.onRemember = (hint) => {
    if (gathered.size === 0) {
      setTimeout(() => {
        send([...gathered.values()]);
        gathered.clear();
      }, GATHER_MS);
    }
    gathered.set(hint.key, hint);
  };
}
