// What the scenarios with many paced streams share: their config, when a stream is whole, and when it has stalled.
import type { StreamSeen } from './stream-client.ts';

/**
 * A token is due every 50 ms. Other processes of a busy machine keep the gateway from running for some tenths of a
 * second; a stream that somebody forgot is silent for ever.
 */
export const STALL_MS = 2_500;

/** One group `g` in front of the paced upstream. */
export function pacedConfig(upstreamPort: number): string {
  return `model_list: [{model_name: g, litellm_params: ${paramsOf('m', upstreamPort)}}]\n`;
}

/** `litellm_params` of a model of the paced upstream. */
export function paramsOf(model: string, upstreamPort: number): string {
  return `{model: openai/${model}, api_base: "http://127.0.0.1:${upstreamPort}/v1", api_key: sk-up}`;
}

export function isWhole(seen: StreamSeen, tokens: number): boolean {
  return seen.problem === undefined && seen.isComplete && seen.tokens === tokens;
}

/** What is wrong with which number of streams: one line for each thing. */
export function notWhole(seen: readonly StreamSeen[], tokens: number): string[] {
  const problems = new Map<string, number>();
  for (const one of seen) {
    if (isWhole(one, tokens)) continue;
    const problem = one.problem ?? `${one.isComplete ? 'ended' : 'stopped'} after ${one.tokens} tokens`;
    problems.set(problem, (problems.get(problem) ?? 0) + 1);
  }
  return [...problems].map(([problem, count]) => `${count} × ${problem}`);
}
