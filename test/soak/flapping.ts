// Mixed requests while a deployment of the group keeps failing and recovering, each time in another way: no client may
// notice any of it.
import { startFakeProvider, type FakeProvider } from '../../src/fake-provider/fake-provider.ts';
import { ask, type Call } from './ask.ts';
import { startGatewayChild } from './gateway-child.ts';
import { MemoryWatch } from './memory.ts';
import type { SoakResult } from './result.ts';
import { Tally } from './tally.ts';
import { rest } from './until.ts';

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
 * What clients ask for in turn. Responses have a group of their own that is never cut: their first item is announced
 * before its text, and counts as content.
 */
const CALLS: readonly Call[] = [
  { path: '/v1/chat/completions', body: { model: 'm', messages: PROMPT }, ends: '"usage"' },
  { path: '/v1/chat/completions', body: { model: 'm', messages: PROMPT, stream: true }, ends: 'data: [DONE]' },
  { path: '/v1/embeddings', body: { model: 'm', input: 'a text' }, ends: '"embedding"' },
  { path: '/v1/responses', body: { model: 'r', input: 'a text', stream: true }, ends: 'event: response.completed' },
  { path: '/v1/completions', body: { model: 'm', prompt: 'a text', stream: true }, ends: 'data: [DONE]' },
];

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
  const tally = new Tally();
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
    for (let turn = nth; turn < REQUESTS_KEPT; turn += 8) await askInTurn(url, turn);
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
    await tally.count(askInTurn(url, turn));
    await rest(plan.restMs);
  }
}

function askInTurn(url: string, turn: number): Promise<string | undefined> {
  const call = CALLS[turn % CALLS.length];
  return call === undefined ? Promise.resolve('nothing to ask') : ask(url, call);
}

interface Circumstances {
  readonly changes: number;
  readonly memory: { readonly isFlat: boolean; readonly text: string };
  readonly exitCode: number | null;
}

function judge(tally: Tally, { changes, memory, exitCode }: Circumstances): SoakResult {
  return {
    name: `${tally.requests} mixed requests, a deployment changing its state ${changes} times`,
    figures: [`client errors: ${tally.errors}`, `duration: ${tally.durations}`, `memory: ${memory.text}`],
    failures: [
      ...tally.failures,
      ...(changes < 2 ? ['nothing failed: the run was too short'] : []),
      ...(memory.isFlat ? [] : ['memory grew']),
      ...(exitCode === 0 ? [] : [`the gateway ended with ${exitCode}`]),
    ],
  };
}
