// Clients that ask for a flood and do not read it: their upstreams must be held back, the gateway may keep at most a
// megabyte of each, and the streams beside them must move on. Who reads on gets everything, who leaves frees all.
import { kernelQueueBytes, knowsKernelQueues } from '../support/kernel-queues.ts';
import { tooFewFiles } from './file-limit.ts';
import { GapHistogram } from './gap-histogram.ts';
import { startGatewayChild, type GatewayChild } from './gateway-child.ts';
import { readGauges } from './gauges.ts';
import { notWhole, paramsOf, STALL_MS } from './paced-streams.ts';
import type { SoakResult } from './result.ts';
import { StreamClient } from './stream-client.ts';
import { rest, until } from './until.ts';
import { startUpstream, type UpstreamChild } from './upstream-child.ts';

export interface SlowReadersPlan {
  readonly slow: number;
  readonly healthy: number;
  /** Of the healthy streams. */
  readonly seconds: number;
}

const TOKENS_PER_SECOND = 20;
/** More than the system takes into its queues, which is around 8 MB. */
const FLOOD = { pieces: 4_000, pieceBytes: 8_000 };
const MB = 1024 * 1024;
const HELD_AT_MOST_MB = 1;
const GIVE_UP_MS = 60_000;
const STANDS_FOR_MS = 1_000;

interface World {
  readonly gateway: GatewayChild;
  readonly upstream: UpstreamChild;
  readonly slow: readonly StreamClient[];
}

export async function soakSlowReaders(plan: SlowReadersPlan): Promise<SoakResult> {
  const name = `${plan.slow} clients that do not read, ${plan.healthy} streams beside them`;
  const problem = tooFewFiles((plan.slow + plan.healthy) * 2);
  if (problem !== undefined) return { name, figures: [], failures: [problem] };
  const tokens = TOKENS_PER_SECOND * plan.seconds;
  const upstream = await startUpstream({ tokensPerSecond: TOKENS_PER_SECOND, tokens, ...FLOOD });
  const gateway = await startGatewayChild(configOf(upstream.port));
  const gaps = new GapHistogram();
  const open = (model: string, count: number, of: GapHistogram): StreamClient[] =>
    Array.from({ length: count }, () => new StreamClient({ port: gateway.port, model, gaps: of }));
  const healthy = open('g', plan.healthy, gaps);
  await until(GIVE_UP_MS, () => healthy.every((client) => client.tokens > 0));
  const liveBefore = await gateway.liveBytes();
  const slow = open('flood', plan.slow, new GapHistogram());
  await Promise.all(slow.map(stopAtFirst));
  const held = await measureHeld({ gateway, upstream, slow }, liveBefore);
  const released = await release({ gateway, upstream, slow });
  const seen = await Promise.all(healthy.map(({ ended }) => ended));
  const atRest = await until(GIVE_UP_MS, async () => (await readGauges(gateway.url)).attempts === 0);
  const exitCode = await gateway.stop();
  await upstream.stop();
  return {
    name,
    figures: [...held.figures, `gap between tokens of the others: ${gaps.text}`],
    failures: [
      ...held.failures,
      ...released,
      ...notWhole(seen, tokens),
      ...(gaps.worstMs > STALL_MS ? [`a stream beside them stalled for ${Math.round(gaps.worstMs)} ms`] : []),
      ...(atRest === undefined ? ['something stayed under way'] : []),
      ...(exitCode === 0 ? [] : [`the gateway ended with ${exitCode}`]),
    ],
  };
}

function configOf(port: number): string {
  const entries = { g: 'm', flood: 'flood' };
  const lines = Object.entries(entries).map(
    ([group, model]) => `- {model_name: ${group}, litellm_params: ${paramsOf(model, port)}}`,
  );
  return ['model_list:', ...lines, ''].join('\n');
}

async function stopAtFirst(client: StreamClient): Promise<void> {
  if ((await until(GIVE_UP_MS, () => client.tokens > 0)) === undefined) throw new Error('a flood has not begun');
  client.stopReading();
}

interface Held {
  readonly figures: readonly string[];
  readonly failures: readonly string[];
}

/** When the upstream has got rid of nothing for a while: where is what it sent? */
async function measureHeld({ gateway, upstream, slow }: World, liveBefore: number): Promise<Held> {
  let before = -1;
  const stands = await until(GIVE_UP_MS, async () => {
    const { floodedBytes } = await upstream.report();
    if (floodedBytes === before) return true;
    before = floodedBytes;
    await rest(STANDS_FOR_MS);
    return false;
  });
  const sent = before / slow.length / MB;
  const wanted = (FLOOD.pieces * FLOOD.pieceBytes) / MB;
  const read = slow.reduce((sum, { bytesRead }) => sum + bytesRead, 0);
  const queued = knowsKernelQueues ? kernelQueueBytes([upstream.port, gateway.port]) : undefined;
  const between = queued === undefined ? undefined : (before - read - queued) / slow.length / MB;
  const live = ((await gateway.liveBytes()) - liveBefore) / slow.length / MB;
  const inGateway = between === undefined ? '' : `${between.toFixed(2)} MB neither read nor in the system's queues; `;
  return {
    figures: [
      `of each flood of ${wanted.toFixed(1)} MB the upstream sent ${sent.toFixed(2)} MB: ${inGateway}` +
        `the gateway's live heap grew by ${live.toFixed(2)} MB for each`,
    ],
    failures: [
      ...(stands === undefined ? ['the upstream was not held back'] : []),
      ...(sent > wanted * 0.9 ? ['the upstream got rid of nearly everything'] : []),
      ...(Math.max(between ?? 0, live) > HELD_AT_MOST_MB ? [`more than ${HELD_AT_MOST_MB} MB were held`] : []),
    ],
  };
}

/** Half of them read on, the others leave. */
async function release({ slow }: World): Promise<string[]> {
  const staying = slow.filter((_, nth) => nth % 2 === 0);
  for (const client of slow) if (!staying.includes(client)) client.leave('close');
  for (const client of staying) client.readOn();
  return notWhole(await Promise.all(staying.map(({ ended }) => ended)), FLOOD.pieces);
}
