// Starts the paced upstream and asks it how it is.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { UpstreamPlan, UpstreamReport } from './paced-upstream.ts';

export interface UpstreamChild {
  readonly port: number;
  report(): Promise<UpstreamReport>;
  stop(): Promise<void>;
}

const MAIN = join(import.meta.dirname, 'paced-upstream.ts');

export async function startUpstream(plan: Partial<UpstreamPlan>): Promise<UpstreamChild> {
  const whole: UpstreamPlan = { tokensPerSecond: 20, tokens: 20, pieces: 0, pieceBytes: 0, ...plan };
  const child = fork(MAIN, [JSON.stringify(whole)], { execArgv: [] });
  const ended = once(child, 'exit');
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return {
    port,
    report: async () => {
      child.send('report');
      const [report] = (await once(child, 'message')) as [UpstreamReport];
      return report;
    },
    stop: async () => {
      child.disconnect();
      await ended;
    },
  };
}
