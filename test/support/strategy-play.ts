// Requests under a strategy, from dispatch to outcome, with a clock that the test moves: what a strategy learns comes
// through the plan, as in the gateway.
import type { DeploymentSketch, TableSketch } from './routing-fixture.ts';
import { sketchTable } from './routing-fixture.ts';
import { seededRng } from './seeded-rng.ts';
import { createFleet } from '../../src/core/fleet/fleet.ts';
import type { FailureCause, Failure, Outcome } from '../../src/core/outcome.ts';
import { createPlan, type Plan } from '../../src/core/plan.ts';
import { plainIntent, type RequestIntent } from '../../src/core/request-intent.ts';
import { DEFAULT_STRATEGY_ARGS, type RouterSettings, type StrategyArgs } from '../../src/core/routing-table.ts';

/** A plain answer or a stream, and how long it took. */
export interface Answer {
  readonly seconds: number;
  readonly tokens?: number;
  /** Seconds to the first content: a stream. */
  readonly first?: number;
}

export interface PlayOptions extends Pick<TableSketch, 'aliases' | 'routingGroups'> {
  readonly args?: Partial<StrategyArgs>;
  readonly seed?: number;
}

export class StrategyPlay {
  nowMs = 1_000_000;
  readonly rng;
  readonly table;
  readonly fleet;

  constructor(
    deployments: readonly DeploymentSketch[],
    settings: Partial<RouterSettings>,
    { args = {}, seed = 5, ...more }: PlayOptions = {},
  ) {
    this.rng = seededRng(seed);
    const strategyArgs = { ...DEFAULT_STRATEGY_ARGS, ...args };
    this.table = sketchTable({ ...more, deployments, settings: { ...settings, strategyArgs } });
    this.fleet = createFleet(this.table.deployments);
  }

  /** Begins a request; the plan knows its deployment until `end`. */
  begin(intent: Partial<RequestIntent> = {}): Plan {
    const basics = { model: 'gpt-4', stream: intent.stream ?? false, maxTokens: undefined };
    const { table, fleet } = this;
    const plan = createPlan({
      table,
      fleet,
      intent: { ...plainIntent(basics, 10), ...intent },
      routeName: '/chat/completions',
      startedAtMs: this.nowMs,
    });
    plan.next(this.nowMs, this.rng);
    return plan;
  }

  /** Where a request goes that is begun and forgotten by its client: it teaches nothing. */
  picked(intent: Partial<RequestIntent> = {}): number | undefined {
    const plan = this.begin(intent);
    const { deployment } = plan;
    plan.record({ kind: 'abandoned' }, this.nowMs, this.rng);
    return deployment;
  }

  /** The deployments of so many requests, each once, in order. */
  seen(requests: number, intent: Partial<RequestIntent> = {}): number[] {
    const seen = new Set(Array.from({ length: requests }, () => this.picked(intent) ?? -1));
    return [...seen].toSorted((a, b) => a - b);
  }

  end(plan: Plan, outcome: Outcome): void {
    plan.record(outcome, this.nowMs, this.rng);
  }

  /** One request by id that is answered so. */
  teach(deployment: number, answer: Answer, intent: Partial<RequestIntent> = {}): void {
    const model = this.table.deployments[deployment]?.id ?? '';
    const plan = this.begin({ ...intent, model, stream: answer.first !== undefined });
    this.end(plan, success(answer));
  }
}

export function success({ seconds, tokens, first }: Answer): Outcome {
  const usage = tokens === undefined ? undefined : { promptTokens: 0, completionTokens: tokens, totalTokens: tokens };
  const firstContentMs = first === undefined ? undefined : first * 1_000;
  return { kind: 'success', usage, timing: { totalMs: seconds * 1_000, firstContentMs } };
}

export function failure(cause: FailureCause, more: Partial<Failure> & { readonly unsent?: boolean } = {}): Outcome {
  const { unsent = false, ...fields } = more;
  const base: Failure = {
    cause,
    scope: 'deployment',
    status: 500,
    message: 'failed',
    type: null,
    param: null,
    code: null,
    retryAfterMs: undefined,
    exceptionClass: 'InternalServerError',
  };
  return { kind: 'failure', failure: { ...base, ...fields }, committed: false, unsent };
}
