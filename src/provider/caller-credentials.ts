// A caller's own key, address or API version in the body (golden a52, a62, a63). Separate because it is where a caller
// could make the gateway send the operator's key somewhere else, and that must be impossible.
import type { JsonBody } from '../wire/body-types.ts';
import type { Environment } from './target-plan.ts';
import type { DeploymentSpec, UnsupportedCall } from './types.ts';

/** What to compile instead of the deployment. */
export interface CallerSpec {
  readonly kind: 'caller';
  readonly spec: DeploymentSpec;
  readonly env: Environment;
}

/** Body members that this file reads. */
export const CALLER_FIELDS: readonly string[] = ['api_key', 'api_base', 'base_url', 'api_version'];

/** No variable may lend its value to a caller's address. */
const NO_VARIABLES: Environment = {};

/** Parameters that identify the operator; none of them goes to an address that a caller named. */
const OPERATOR_IDENTITY = [
  'azure_ad_token',
  'tenant_id',
  'client_id',
  'client_secret',
  'azure_username',
  'azure_password',
  'organization',
  'project',
  'extra_headers',
  'headers',
  'enable_azure_ad_token_refresh',
  'vertex_credentials',
];

/** `undefined` when the body brings nothing of the kind. */
export function callerSpec(
  body: JsonBody,
  spec: DeploymentSpec,
  env: Environment,
): CallerSpec | UnsupportedCall | undefined {
  if (!CALLER_FIELDS.some((field) => body.has(field))) return undefined;
  const key = textOf(body.get('api_key'));
  const field = body.has('api_base') ? 'api_base' : 'base_url';
  const base = textOf(body.get(field));
  const version = textOf(body.get('api_version'));
  if (base !== undefined) return withCallerBase({ spec, field, base, key, version });
  if (key === undefined && version === undefined) return undefined;
  const own = {
    ...(key === undefined ? {} : { api_key: key }),
    ...(version === undefined ? {} : { api_version: version }),
  };
  return { kind: 'caller', spec: { ...spec, params: { ...spec.params, ...own } }, env };
}

interface CallerBase {
  readonly spec: DeploymentSpec;
  readonly field: string;
  readonly base: string;
  readonly key: string | undefined;
  readonly version: string | undefined;
}

function withCallerBase({ spec, field, base, key, version }: CallerBase): CallerSpec | UnsupportedCall {
  if (!isAllowed(spec, field, base)) {
    const message = `${field} is not allowed in the body: the deployment does not name it in configurable_clientside_auth_params.`;
    return { kind: 'unsupported', message, param: field };
  }
  const params: Record<string, unknown> = { ...spec.params, api_base: base, api_key: key };
  for (const name of OPERATOR_IDENTITY) delete params[name];
  if (version !== undefined) params['api_version'] = version;
  return { kind: 'caller', spec: { ...spec, params }, env: NO_VARIABLES };
}

/** An entry is a name, or a map of a name to the pattern that its value must match. */
function isAllowed(spec: DeploymentSpec, field: string, value: string): boolean {
  const allowed = spec.params['configurable_clientside_auth_params'];
  if (!Array.isArray(allowed)) return false;
  return allowed.some((entry: unknown) => {
    if (entry === field) return true;
    if (typeof entry !== 'object' || entry === null || !Object.hasOwn(entry, field)) return false;
    const pattern = (entry as Record<string, unknown>)[field];
    return typeof pattern === 'string' && matches(pattern, value);
  });
}

function matches(pattern: string, value: string): boolean {
  try {
    return new RegExp(`^(?:${pattern})`).test(value);
  } catch {
    return value === pattern;
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
