// A crowd of clients that vanish in the middle of their streams, all at once and again and again: the upstream must be
// let go within a second, nothing may stay under way, and nothing in memory.
import { tooFewFiles } from './file-limit.ts';
import { GapHistogram } from './gap-histogram.ts';
import { startGatewayChild, type GatewayChild } from './gateway-child.ts';
import { readGauges } from './gauges.ts';
import { pacedConfig } from './paced-streams.ts';
import type { SoakResult } from './result.ts';
import { StreamClient } from './stream-client.ts';
import { until } from './until.ts';
import { startUpstream, type UpstreamChild } from './upstream-child.ts';

export interface VanishPlan {
  readonly clients: number;
  readonly rounds: number;
}

/** After the last client has left, not counting what other processes keep the gateway from running. */
const CLOSED_WITHIN_MS = 1_000;
const GIVE_UP_MS = 20_000;
/** A kilobyte kept of every client of the later rounds is more, and the ring of recent requests, once filled, less. */
const TOLERATED_MB = 3;
const MB = 1024 * 1024;

interface Round {
  /** To the end of the last upstream connection. */
  readonly closedMs: number;
  /** Of these, how long the gateway waited for a processor. */
  readonly starvedMs: number;
  /** To gauges that are all back at 0. */
  readonly restMs: number;
}

export async function soakVanish({ clients, rounds }: VanishPlan): Promise<SoakResult> {
  const name = `${clients} clients vanish in the middle of their streams, ${rounds} times`;
  const problem = tooFewFiles(clients * 2);
  if (problem !== undefined) return { name, figures: [], failures: [problem] };
  const upstream = await startUpstream({ tokensPerSecond: 20, tokens: 20 * 600 });
  const gateway = await startGatewayChild(pacedConfig(upstream.port));
  const seen: Round[] = [];
  const live: number[] = [];
  for (let nth = 0; nth < rounds; nth += 1) {
    seen.push(await vanishOnce(clients, gateway, upstream));
    live.push(await gateway.liveBytes());
  }
  const exitCode = await gateway.stop();
  await upstream.stop();
  const [first = 0, last = 0] = [live[0], live.at(-1)].map((bytes) => (bytes ?? 0) / MB);
  return {
    name,
    figures: [
      `last upstream connection closed after ${textOf(seen.map(({ closedMs }) => closedMs))}; of these the gateway ` +
        `waited for a processor ${textOf(seen.map(({ starvedMs }) => starvedMs))}`,
      `everything under way back at 0 after ${textOf(seen.map(({ restMs }) => restMs))}`,
      `memory: live heap ${first.toFixed(1)} MB after the first round, ${last.toFixed(1)} MB after the last`,
    ],
    failures: [
      ...seen.flatMap(problemsOf),
      ...(last - first > TOLERATED_MB ? ['memory grew'] : []),
      ...(exitCode === 0 ? [] : [`the gateway ended with ${exitCode}`]),
    ],
  };
}

async function vanishOnce(count: number, gateway: GatewayChild, upstream: UpstreamChild): Promise<Round> {
  const gaps = new GapHistogram();
  const clients = Array.from({ length: count }, () => new StreamClient({ port: gateway.port, model: 'g', gaps }));
  const begun = await until(GIVE_UP_MS, () => clients.every(({ tokens }) => tokens > 0));
  if (begun === undefined) throw new Error('not every stream has begun');
  // Half of them as a closed window does, half of them as a crashed machine.
  for (const [nth, client] of clients.entries()) client.leave(nth % 2 === 0 ? 'close' : 'reset');
  const [leftAt, starvedBefore] = [performance.timeOrigin + performance.now(), gateway.starvedMs()];
  const isClosed = await until(GIVE_UP_MS, async () => (await upstream.report()).open === 0);
  const starvedMs = gateway.starvedMs() - starvedBefore;
  const { lastClosedAt } = await upstream.report();
  const isAtRest = await until(GIVE_UP_MS, async () => {
    const { requests, attempts, connections } = await readGauges(gateway.url);
    return requests + attempts + connections === 0;
  });
  return {
    closedMs: isClosed === undefined ? Infinity : lastClosedAt - leftAt,
    starvedMs,
    restMs: isAtRest === undefined ? Infinity : performance.timeOrigin + performance.now() - leftAt,
  };
}

function problemsOf({ closedMs, starvedMs, restMs }: Round): string[] {
  return [
    ...(closedMs - starvedMs > CLOSED_WITHIN_MS
      ? [`an upstream connection was open for ${Math.round(closedMs)} ms`]
      : []),
    ...(restMs === Infinity ? ['something stayed under way'] : []),
  ];
}

function textOf(durationsMs: readonly number[]): string {
  return `${durationsMs.map((ms) => Math.round(ms)).join(', ')} ms`;
}
