// `loadstone fake-provider`: one server on each port, and a few lines on how to use them.
import { VENDORS } from '../fake-provider/fault.ts';
import { isFaultProblem, readFaultTable } from '../fake-provider/fault-table.ts';
import { FAULT_WORDS } from '../fake-provider/fault-words.ts';
import { startFakeProvider } from '../fake-provider/fake-provider.ts';
import type { FakeProvider, FakeProviderOptions } from '../fake-provider/fake-provider.ts';

export interface FakeProviderRun {
  readonly ports: readonly number[];
  readonly host: string;
  /** `MODEL:WORDS`; the last colon divides, because model names may hold one. */
  readonly faults: readonly string[];
  readonly vendor: string | undefined;
  readonly answers: string | undefined;
}

export interface RunningFakeProviders {
  readonly providers: readonly FakeProvider[];
  readonly text: string;
  close(): Promise<void>;
}

const STYLES = ['deterministic', 'sampled', 'introduction'] as const;

/** A word of the command line that none of the known ones matches. */
export interface RunMistake {
  readonly mistake: string;
}

function optionsOf(run: FakeProviderRun): Omit<FakeProviderOptions, 'port'> | RunMistake {
  const vendor = VENDORS.find((known) => known === run.vendor);
  if (run.vendor !== undefined && vendor === undefined) return { mistake: `--vendor is one of ${VENDORS.join(', ')}` };
  const answers = STYLES.find((known) => known === run.answers);
  if (run.answers !== undefined && answers === undefined)
    return { mistake: `--answers is one of ${STYLES.join(', ')}` };
  const words: Record<string, string> = {};
  for (const given of run.faults) {
    const colon = given.lastIndexOf(':');
    if (colon < 1) return { mistake: `--fault takes MODEL:WORDS, not "${given}"` };
    const model = given.slice(0, colon);
    words[model] = [words[model], given.slice(colon + 1)].filter(Boolean).join('--');
  }
  const faults = readFaultTable(words);
  if (isFaultProblem(faults)) return { mistake: `--fault: ${faults.problem}; words are ${FAULT_WORDS.join(', ')}` };
  return { host: run.host, faults, ...(vendor && { vendor }), ...(answers && { answers }) };
}

/** Starts them all; when one port cannot be had, the others are closed again and the system's error is thrown. */
export async function runFakeProviders(run: FakeProviderRun): Promise<RunningFakeProviders | RunMistake> {
  const options = optionsOf(run);
  if ('mistake' in options) return options;
  const providers: FakeProvider[] = [];
  const close = async () => {
    await Promise.all(providers.map((provider) => provider.close()));
  };
  try {
    for (const port of run.ports) providers.push(await startFakeProvider({ ...options, port }));
  } catch (error) {
    await close();
    throw error;
  }
  return { providers, text: usageText(providers), close };
}

function usageText(providers: readonly FakeProvider[]): string {
  const first = providers[0]?.url ?? '';
  return [
    `Fake providers at ${providers.map((provider) => provider.url).join(', ')}`,
    `  OpenAI  ${first}/v1/chat/completions`,
    `  Azure   ${first}/openai/deployments/NAME/chat/completions?api-version=2024-10-21`,
    `  TGI     ${first}/generate`,
    `A fault:  curl ${first}/_control/faults -d '{"*": "status=429@1-2--retry-after=3"}'`,
    '  or in a model name: gpt-4o--status=503--latency=200',
    `  words: ${FAULT_WORDS.join(', ')}`,
    `Received: curl ${first}/_control/requests`,
  ].join('\n');
}
