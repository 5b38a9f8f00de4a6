// What the gateway itself says is under way, read from its metrics: at rest every number must be back where it began.

export interface Gauges {
  /** Requests of clients. */
  readonly requests: number;
  /** Attempts at all deployments. */
  readonly attempts: number;
  /** Connections of clients; the one that asks is not counted. */
  readonly connections: number;
}

export async function readGauges(url: string): Promise<Gauges> {
  const text = await (await fetch(`${url}/metrics`, { headers: { connection: 'close' } })).text();
  return {
    requests: sumOf(text, 'litellm_in_flight_requests'),
    attempts: sumOf(text, 'loadstone_deployment_in_flight'),
    connections: sumOf(text, 'loadstone_open_connections') - 1,
  };
}

/** Over all label sets. Throws when there is no such family. */
export function sumOf(metrics: string, family: string): number {
  const samples = [...metrics.matchAll(new RegExp(`^${family}(?:\\{.*\\})? (\\S+)$`, 'gm'))];
  if (samples.length === 0) throw new Error(`no metric ${family}`);
  return samples.reduce((sum, [, value]) => sum + Number(value), 0);
}
