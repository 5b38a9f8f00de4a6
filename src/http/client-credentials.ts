// Fields by which a client would redirect or re-price a call. Refused unless the deployment opts in, as in 1.106
// (golden a52, a60, a63): otherwise whoever may use the gateway could make it send its own keys anywhere.
import type { GatewayConfig } from '../config/types.ts';
import type { ClientError } from '../wire/error-envelope.ts';

const ADDRESS_FIELDS = ['api_base', 'base_url', 'user_config', 'aws_bedrock_runtime_endpoint', 'vertex_credentials'];
const PRICE_FIELDS = [
  'input_cost_per_token',
  'output_cost_per_token',
  'input_cost_per_second',
  'output_cost_per_second',
  'input_cost_per_pixel',
  'output_cost_per_pixel',
];
const REFUSED: ReadonlySet<string> = new Set([...ADDRESS_FIELDS, ...PRICE_FIELDS]);

export interface ClientFields {
  keys(): Iterable<string>;
}

/** The 401 for the first forbidden field, or `undefined`. */
export function refusedClientField(
  body: ClientFields,
  target: { readonly config: GatewayConfig; readonly model: string },
): ClientError | undefined {
  for (const key of body.keys()) {
    if (!REFUSED.has(key) || isAllowed(key, target)) continue;
    return {
      status: 401,
      message:
        `Authentication Error, Rejected Request: ${key} is not allowed in request body. ` +
        "Name it under the deployment's `configurable_clientside_auth_params` to allow it.",
      type: 'auth_error',
      param: 'None',
      code: '401',
    };
  }
  return undefined;
}

function isAllowed(key: string, target: { readonly config: GatewayConfig; readonly model: string }): boolean {
  const { table, deployments } = target.config;
  const name = table.aliases.get(target.model)?.target ?? target.model;
  const indices = (table.routingGroups.get(name) ?? table.groups.get(name))?.deployments ?? [];
  return indices.some((index) => {
    const allowed = deployments[index]?.spec.params['configurable_clientside_auth_params'];
    return Array.isArray(allowed) && allowed.some((entry) => entry === key || (isRecord(entry) && key in entry));
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
