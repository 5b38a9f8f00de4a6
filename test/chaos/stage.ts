// The stage of one run: its own providers and its own gateway, so that nothing of another run is left in a breaker, and
// what can be asked of them. Durations pass `speed` times faster than they are written.
import { setTimeout as delay } from 'node:timers/promises';
import { startFakeProvider, type FakeProvider } from '../../src/fake-provider/fake-provider.ts';
import type { FaultInput } from '../../src/fake-provider/fault.ts';
import { startGateway } from '../support/start-gateway.ts';
import { PROVIDERS, type ChaosCase, type Entry, type ProviderName } from './chaos-case.ts';
import { providerOptions, type Style } from './known-answers.ts';

export interface StageOptions {
  readonly style: Style;
  /** 1: real durations. */
  readonly speed: number;
}

/** As `/admin/deployments` shows one, as far as it is looked at. */
export interface ShownDeployment {
  readonly id: string;
  readonly in_flight: number;
  readonly attempts: number;
  readonly successes: number;
  readonly failures: number;
  readonly breaker: { readonly state: 'closed' | 'open' | 'half-open' };
  readonly limits: { readonly rpm?: { readonly used: number }; readonly tpm?: { readonly used: number } };
}

export type Scene = Pick<ChaosCase, 'entries' | 'router' | 'faults'>;

export class Stage {
  readonly url: string;
  readonly #providers: Readonly<Record<ProviderName, FakeProvider>>;
  readonly #speed: number;
  readonly #drain: () => Promise<unknown>;

  private constructor(
    gateway: { readonly url: string; readonly drain: () => Promise<unknown> },
    providers: Readonly<Record<ProviderName, FakeProvider>>,
    speed: number,
  ) {
    this.url = gateway.url;
    this.#drain = gateway.drain;
    this.#providers = providers;
    this.#speed = speed;
  }

  /** Close it whatever comes of the run. */
  static async open(scene: Scene, { style, speed }: StageOptions): Promise<Stage> {
    const [primary, second] = await Promise.all([
      startFakeProvider(providerOptions(style, 'primary')),
      startFakeProvider(providerOptions(style, 'second')),
    ]);
    const providers = { primary, second };
    for (const name of PROVIDERS) {
      const faults = [scene.faults[name] ?? []].flat();
      providers[name].setFaults({ '*': faults.map((fault) => scaled(fault, speed)) });
    }
    return new Stage(await startGateway(configOf(scene, providers), { speed }), providers, speed);
  }

  /** Upstream requests so far. */
  requests(provider: ProviderName): number {
    return this.#providers[provider].requests.length;
  }

  /** From now on everything works. */
  heal(): void {
    for (const name of PROVIDERS) this.#providers[name].setFaults({ '*': [] });
  }

  async deployments(): Promise<readonly ShownDeployment[]> {
    const answer = await fetch(`${this.url}/admin/deployments`);
    return ((await answer.json()) as { deployments: readonly ShownDeployment[] }).deployments;
  }

  /** The latest request as `/admin/requests` tells it; `undefined` until it has ended. */
  async latestRequest(): Promise<Readonly<Record<string, unknown>> | undefined> {
    const answer = await fetch(`${this.url}/admin/requests?limit=1`);
    return ((await answer.json()) as { requests: readonly Record<string, unknown>[] }).requests[0];
  }

  /** Attempts under way by the gateway's count, and upstream requests that are not over by the providers'. */
  async underWay(): Promise<number> {
    const shown = await this.deployments();
    const open = PROVIDERS.flatMap((name) => this.#providers[name].requests.filter(({ isFinished }) => !isFinished));
    return shown.reduce((sum, one) => sum + one.in_flight, open.length);
  }

  /** On the gateway's clock. */
  pass(ms: number): Promise<void> {
    return delay(ms / this.#speed);
  }

  /** Milliseconds of the gateway's clock, from anywhere. */
  now(): number {
    return performance.now() * this.#speed;
  }

  async close(): Promise<void> {
    await this.#drain();
    await Promise.all(PROVIDERS.map((name) => this.#providers[name].close()));
  }
}

function scaled(fault: FaultInput, speed: number): FaultInput {
  const { latencyMs, firstTokenMs, stallMs } = fault;
  return {
    ...fault,
    ...(latencyMs === undefined ? {} : { latencyMs: latencyMs / speed }),
    ...(firstTokenMs === undefined ? {} : { firstTokenMs: firstTokenMs / speed }),
    ...(stallMs === undefined ? {} : { stallMs: stallMs / speed }),
  };
}

function configOf({ entries, router }: Scene, providers: Readonly<Record<ProviderName, FakeProvider>>): string {
  const list = entries.map((entry) => entryOf(entry, providers[entry.at]));
  const settings = router === undefined ? 'num_retries: 2' : `num_retries: 2, ${router}`;
  return ['model_list:', ...list, `router_settings: {${settings}}`].join('\n');
}

function entryOf({ at, group = 'g', model = 'openai/m', params }: Entry, { url }: FakeProvider): string {
  const members = [
    `model: "${model}", api_base: "${url}/v1", api_key: sk-up`,
    ...(params === undefined ? [] : [params]),
  ];
  return `- {model_name: ${group}, litellm_params: {${members.join(', ')}}, model_info: {id: ${at}}}`;
}
