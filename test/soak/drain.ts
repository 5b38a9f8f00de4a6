// SIGTERM in the middle of many streams: inside the grace none of them is ended, and when the last one is over the
// process is, too.
import { connect } from 'node:net';
import { tooFewFiles } from './file-limit.ts';
import { GapHistogram } from './gap-histogram.ts';
import { startGatewayChild, type GatewayChild } from './gateway-child.ts';
import { isWhole, notWhole, pacedConfig, STALL_MS } from './paced-streams.ts';
import type { SoakResult } from './result.ts';
import { StreamClient } from './stream-client.ts';
import { rest, until } from './until.ts';
import { startUpstream } from './upstream-child.ts';

export interface DrainPlan {
  readonly streams: number;
  /** Of each stream; less than the grace. */
  readonly seconds: number;
}

const TOKENS_PER_SECOND = 20;
const GIVE_UP_MS = 20_000;
/** After the last stream. */
const EXIT_WITHIN_MS = 2_000;

export async function soakDrain({ streams, seconds }: DrainPlan): Promise<SoakResult> {
  const name = `SIGTERM with ${streams} open streams of ${seconds} s`;
  const problem = tooFewFiles(streams * 2);
  if (problem !== undefined) return { name, figures: [], failures: [problem] };
  const tokens = TOKENS_PER_SECOND * seconds;
  const upstream = await startUpstream({ tokensPerSecond: TOKENS_PER_SECOND, tokens });
  const gateway = await startGatewayChild(pacedConfig(upstream.port));
  const gaps = new GapHistogram();
  const clients = Array.from({ length: streams }, () => new StreamClient({ port: gateway.port, model: 'g', gaps }));
  const begun = await until(GIVE_UP_MS, () => clients.every((client) => client.tokens > 0));
  if (begun === undefined) throw new Error('not every stream has begun');
  gateway.signal('SIGTERM');
  const left = clients.map((client) => tokens - client.tokens);
  const refused = await until(GIVE_UP_MS, async () => (await reach(gateway.port)) === 'ECONNREFUSED');
  const seen = await Promise.all(clients.map(({ ended }) => ended));
  const overAt = performance.now();
  const exitCode = await exitOf(gateway);
  const exitMs = performance.now() - overAt;
  await upstream.stop();
  return {
    name,
    figures: [
      `${seen.filter((one) => isWhole(one, tokens)).length} of ${seen.length} whole; at the signal they had between ` +
        `${Math.min(...left)} and ${Math.max(...left)} of ${tokens} tokens before them`,
      `new connections refused after ${Math.round(refused ?? Infinity)} ms; gap between tokens: ${gaps.text}`,
      `ended with ${exitCode}, ${Math.round(exitMs)} ms after the last stream`,
    ],
    failures: [
      ...notWhole(seen, tokens),
      ...(Math.min(...left) > 0 ? [] : ['a stream was over before the signal: the run was too short']),
      ...(refused === undefined ? ['new connections were not refused'] : []),
      ...(gaps.worstMs > STALL_MS ? [`a stream stalled for ${Math.round(gaps.worstMs)} ms`] : []),
      ...(exitCode === 0 && exitMs <= EXIT_WITHIN_MS ? [] : [`ended with ${exitCode} after ${Math.round(exitMs)} ms`]),
    ],
  };
}

async function exitOf({ ended, stop }: GatewayChild): Promise<number | null | 'nothing: it had to be stopped'> {
  const code = await Promise.race([ended, rest(GIVE_UP_MS).then(() => 'late' as const)]);
  if (code !== 'late') return code;
  await stop();
  return 'nothing: it had to be stopped';
}

/** `open`, or the error's code. */
function reach(port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve('open');
    });
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}
