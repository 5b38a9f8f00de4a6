// What does not hold over several threads as it does in one, for this config: `loadstone check` says it to who asks with
// `--num_workers`. Limits, health and least-busy are exact and therefore not here.
import type { GatewayConfig } from './types.ts';

/** One line each; none for one thread, or where the config has nothing of the kind. */
export function threadNotes({ table, deployments }: GatewayConfig, threads: number): string[] {
  if (threads === 1) return [];
  const { settings } = table;
  const isLimited = table.deployments.some(({ limits: { rpm, tpm, itpm, otpm } }) =>
    [rpm, tpm, itpm, otpm].some((limit) => limit !== undefined),
  );
  return [
    ...(settings.affinity === undefined
      ? []
      : [
          'affinity: a thread hears from the others who served whom within about 10 ms, and knows nothing at its start',
        ]),
    ...(isLimited && settings.enforceLimits && settings.queueTimeoutMs > 0
      ? ['queue: a request waits in the thread that accepted it; priority orders those of one thread']
      : []),
    ...(deployments.some(({ mirrors }) => mirrors.length > 0)
      ? [`silent_model: each of the ${threads} threads runs at most 100 copies at a time`]
      : []),
    ...(deployments.some(({ target }) => target?.credential !== undefined)
      ? ['credentials: each thread fetches tokens for itself']
      : []),
  ];
}
