// What one attempt took from the limits of its deployment, and whether it is a breaker's probe: the receipt that the
// plan keeps and hands back to `settle`, `refund` and `recordOutcome`.
import type { DeploymentIndex, Millis } from '../units.ts';

export interface Charge {
  readonly deployment: DeploymentIndex;
  /** Some limit counts it; false: nothing to settle. */
  readonly counted: boolean;
  /** The attempt tests a deployment whose breaker is not closed. */
  readonly probe: boolean;
  readonly atMs: Millis;
  /** Units taken from each meter; 0 where the deployment has no such limit. */
  readonly requests: number;
  readonly totalTokens: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Tokens put into the usage window; 0 where no strategy asks for it. */
  readonly usageTokens: number;
  /** Slots of the ledger that leased units came from, packed (lease/packed-slots.ts); 0 = none. Set by who charges. */
  leaseSlots: number;
}

/** The receipt of an attempt that no limit counts. */
export function freeCharge(deployment: DeploymentIndex): Charge {
  return {
    deployment,
    counted: false,
    probe: false,
    atMs: 0,
    requests: 0,
    totalTokens: 0,
    inputTokens: 0,
    outputTokens: 0,
    usageTokens: 0,
    leaseSlots: 0,
  };
}
