// The only deployment of a group fails for a minute, a fallback serves meanwhile: that must cost its provider a handful
// of probes instead of an attempt for every request, cost no client an answer, and end soon after the outage.
import { startFakeProvider, type FakeProvider } from '../../src/fake-provider/fake-provider.ts';
import { startGatewayChild } from './gateway-child.ts';
import type { SoakResult } from './result.ts';
import { rest } from './until.ts';

export interface OutagePlan {
  readonly calmSeconds: number;
  readonly downSeconds: number;
  /** How long to wait for the traffic to return. */
  readonly backSeconds: number;
  readonly everyMs: number;
}

/** The breaker opens at so many failures in a row, and requests may be under way at that moment. */
const UNTIL_OPEN = 5 + 2;
/** Opens for 1, 2, 4, 8 s and then for 15 s, each 20 % more or less: a probe follows each time. */
const EARLY_PROBES = 4;
const LATE_PROBE_EVERY_S = 12;
/** The traffic has returned when so many answers in a row are the primary's. */
const IN_A_ROW = 8;

interface Answer {
  readonly atMs: number;
  readonly status: number;
  readonly by: string | null;
  readonly durationMs: number;
}

export async function soakOutage(plan: OutagePlan): Promise<SoakResult> {
  const options = { keepRequests: 100_000 };
  const [primary, spare] = [await startFakeProvider(options), await startFakeProvider(options)];
  const gateway = await startGatewayChild(configOf(primary, spare));
  const answers: Promise<Answer>[] = [];
  const done: Answer[] = [];
  const asking = setInterval(() => answers.push(ask(gateway.url, done)), plan.everyMs);
  await rest(plan.calmSeconds * 1000);
  const [before, downAt] = [primary.requests.length, performance.now()];
  primary.setFaults({ '*': { connection: 'reset' } });
  await rest(plan.downSeconds * 1000);
  const [attempts, upAt] = [primary.requests.length - before, performance.now()];
  primary.setFaults({ '*': [] });
  await hasReturned(done, { upAt, limitMs: plan.backSeconds * 1000 });
  clearInterval(asking);
  const all = await Promise.all(answers);
  const exitCode = await gateway.stop();
  await Promise.all([primary.close(), spare.close()]);
  return judge(all, { plan, downAt, upAt, attempts, exitCode });
}

function configOf(primary: FakeProvider, spare: FakeProvider): string {
  const entry = (group: string, { url }: FakeProvider): string =>
    `- {model_name: ${group}, litellm_params: {model: openai/m, api_base: "${url}/v1", api_key: sk-up}, model_info: {id: ${group}}}`;
  const entries = [entry('primary', primary), entry('spare', spare)];
  return ['model_list:', ...entries, 'router_settings: {fallbacks: [{primary: [spare]}]}', ''].join('\n');
}

async function ask(url: string, done: Answer[]): Promise<Answer> {
  const atMs = performance.now();
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"model": "primary", "messages": [{"role": "user", "content": "hello"}]}',
  });
  await response.text();
  const by = response.headers.get('x-litellm-model-id');
  const answer = { atMs, status: response.status, by, durationMs: performance.now() - atMs };
  done.push(answer);
  return answer;
}

async function hasReturned(
  done: readonly Answer[],
  { upAt, limitMs }: { readonly upAt: number; readonly limitMs: number },
): Promise<void> {
  const isBack = (): boolean => {
    const latest = done.filter(({ atMs }) => atMs > upAt).slice(-IN_A_ROW);
    return latest.length === IN_A_ROW && latest.every(({ by }) => by === 'primary');
  };
  while (!isBack() && performance.now() - upAt < limitMs) await rest(50);
}

interface Circumstances {
  readonly plan: OutagePlan;
  readonly downAt: number;
  readonly upAt: number;
  /** At the primary while it was down. */
  readonly attempts: number;
  readonly exitCode: number | null;
}

function judge(answers: readonly Answer[], { plan, downAt, upAt, attempts, exitCode }: Circumstances): SoakResult {
  const during = answers.filter(({ atMs }) => atMs >= downAt && atMs < upAt);
  const after = answers.filter(({ atMs }) => atMs >= upAt);
  const bad = answers.filter(({ status }) => status !== 200);
  const returned = after.find(({ by }) => by === 'primary');
  const later = after.slice(returned === undefined ? after.length : after.indexOf(returned));
  const handful = UNTIL_OPEN + EARLY_PROBES + Math.floor(plan.downSeconds / LATE_PROBE_EVERY_S);
  const isBack = later.slice(-IN_A_ROW).filter(({ by }) => by === 'primary').length === IN_A_ROW;
  const slowest = Math.max(...during.map(({ durationMs }) => durationMs));
  return {
    name: `a lone primary is down for ${plan.downSeconds} s, a request every ${plan.everyMs} ms`,
    figures: [
      `client errors: ${bad.length} of ${answers.length}`,
      `attempts at the primary while it was down: ${attempts} for ${during.length} requests (at most ${handful})`,
      `first answer of the primary ${returned === undefined ? 'never' : `${((returned.atMs - upAt) / 1000).toFixed(1)} s after its recovery`}, ` +
        `then ${later.filter(({ by }) => by === 'primary').length} of ${later.length}`,
      `slowest answer during the outage: ${slowest.toFixed(1)} ms`,
    ],
    failures: [
      ...bad.slice(0, 3).map(({ status, by }) => `status ${status} from ${by}`),
      ...(attempts > handful ? [`${attempts} attempts at a primary that was down`] : []),
      ...(isBack ? [] : [`the traffic did not return within ${plan.backSeconds} s`]),
      ...(exitCode === 0 ? [] : [`the gateway ended with ${exitCode}`]),
    ],
  };
}
