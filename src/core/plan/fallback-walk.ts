// The walk over fallback targets: lists within lists, each target once, as deep as `max_fallbacks` allows. It knows
// names only; what a target stands for and whether it answers is the plan's business. Rules: litellm-1.106.md 6b to 6d.
import type { FallbackTarget } from '../routing-table.ts';
import type { DeploymentIndex } from '../units.ts';

/** One step: another group, or (`order` or `members` set) a further part of the group that just failed. */
export interface WalkStep {
  readonly target: FallbackTarget;
  readonly order: number | undefined;
  /** Weighted failover: those of the group that are left. */
  readonly members?: readonly DeploymentIndex[] | undefined;
}

interface Frame {
  readonly steps: readonly WalkStep[];
  next: number;
  /** Depth of the latest step: every step taken counts, also one that failed at once. */
  depth: number;
}

export class FallbackWalk {
  readonly #frames: Frame[] = [];
  readonly #visited = new Set<string>();
  #count = 0;

  /** `origin` is the model of the request: a list that names it would only go in a circle. */
  constructor(origin: string) {
    this.#visited.add(origin);
  }

  /** `x-litellm-attempted-fallbacks`: steps taken in the outermost list. */
  get count(): number {
    return this.#count;
  }

  /** How deep the latest step was. */
  get depth(): number {
    return this.#frames.at(-1)?.depth ?? 0;
  }

  /** A step failed and has a list of its own, or the request's first failure has one. */
  descend(steps: readonly WalkStep[]): void {
    if (steps.length > 0) this.#frames.push({ steps, next: 0, depth: this.depth });
  }

  /** The next step that was not taken yet, from the innermost list outwards; `undefined` = nothing is left. */
  advance(): WalkStep | undefined {
    for (let frame = this.#frames.at(-1); frame !== undefined; frame = this.#frames.at(-1)) {
      for (let step = frame.steps[frame.next]; step !== undefined; step = frame.steps[frame.next]) {
        frame.next += 1;
        if (this.#isVisited(step)) continue;
        this.#visit(step);
        frame.depth += 1;
        if (this.#frames.length === 1) this.#count = frame.depth;
        return step;
      }
      this.#frames.pop();
    }
    return undefined;
  }

  /** What `advance` would take after descending into `steps`, without taking it. */
  peek(steps: readonly WalkStep[]): { readonly step: WalkStep; readonly depth: number } | undefined {
    const frames = [{ steps, next: 0, depth: this.depth }, ...this.#frames.toReversed()];
    for (const frame of frames) {
      const step = frame.steps.find((one, at) => at >= frame.next && !this.#isVisited(one));
      if (step !== undefined) return { step, depth: frame.depth + 1 };
    }
    return undefined;
  }

  /** Whether `advance` would find something, now or after descending into `targets`. */
  hasNext(targets: readonly FallbackTarget[]): boolean {
    if (targets.some((target) => !this.#visited.has(keyOf(target)))) return true;
    return this.#frames.some((frame) => frame.steps.some((step, at) => at >= frame.next && !this.#isVisited(step)));
  }

  /** A part of a group is never in the way of another one. */
  #isVisited(step: WalkStep): boolean {
    return !staysInGroup(step) && this.#visited.has(keyOf(step.target));
  }

  #visit(step: WalkStep): void {
    if (!staysInGroup(step)) this.#visited.add(keyOf(step.target));
  }
}

/** The step asks a further part of the same group. */
export function staysInGroup({ order, members }: WalkStep): boolean {
  return order !== undefined || members !== undefined;
}

/** A map with fields of its own asks something else than the bare name. */
function keyOf({ model, overrides }: FallbackTarget): string {
  return overrides === undefined ? model : `${model}\n${JSON.stringify(overrides)}`;
}
