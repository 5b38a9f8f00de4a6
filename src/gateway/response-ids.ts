// Ids of stored responses carry the deployment that made them, so that a later request which names one goes there. The
// text is LiteLLM's own (base64 of three named parts), so that conversations survive a change of gateway either way.
import type { Attempt } from '../core/outcome.ts';
import type { RoutingTable } from '../core/routing-table.ts';
import type { DeploymentIndex } from '../core/units.ts';
import type { Exchange } from './exchange.ts';

export interface StoredResponse {
  readonly deploymentId: string;
  readonly upstreamId: string;
}

const PREFIX = 'resp_';
const PARTS = /^litellm:custom_llm_provider:[^;]*;model_id:([^;]*);response_id:(.+)$/;

/** Anybody can write an id: these would name another path of the provider, since URLs resolve them even when escaped. */
const CLIMBING = /^\.{1,2}$/;

/** The id that a client gets for `upstreamId`. An id that already carries a deployment is left alone. */
export function encodeResponseId(upstreamId: string, origin: { provider: string; deploymentId: string }): string {
  if (decodeResponseId(upstreamId) !== undefined) return upstreamId;
  const text = `litellm:custom_llm_provider:${origin.provider};model_id:${origin.deploymentId};response_id:${upstreamId}`;
  return PREFIX + Buffer.from(text).toString('base64');
}

/** What an id carries, or `undefined` for one that is the provider's own. */
export function decodeResponseId(id: string): StoredResponse | undefined {
  if (!id.startsWith(PREFIX)) return undefined;
  const text = Buffer.from(id.slice(PREFIX.length), 'base64').toString('utf8');
  const [, deploymentId, upstreamId] = PARTS.exec(text) ?? [];
  if (deploymentId === undefined || upstreamId === undefined || CLIMBING.test(upstreamId)) return undefined;
  return { deploymentId, upstreamId };
}

/** The deployment that `previous_response_id` ties a request to. */
export function pinnedDeployment(
  body: { get(key: string): unknown },
  table: RoutingTable,
): DeploymentIndex | undefined {
  const id = body.get('previous_response_id');
  const stored = typeof id === 'string' ? decodeResponseId(id) : undefined;
  return stored === undefined ? undefined : table.byId.get(stored.deploymentId);
}

/** The fields that the provider must get in place of the client's: it knows its own ids only. */
export function upstreamIds(exchange: Exchange): Readonly<Record<string, string>> | undefined {
  const { endpoint, body } = exchange.input;
  if (endpoint !== 'responses' || body === undefined || !body.has('previous_response_id')) return undefined;
  const id = body.get('previous_response_id');
  const stored = typeof id === 'string' ? decodeResponseId(id) : undefined;
  return stored === undefined ? undefined : { previous_response_id: stored.upstreamId };
}

/** Encodes the ids of one attempt's answer. */
export function responseIdRewriter(exchange: Exchange, planned: Attempt): (id: string) => string {
  const deployment = exchange.input.runtime.config.table.deployments[planned.deployment];
  const origin = { provider: deployment?.provider ?? '', deploymentId: deployment?.id ?? '' };
  return (id) => encodeResponseId(id, origin);
}
