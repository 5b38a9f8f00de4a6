// Mixed requests while a deployment of the group keeps failing and recovering, each time in another way: no client may
// notice any of it.
import { startFakeProvider, type FakeProvider } from '../../src/fake-provider/fake-provider.ts';
import { startGatewayChild } from './gateway-child.ts';
import { MemoryWatch } from './memory.ts';
import type { SoakResult } from './result.ts';

export interface FlappingPlan {
  readonly seconds: number;
  readonly clients: number;
  /** Each client rests this long between requests. */
  readonly restMs: number;
  /** The deployment changes its state so often. */
  readonly flapMs: number;
}

/** Everything that may happen before the first content; `{}` is health. */
const STATES = [
  {},
  { status: 500 },
  {},
  { connection: 'reset' },
  {},
  { status: 429 },
  {},
  { cutAfterTokens: 0 },
  {},
  { status: 429, retryAfter: 1 },
  {},
  { body: 'html' },
  {},
  { status: 401 },
  {},
  { connection: 'close' },
] as const;

/** Thousands of requests under changing failures: the heap goes up and down by 3 MB; a kilobyte kept of each is more. */
const TOLERATED_MB = 4;
/** `/admin/requests` goes so far back. */
const REQUESTS_KEPT = 1_000;

const PROMPT = [{ role: 'user', content: 'say something' }];

/**
 * What clients ask for in turn, and what the end of a whole answer holds. Responses have a group of their own that is
 * never cut: their first item is announced before its text, and counts as content.
 */
const CALLS = [
  { path: '/v1/chat/completions', model: 'm', body: { messages: PROMPT }, ends: '"usage"' },
  { path: '/v1/chat/completions', model: 'm', body: { messages: PROMPT, stream: true }, ends: 'data: [DONE]' },
  { path: '/v1/embeddings', model: 'm', body: { input: 'a text' }, ends: '"embedding"' },
  { path: '/v1/responses', model: 'r', body: { input: 'a text', stream: true }, ends: 'event: response.completed' },
  { path: '/v1/completions', model: 'm', body: { prompt: 'a text', stream: true }, ends: 'data: [DONE]' },
] as const;

interface Tally {
  readonly durationsMs: number[];
  readonly problems: Map<string, number>;
}

export async function soakFlapping(plan: FlappingPlan): Promise<SoakResult> {
  const [steady, flapping] = [
    await startFakeProvider({ keepRequests: 0 }),
    await startFakeProvider({ keepRequests: 0 }),
  ];
  const gateway = await startGatewayChild(configOf([steady, flapping]));
  await fillRings(gateway.url);
  const memory = new MemoryWatch(gateway, { seconds: plan.seconds, toleratedMb: TOLERATED_MB });
  let changes = 0;
  const flap = setInterval(() => {
    changes += 1;
    const state = STATES[changes % STATES.length] ?? {};
    flapping.setFaults({ m: state, r: 'cutAfterTokens' in state ? {} : state });
  }, plan.flapMs);
  const tally: Tally = { durationsMs: [], problems: new Map() };
  const endAt = performance.now() + plan.seconds * 1000;
  await Promise.all(Array.from({ length: plan.clients }, (_, nth) => client(gateway.url, { plan, nth, endAt, tally })));
  clearInterval(flap);
  const verdict = await memory.verdict();
  const exitCode = await gateway.stop();
  await Promise.all([steady.close(), flapping.close()]);
  return judge(tally, { changes, memory: verdict, exitCode });
}

/** What the gateway keeps of its latest requests is kept on purpose: it has grown to its bound before anything is judged. */
async function fillRings(url: string): Promise<void> {
  const clients = Array.from({ length: 8 }, async (_, nth) => {
    for (let turn = nth; turn < REQUESTS_KEPT; turn += 8) await ask(url, turn);
  });
  await Promise.all(clients);
}

function configOf(providers: readonly FakeProvider[]): string {
  const entries = providers.flatMap(({ url, port }) =>
    ['m', 'r'].map((model) => {
      const params = `{model: openai/${model}, api_base: "${url}/v1", api_key: sk-up}`;
      return `- {model_name: ${model}, litellm_params: ${params}, model_info: {id: "${model}-at-${port}"}}`;
    }),
  );
  return ['model_list:', ...entries, ''].join('\n');
}

interface Client {
  readonly plan: FlappingPlan;
  readonly nth: number;
  readonly endAt: number;
  readonly tally: Tally;
}

/** Asks, rests, asks, until the time is over. */
async function client(url: string, { plan, nth, endAt, tally }: Client): Promise<void> {
  for (let turn = nth; performance.now() < endAt; turn += 1) {
    const startedAt = performance.now();
    const problem = await ask(url, turn);
    tally.durationsMs.push(performance.now() - startedAt);
    if (problem !== undefined) tally.problems.set(problem, (tally.problems.get(problem) ?? 0) + 1);
    await new Promise((resolve) => void setTimeout(resolve, plan.restMs));
  }
}

/** What a client would complain about, or `undefined`. */
async function ask(url: string, turn: number): Promise<string | undefined> {
  const { path, model, body, ends } = CALLS[turn % CALLS.length] ?? CALLS[0];
  try {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(url + path, {
      method: 'POST',
      headers,
      body: JSON.stringify({ model, ...body }),
    });
    const text = await response.text();
    if (response.status !== 200) return `${path}: ${response.status} ${text.slice(0, 200)}`;
    return text.includes(ends) ? undefined : `${path}: an answer without its end: ${text.slice(-200)}`;
  } catch (error) {
    return `${path}: ${error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)}`;
  }
}

interface Circumstances {
  readonly changes: number;
  readonly memory: { readonly isFlat: boolean; readonly text: string };
  readonly exitCode: number | null;
}

function judge({ durationsMs, problems }: Tally, { changes, memory, exitCode }: Circumstances): SoakResult {
  const sorted = durationsMs.toSorted((one, other) => one - other);
  const quantile = (share: number): string => `${(sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(1)} ms`;
  const errors = [...problems.values()].reduce((sum, count) => sum + count, 0);
  return {
    name: `${sorted.length} mixed requests, a deployment changing its state ${changes} times`,
    figures: [
      `client errors: ${errors}`,
      `duration: p50 ${quantile(0.5)}, p99 ${quantile(0.99)}, worst ${quantile(0.999_999)}`,
      `memory: ${memory.text}`,
    ],
    failures: [
      ...[...problems].map(([problem, count]) => `${count} × ${problem}`),
      ...(sorted.length === 0 ? ['nothing was asked'] : []),
      ...(changes < 2 ? ['nothing failed: the run was too short'] : []),
      ...(memory.isFlat ? [] : ['memory grew']),
      ...(exitCode === 0 ? [] : [`the gateway ended with ${exitCode}`]),
    ],
  };
}
