// What the fake providers may say to the one prompt of the suite: one text, or for sampled ones the sequence that their
// seed gives. Read from twins, so that the judge needs no idea of how texts are made.
import { startFakeProvider, type FakeProviderOptions } from '../../src/fake-provider/fake-provider.ts';
import { rawHttp } from './clients/raw-http.ts';
import type { ProviderName } from './chaos-case.ts';

export const PROMPT = 'How was the voyage?';
export const ANSWER_TOKENS = 60;

/** How a provider answers: always the same, or each time something else. */
export type Style = 'deterministic' | 'sampled';
export const STYLES: readonly Style[] = ['deterministic', 'sampled'];

/** More than any case asks of one provider. */
const SAMPLES = 60;
const SEEDS: Readonly<Record<ProviderName, number>> = { primary: 11, second: 22 };

export function providerOptions(style: Style, provider: ProviderName): FakeProviderOptions {
  return { answerTokens: ANSWER_TOKENS, answers: style, seed: SEEDS[provider] };
}

export type KnownAnswers = Readonly<Record<Style, readonly string[]>>;

/** Every text that may be seen. */
export async function readKnownAnswers(): Promise<KnownAnswers> {
  const [same, ...sampled] = await Promise.all([
    textsOf(providerOptions('deterministic', 'primary'), 1),
    textsOf(providerOptions('sampled', 'primary'), SAMPLES),
    textsOf(providerOptions('sampled', 'second'), SAMPLES),
  ]);
  return { deterministic: same, sampled: sampled.flat() };
}

async function textsOf(options: FakeProviderOptions, count: number): Promise<string[]> {
  const twin = await startFakeProvider(options);
  const texts: string[] = [];
  for (let nth = 0; nth < count; nth += 1) {
    const seen = await rawHttp.ask({ baseUrl: `${twin.url}/v1`, model: 'm', prompt: PROMPT, stream: false });
    texts.push(seen.text);
  }
  await twin.close();
  return texts;
}
