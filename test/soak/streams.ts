// Many slow streams at once, for as long as real ones take: every one must be complete, move all the time, and cost no
// memory that stays.
import { request } from 'node:http';
import { startFakeProvider } from '../../src/fake-provider/fake-provider.ts';
import { startGatewayChild } from './gateway-child.ts';
import { MemoryWatch } from './memory.ts';
import type { SoakResult } from './result.ts';

export interface StreamsPlan {
  readonly streams: number;
  readonly tokensPerSecond: number;
  readonly seconds: number;
}

interface StreamSeen {
  readonly status: number;
  /** Content events. */
  readonly tokens: number;
  readonly longestGapMs: number;
  readonly isComplete: boolean;
  readonly problem: string | undefined;
}

/** A kilobyte kept of every hundredth token is more in the long run. */
const TOLERATED_MB = 1.2;
/** Longer silence is a stall: a token every 50 ms is due. */
const STALL_MS = 2_500;

export async function soakStreams(plan: StreamsPlan): Promise<SoakResult> {
  const tokens = plan.tokensPerSecond * plan.seconds;
  const faults = { '*': { tokensPerSecond: plan.tokensPerSecond, answerTokens: tokens } };
  const provider = await startFakeProvider({ faults, keepRequests: 0 });
  const params = `{model: openai/m, api_base: "${provider.url}/v1", api_key: sk-up}`;
  const gateway = await startGatewayChild(`model_list: [{model_name: g, litellm_params: ${params}}]\n`);
  const memory = new MemoryWatch(gateway, { seconds: plan.seconds, toleratedMb: TOLERATED_MB });
  const startedAt = performance.now();
  const seen = await Promise.all(Array.from({ length: plan.streams }, () => follow(gateway.url)));
  const seconds = (performance.now() - startedAt) / 1000;
  const verdict = await memory.verdict();
  const exitCode = await gateway.stop();
  await provider.close();
  return judge(seen, { tokens, seconds, memory: verdict, exitCode });
}

interface Circumstances {
  readonly tokens: number;
  readonly seconds: number;
  readonly memory: { readonly isFlat: boolean; readonly text: string };
  readonly exitCode: number | null;
}

function judge(seen: readonly StreamSeen[], { tokens, seconds, memory, exitCode }: Circumstances): SoakResult {
  const whole = seen.filter((one) => one.isComplete && one.tokens === tokens && one.problem === undefined);
  const gaps = seen.map(({ longestGapMs }) => longestGapMs).toSorted((one, other) => one - other);
  const longest = gaps.at(-1) ?? 0;
  const failures = [
    ...(whole.length < seen.length ? [`${seen.length - whole.length} streams were not whole`] : []),
    ...new Set(seen.flatMap(({ problem }) => (problem === undefined ? [] : [problem]))),
    ...(longest > STALL_MS ? [`a stream stalled for ${Math.round(longest)} ms`] : []),
    ...(memory.isFlat ? [] : ['memory grew']),
    ...(exitCode === 0 ? [] : [`the gateway ended with ${exitCode}`]),
  ];
  return {
    name: `${seen.length} streams of ${tokens} tokens`,
    figures: [
      `${whole.length} of ${seen.length} whole, in ${seconds.toFixed(1)} s`,
      `longest gap between events: median ${Math.round(gaps[gaps.length >> 1] ?? 0)} ms, worst ${Math.round(longest)} ms`,
      `memory: ${memory.text}`,
    ],
    failures,
  };
}

/** One stream, from request to end; never rejects. */
function follow(url: string): Promise<StreamSeen> {
  return new Promise((resolve) => {
    let [text, tokens, longestGapMs, lastAt, status] = ['', 0, 0, performance.now(), 0];
    let [isComplete, hasError] = [false, false];
    const end = (problem?: string): void => {
      resolve({ status, tokens, longestGapMs, isComplete, problem: hasError ? 'an error event in a stream' : problem });
    };
    const headers = { 'content-type': 'application/json' };
    const sent = request(`${url}/v1/chat/completions`, { method: 'POST', headers, agent: false }, (response) => {
      status = response.statusCode ?? 0;
      response.on('data', (chunk: Buffer) => {
        const now = performance.now();
        longestGapMs = Math.max(longestGapMs, now - lastAt);
        lastAt = now;
        text += chunk.toString('latin1');
        const events = text.split('\n\n');
        text = events.pop() ?? '';
        for (const event of events) {
          if (event === 'data: [DONE]') isComplete = true;
          else if (event.startsWith('data: {"error"')) hasError = true;
          else if (/"content":"[^"]/.test(event)) tokens += 1;
        }
      });
      response.on('end', () => end(status === 200 ? undefined : `status ${status}`));
      response.on('error', (error) => end(`cut: ${error.message}`));
    });
    sent.on('error', (error) => end(`refused: ${error.message}`));
    sent.end('{"model": "g", "stream": true, "messages": [{"role": "user", "content": "go on"}]}');
  });
}
