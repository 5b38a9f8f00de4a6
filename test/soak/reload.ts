// The config is replaced ten times a second while plain requests and streams run: deployments come and go under them, by
// signal and by the admin route in turn, and no client may notice.
import { startFakeProvider } from '../../src/fake-provider/fake-provider.ts';
import { ask, type Call } from './ask.ts';
import { startGatewayChild, type GatewayChild } from './gateway-child.ts';
import { readGauges } from './gauges.ts';
import { MemoryWatch, type MemoryVerdict } from './memory.ts';
import type { SoakResult } from './result.ts';
import { Tally } from './tally.ts';
import { rest, until } from './until.ts';

export interface ReloadPlan {
  readonly seconds: number;
  readonly everyMs: number;
  readonly plainClients: number;
  readonly streamClients: number;
  /** Between two requests of a client. */
  readonly restMs: number;
}

/** A config that is replaced keeps tens of kilobytes until its last stream is over, and some twenty wait for that. */
const TOLERATED_MB = 6;
const GIVE_UP_MS = 20_000;
/** Long enough for a stream to outlive many configs. */
const STREAM = { tokensPerSecond: 20, answerTokens: 40 };
const MESSAGES = [{ role: 'user', content: 'say something' }];
const PLAIN: Call = {
  path: '/v1/chat/completions',
  body: { model: 'g', messages: MESSAGES },
  ends: '"usage"',
};
const STREAMED: Call = { ...PLAIN, body: { ...PLAIN.body, model: 's', stream: true }, ends: 'data: [DONE]' };

/** What is in force in turn: which deployments there are, and how one of them is chosen. */
const VARIANTS = [
  { ids: ['a'], strategy: 'simple-shuffle' },
  { ids: ['a', 'b'], strategy: 'least-busy' },
  { ids: ['b', 'c'], strategy: 'latency-based-routing' },
  { ids: ['c'], strategy: 'usage-based-routing-v2' },
  { ids: ['a', 'b', 'c'], strategy: 'simple-shuffle' },
] as const;

interface Reloads {
  /** Asked for by the admin route, and how many of them it said were done. */
  asked: number;
  done: number;
  signals: number;
  /** As the log has it. */
  bySignal: number;
  rejected: number;
}

export async function soakReload(plan: ReloadPlan): Promise<SoakResult> {
  const provider = await startFakeProvider({ faults: { s: STREAM }, keepRequests: 0 });
  const reloads: Reloads = { asked: 0, done: 0, signals: 0, bySignal: 0, rejected: 0 };
  const gateway = await startGatewayChild(configOf(0, provider.url), (line) => readLog(line, reloads));
  const memory = new MemoryWatch(gateway, { seconds: plan.seconds, toleratedMb: TOLERATED_MB });
  const [plain, streams] = [new Tally(), new Tally()];
  const endAt = performance.now() + plan.seconds * 1000;
  const clients = [
    ...Array.from({ length: plan.plainClients }, () => client(gateway.url, { plan, endAt, call: PLAIN, tally: plain })),
    ...Array.from({ length: plan.streamClients }, () =>
      client(gateway.url, { plan, endAt, call: STREAMED, tally: streams }),
    ),
  ];
  await reloadUntil(endAt, { gateway, reloads, everyMs: plan.everyMs, url: provider.url });
  await Promise.all(clients);
  const atRest = await until(GIVE_UP_MS, async () => (await readGauges(gateway.url)).attempts === 0);
  const verdict = await memory.verdict();
  const exitCode = await gateway.stop();
  await provider.close();
  return judge({ plain, streams, reloads }, { memory: verdict, isAtRest: atRest !== undefined, exitCode });
}

function configOf(nth: number, url: string): string {
  const { ids, strategy } = VARIANTS[nth % VARIANTS.length] ?? VARIANTS[0];
  const entries = ids.flatMap((id) =>
    ['g', 's'].map((group) => {
      const params = `{model: openai/${group}, api_base: "${url}/v1", api_key: sk-up, timeout: ${60 + (nth % 7)}}`;
      return `- {model_name: ${group}, litellm_params: ${params}, model_info: {id: ${group}-${id}}}`;
    }),
  );
  return ['model_list:', ...entries, `router_settings: {routing_strategy: ${strategy}}`, ''].join('\n');
}

function readLog(line: string, reloads: Reloads): void {
  if (line.includes('"config rejected')) reloads.rejected += 1;
  if (line.includes('"config reloaded"') && line.includes('"SIGHUP"')) reloads.bySignal += 1;
}

interface Client {
  readonly plan: ReloadPlan;
  readonly endAt: number;
  readonly call: Call;
  readonly tally: Tally;
}

async function client(url: string, { plan, endAt, call, tally }: Client): Promise<void> {
  while (performance.now() < endAt) {
    await tally.count(ask(url, call));
    await rest(plan.restMs);
  }
}

interface Reloading {
  readonly gateway: GatewayChild;
  readonly reloads: Reloads;
  readonly everyMs: number;
  /** Of the provider. */
  readonly url: string;
}

/** The next one does not wait for the last: an operator's tools do not either. */
async function reloadUntil(endAt: number, { gateway, reloads, everyMs, url }: Reloading): Promise<void> {
  const posts: Promise<void>[] = [];
  for (let nth = 1; performance.now() < endAt; nth += 1) {
    gateway.rewrite(configOf(nth, url));
    if (nth % 2 === 0) {
      reloads.signals += 1;
      gateway.signal('SIGHUP');
    } else {
      reloads.asked += 1;
      posts.push(post(gateway.url, reloads));
    }
    await rest(everyMs);
  }
  await Promise.all(posts);
}

async function post(url: string, reloads: Reloads): Promise<void> {
  const response = await fetch(`${url}/admin/reload`, { method: 'POST' });
  const { status } = (await response.json()) as { status?: string };
  if (response.status === 200 && status === 'reloaded') reloads.done += 1;
}

interface Counted {
  readonly plain: Tally;
  readonly streams: Tally;
  readonly reloads: Reloads;
}

interface Circumstances {
  readonly memory: MemoryVerdict;
  readonly isAtRest: boolean;
  readonly exitCode: number | null;
}

function judge({ plain, streams, reloads }: Counted, { memory, isAtRest, exitCode }: Circumstances): SoakResult {
  const { asked, done, signals, bySignal, rejected } = reloads;
  return {
    name: `${done + bySignal} reloads under ${plain.requests} plain requests and ${streams.requests} streams`,
    figures: [
      `client errors: ${plain.errors + streams.errors}`,
      `reloads: ${done} of ${asked} by the admin route, ${bySignal} of ${signals} by SIGHUP, ${rejected} rejected`,
      `plain requests: ${plain.durations}`,
      `streams: ${streams.durations}`,
      `memory: ${memory.text}`,
    ],
    failures: [
      ...plain.failures,
      ...streams.failures,
      ...(done === asked && rejected === 0 ? [] : ['a reload was not done']),
      // The system keeps one pending signal of a kind: two that come before the process runs are one.
      ...(bySignal * 2 >= signals ? [] : ['most signals were not heard']),
      ...(isAtRest ? [] : ['something stayed under way']),
      ...(memory.isFlat ? [] : ['memory grew']),
      ...(exitCode === 0 ? [] : [`the gateway ended with ${exitCode}`]),
    ],
  };
}
