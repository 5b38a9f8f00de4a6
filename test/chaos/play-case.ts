// Plays one case through one client and says what was wrong; nothing is thrown, so that tests and soak runs share it.
// The judgement is a function of what was seen, apart from the playing, so that it can be tested by itself.
import { PROVIDERS, type Account, type Bounds, type ChaosCase, type Mode, type ProviderName } from './chaos-case.ts';
import type { ChatClient, Seen } from './clients/chat-client.ts';
import { ANSWER_TOKENS, PROMPT, type KnownAnswers, type Style } from './known-answers.ts';
import { Stage, type ShownDeployment } from './stage.ts';

export interface Play {
  readonly client: ChatClient;
  readonly mode: Mode;
  readonly style: Style;
  /** How much faster than written durations pass. */
  readonly speed: number;
  readonly known: KnownAnswers;
}

/** All that a run has to show. */
export interface Played {
  readonly seen: readonly Seen[];
  /** Upstream requests. */
  readonly attempts: Readonly<Record<ProviderName, number>>;
  /** Of a series: how long the primary was down on the gateway's clock, and its upstream requests until then. */
  readonly downMs: number;
  readonly attemptsWhileDown: number;
  readonly deployments: readonly ShownDeployment[];
  /** The latest request, as the gateway keeps it. */
  readonly recorded: Readonly<Record<string, unknown>>;
  /** Attempts that did not end. */
  readonly leftUnderWay: number;
  /** The answer to a request once everything works again. */
  readonly afterwards: Seen;
}

/** What went wrong; empty = the contract was kept. */
export async function playCase(one: ChaosCase, play: Play): Promise<readonly string[]> {
  const stage = await Stage.open(one, play);
  try {
    return judge(one, play, await perform(one, play, stage));
  } catch (error) {
    return [`the client broke: ${error instanceof Error ? error.message : String(error)}`];
  } finally {
    await stage.close();
  }
}

async function perform({ series }: ChaosCase, { client, mode }: Play, stage: Stage): Promise<Played> {
  const ask = (): Promise<Seen> =>
    client.ask({ baseUrl: `${stage.url}/v1`, model: 'g', prompt: PROMPT, stream: mode === 'stream' });
  const seen: Seen[] = [];
  const startedAtMs = stage.now();
  let [attemptsWhileDown, downMs] = [0, 0];
  for (let nth = 0; nth < (series?.requests ?? 1); nth += 1) {
    if (series !== undefined) await stage.pass(Math.max(0, startedAtMs + nth * series.everyMs - stage.now()));
    if (series?.healthyFrom === nth) {
      attemptsWhileDown = stage.requests('primary');
      downMs = stage.now() - startedAtMs;
      stage.heal();
    }
    seen.push(await ask());
  }
  const leftUnderWay = await settled(stage);
  const attempts = { primary: stage.requests('primary'), second: stage.requests('second') };
  const [deployments, recorded = {}] = await Promise.all([stage.deployments(), stage.latestRequest()]);
  stage.heal();
  return { seen, attempts, downMs, attemptsWhileDown, deployments, recorded, leftUnderWay, afterwards: await ask() };
}

/** A client has its answer a moment before the gateway has put the request away. */
export async function settled(stage: Stage): Promise<number> {
  const patienceMs = 5_000;
  const untilMs = performance.now() + patienceMs;
  for (;;) {
    const left = await stage.underWay();
    if (left === 0 || performance.now() > untilMs) return left;
    await new Promise((resolve) => void setTimeout(resolve, 5));
  }
}

type Judged = Pick<Play, 'mode' | 'style' | 'known'>;

export function judge(one: ChaosCase, play: Judged, played: Played): readonly string[] {
  const { seen, afterwards, leftUnderWay, deployments, recorded } = played;
  const accounts = isTold(one, play) ? (one.accountsIfTold ?? one.accounts) : one.accounts;
  return [
    ...seen.flatMap((each, nth) => prefixed(`request ${nth + 1}: `, judgeSeen(one, play, each))),
    ...judgeAttempts(one, played),
    ...(leftUnderWay === 0 ? [] : [`${leftUnderWay} attempts did not end`]),
    ...PROVIDERS.flatMap((name) => judgeAccount(name, accounts?.[name], deployments)),
    ...prefixed('recorded: ', differences(one.recorded ?? {}, recorded)),
    ...prefixed('afterwards: ', judgeAnswer(play, afterwards)),
  ];
}

/** A stream that cannot be gone on with, because the others say something else. */
function isTold({ expected }: ChaosCase, { mode, style }: Judged): boolean {
  return expected.kind === 'recovered' && mode === 'stream' && style === 'sampled';
}

function prefixed(prefix: string, problems: readonly string[]): string[] {
  return problems.map((problem) => prefix + problem);
}

function judgeSeen(one: ChaosCase, play: Judged, seen: Seen): string[] {
  const { expected } = one;
  if (expected.kind === 'refusal') return judgeRefusal(expected, seen);
  if (isTold(one, play)) return judgeTruth(play, seen);
  const problems = judgeAnswer(play, seen);
  if (seen.kind === 'error') return problems;
  // After a recovery the usage is that of both streams.
  const isSummed = expected.kind === 'recovered' && play.mode === 'stream';
  const told: Bounds = isSummed ? [ANSWER_TOKENS + 1, 3 * ANSWER_TOKENS] : [ANSWER_TOKENS, ANSWER_TOKENS];
  return [...problems, ...within('tokens told', seen.completionTokens, told)];
}

/** Complete, and one provider's alone: never the beginning of one answer and the end of another. */
function judgeAnswer({ style, known }: Judged, seen: Seen): string[] {
  if (seen.kind === 'error') return [`not an answer: ${shown(seen)}`];
  return [
    ...(known[style].includes(seen.text) ? [] : [`not what any provider says: "${seen.text}"`]),
    ...(seen.finish === 'stop' ? [] : [`finish reason: ${seen.finish}`]),
  ];
}

/** The client is told that something is missing, and has a part of one answer. */
function judgeTruth({ style, known }: Judged, seen: Seen): string[] {
  if (seen.kind === 'answer') return [`an answer where two differ: "${seen.text}"`];
  const isPart = known[style].some((text) => text.startsWith(seen.text) && text.length > seen.text.length);
  return [
    ...(seen.text !== '' && isPart ? [] : [`not a part of what a provider says: "${seen.text}"`]),
    ...(seen.message === '' ? ['an error without words'] : []),
  ];
}

function judgeRefusal({ status, words }: { readonly status: number; readonly words: string }, seen: Seen): string[] {
  if (seen.kind === 'answer') return [`an answer, not the provider's error: "${seen.text}"`];
  const isIt = seen.status === status && seen.message.includes(words) && seen.text === '';
  return isIt ? [] : [`not the provider's ${status}: ${shown(seen)}`];
}

function shown(seen: Extract<Seen, { kind: 'error' }>): string {
  return `${seen.status ?? 'in the stream'} ${seen.message} after "${seen.text}"`;
}

function judgeAttempts({ attempts, mostAttempts, series }: ChaosCase, played: Played): string[] {
  const { primary, second } = played.attempts;
  const after = primary - played.attemptsWhileDown;
  return [
    ...within('attempts at the primary', primary, attempts.primary ?? [0, 0]),
    ...within('attempts at the second', second, attempts.second ?? [0, 0]),
    ...(mostAttempts === undefined ? [] : within('attempts', primary + second, [0, mostAttempts])),
    ...(series === undefined
      ? []
      : within('attempts while down', played.attemptsWhileDown, [1, mostWhileDown(played.downMs)])),
    ...(series === undefined ? [] : within('attempts once healthy', after, [series.leastAfter, series.requests])),
  ];
}

/** The fifth failure in a row opens the breaker for 1 s, doubling to 15 s, less 20 %; after each time it is tried once. */
export function mostWhileDown(downMs: number): number {
  let [attempts, untilMs, openMs] = [5, 800, 1_000];
  while (untilMs <= downMs) {
    attempts += 1;
    openMs = Math.min(15_000, 2 * openMs);
    untilMs += 0.8 * openMs;
  }
  return attempts;
}

function judgeAccount(id: ProviderName, account: Account | undefined, all: readonly ShownDeployment[]): string[] {
  if (account === undefined) return [];
  const one = all.find((deployment) => deployment.id === id);
  if (one === undefined) return [`no deployment ${id}`];
  const is = {
    attempts: one.attempts,
    successes: one.successes,
    failures: one.failures,
    breaker: one.breaker.state,
    requests: one.limits.rpm?.used,
    tokens: one.limits.tpm?.used,
  };
  return prefixed(`${id}: `, differences({ ...account }, is));
}

function differences(wanted: Readonly<Record<string, unknown>>, is: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(wanted).flatMap(([name, value]) =>
    is[name] === value ? [] : [`${name} is ${String(is[name])}, not ${String(value)}`],
  );
}

function within(what: string, count: number | undefined, [least, most]: Bounds): string[] {
  if (count !== undefined && count >= least && count <= most) return [];
  return [`${what}: ${count}, not ${least === most ? least : `${least} to ${most}`}`];
}
