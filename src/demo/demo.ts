// The demo: the config of LiteLLM's load-balancing page with its three Azure deployments and limits 6, 6 and 1440, a
// fallback group behind them, and fake providers that answer, all in one process and without a single key.
import { startFakeProvider } from '../fake-provider/fake-provider.ts';
import type { FakeProvider } from '../fake-provider/fake-provider.ts';
import { demoConfig } from './demo-config.ts';
import type { DemoUpstreams } from './demo-config.ts';
import { demoGuide } from './demo-guide.ts';

export interface Demo {
  /** A config.yaml. */
  readonly configText: string;
  /** What to try, once the gateway listens at `gatewayUrl`. */
  guide(gatewayUrl: string): string;
  /** Stops the fake providers. */
  close(): Promise<void>;
}

const DEPLOYMENTS = [
  { name: 'gpt-turbo-small-eu', rpm: 6 },
  { name: 'gpt-turbo-small-ca', rpm: 6 },
  { name: 'gpt-turbo-large', rpm: 1440 },
] as const;

const FALLBACK_MODEL = 'HuggingFaceH4/zephyr-7b-beta';
/** Slow enough to watch a stream, fast enough not to bore. */
const TOKENS_PER_SECOND = 60;

/** Starts the fake providers on free loopback ports. Each enforces the limit that the config names. */
export async function createDemo(): Promise<Demo> {
  const started = await Promise.all([
    ...DEPLOYMENTS.map(({ name, rpm }) => {
      // Under the model's own name, so that the guide's faults for "*" come and go without touching them.
      const faults = { [name]: { rpm, tokensPerSecond: TOKENS_PER_SECOND } };
      return startFakeProvider({ vendor: 'azure', answers: 'introduction', models: [name], faults });
    }),
    startFakeProvider({ vendor: 'tgi', answers: 'introduction', models: [FALLBACK_MODEL] }),
  ]);
  const upstreams: DemoUpstreams = {
    azure: DEPLOYMENTS.map((deployment, index) => ({ ...deployment, url: urlOf(started[index]) })),
    fallback: { model: FALLBACK_MODEL, url: urlOf(started[DEPLOYMENTS.length]) },
  };
  return {
    configText: demoConfig(upstreams),
    guide: (gatewayUrl) => demoGuide(gatewayUrl, upstreams),
    close: async () => {
      await Promise.all(started.map((provider) => provider.close()));
    },
  };
}

function urlOf(provider: FakeProvider | undefined): string {
  return provider?.url ?? '';
}
