// Upstream calls that a gateway says are under way, over all its deployments.

export async function inFlightOf(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const counts = [...metrics.matchAll(/^loadstone_deployment_in_flight\{.*\} (\d+)$/gm)];
  if (counts.length === 0) throw new Error('no deployment tells what it has in flight');
  return counts.reduce((sum, [, count]) => sum + Number(count), 0);
}
