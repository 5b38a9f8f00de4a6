// Many streams at once, for as long as real ones take: every one must be complete, move all the time, and cost no
// memory that stays.
import { tooFewFiles } from './file-limit.ts';
import { GapHistogram } from './gap-histogram.ts';
import { startGatewayChild } from './gateway-child.ts';
import { MemoryWatch } from './memory.ts';
import type { SoakResult } from './result.ts';
import { StreamClient, type StreamSeen } from './stream-client.ts';
import { isWhole, notWhole, pacedConfig, STALL_MS } from './paced-streams.ts';
import { startUpstream } from './upstream-child.ts';

export interface StreamsPlan {
  readonly streams: number;
  readonly tokensPerSecond: number;
  readonly seconds: number;
}

/** What goes up and down. */
const NOISE_MB = 1.2;
/** The text so far is kept for a recovery: 4 or 5 bytes a token here, in a block that doubles. An object is more. */
const KEPT_BYTES_PER_TOKEN = 7;

export async function soakStreams(plan: StreamsPlan): Promise<SoakResult> {
  const name = `${plan.streams} streams of ${plan.tokensPerSecond} tokens/s for ${plan.seconds} s`;
  const problem = tooFewFiles(plan.streams * 2);
  if (problem !== undefined) return { name, figures: [], failures: [problem] };
  const tokens = plan.tokensPerSecond * plan.seconds;
  const upstream = await startUpstream({ tokensPerSecond: plan.tokensPerSecond, tokens });
  const gateway = await startGatewayChild(pacedConfig(upstream.port));
  const toleratedMb = NOISE_MB + (plan.streams * tokens * KEPT_BYTES_PER_TOKEN) / 1024 ** 2;
  const memory = new MemoryWatch(gateway, { seconds: plan.seconds, toleratedMb });
  const gaps = new GapHistogram();
  const startedAt = performance.now();
  const clients = Array.from(
    { length: plan.streams },
    () => new StreamClient({ port: gateway.port, model: 'g', gaps }),
  );
  const seen = await Promise.all(clients.map(({ ended }) => ended));
  const seconds = (performance.now() - startedAt) / 1000;
  const cores = gateway.cpuMicros() / 1e6 / seconds;
  const { isFlat, text } = await memory.verdict();
  const { worstLateMs } = await upstream.report();
  const exitCode = await gateway.stop();
  await upstream.stop();
  return {
    name,
    figures: [
      `${seen.filter((one) => isWhole(one, tokens)).length} of ${seen.length} whole, in ${seconds.toFixed(1)} s`,
      firstTokens(seen),
      `gap between tokens: ${gaps.text}; the upstream was late by at most ${Math.round(worstLateMs)} ms`,
      `CPU of the gateway: ${cores.toFixed(2)} cores`,
      `memory: ${text}`,
    ],
    failures: [
      ...notWhole(seen, tokens),
      ...(gaps.worstMs > STALL_MS ? [`a stream stalled for ${Math.round(gaps.worstMs)} ms`] : []),
      ...(isFlat ? [] : ['memory grew']),
      ...(exitCode === 0 ? [] : [`the gateway ended with ${exitCode}`]),
    ],
  };
}

function firstTokens(seen: readonly StreamSeen[]): string {
  const sorted = seen.map(({ firstTokenMs }) => firstTokenMs ?? Infinity).toSorted((one, other) => one - other);
  const [median, worst] = [sorted[sorted.length >> 1] ?? 0, sorted.at(-1) ?? 0];
  return `first token: median ${Math.round(median)} ms, worst ${Math.round(worst)} ms`;
}
