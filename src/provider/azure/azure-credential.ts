// Who a caller of Azure is: a key, a token that the config holds, or a token to be fetched from Entra. The order is
// LiteLLM's (providers.md 2.2). Fetching and caching happen elsewhere; nothing here does I/O.
import { createHash } from 'node:crypto';
import { isHeaderText } from '../openai-compatible.ts';
import { firstVariable, problem, textParam, type Environment } from '../target-plan.ts';
import type { CredentialRequest, DeploymentSpec, TargetProblem } from '../types.ts';

export type AzureCredential =
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'request'; readonly request: CredentialRequest };

const SCOPE = 'https://cognitiveservices.azure.com/.default';
const RESOURCE = 'https://cognitiveservices.azure.com/';
const METADATA_URL = 'http://169.254.169.254/metadata/identity/oauth2/token';
const LOGIN_HOST = 'https://login.microsoftonline.com';

/** `key_names` are for the message; none of the values ever stands in one. */
const KEY_VARIABLES = ['AZURE_API_KEY', 'AZURE_OPENAI_API_KEY'];

export function azureCredential(spec: DeploymentSpec, env: Environment): AzureCredential | TargetProblem {
  const key = textParam(spec, 'api_key');
  if (key !== undefined) return isHeaderText(key) ? { kind: 'key', key } : badText('api_key');
  const configured =
    entraRequest(spec, (name) => textParam(spec, name)) ?? literalToken(textParam(spec, 'azure_ad_token'));
  if (configured !== undefined) return configured;
  const keyFromEnv = firstVariable(env, KEY_VARIABLES);
  if (keyFromEnv !== undefined) return isHeaderText(keyFromEnv) ? { kind: 'key', key: keyFromEnv } : badText('api_key');
  return (
    entraRequest(spec, (name) => firstVariable(env, [`AZURE_${name.toUpperCase()}`])) ??
    literalToken(firstVariable(env, ['AZURE_AD_TOKEN', 'AZURE_OPENAI_AD_TOKEN'])) ??
    managedIdentity(spec, env) ??
    problem(
      'api_key',
      `azure/ needs an api_key (or ${KEY_VARIABLES.join(', ')}), or an Entra identity: tenant_id, client_id and client_secret`,
    )
  );
}

type Value = (name: string) => string | undefined;

/** Client credentials, or a user's name and password with a client id. */
function entraRequest(spec: DeploymentSpec, value: Value): AzureCredential | undefined {
  const clientId = value('client_id');
  if (clientId === undefined) return undefined;
  const scope = textParam(spec, 'azure_scope') ?? SCOPE;
  const tenant = value('tenant_id');
  const secret = value('client_secret');
  if (tenant !== undefined && secret !== undefined) {
    const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: secret, scope };
    return tokenRequest(tenant, form);
  }
  const username = value('azure_username');
  const password = value('azure_password');
  if (username === undefined || password === undefined) return undefined;
  return tokenRequest(tenant ?? 'organizations', {
    grant_type: 'password',
    client_id: clientId,
    username,
    password,
    scope,
  });
}

function tokenRequest(tenant: string, form: Readonly<Record<string, string>>): AzureCredential {
  const url = `${LOGIN_HOST}/${encodeURIComponent(tenant)}/oauth2/v2.0/token`;
  return { kind: 'request', request: { cacheKey: cacheKey([url, form]), url, method: 'POST', headers: {}, form } };
}

/** Asked for by `enable_azure_ad_token_refresh`: the identity of the machine that this runs on. */
function managedIdentity(spec: DeploymentSpec, env: Environment): AzureCredential | undefined {
  const asked = spec.params['enable_azure_ad_token_refresh'];
  if (asked !== true && asked !== 'true') return undefined;
  const query = new URLSearchParams({ 'api-version': '2018-02-01', resource: RESOURCE });
  const clientId = textParam(spec, 'client_id') ?? firstVariable(env, ['AZURE_CLIENT_ID']);
  if (clientId !== undefined) query.set('client_id', clientId);
  const url = `${METADATA_URL}?${query.toString()}`;
  const headers = { metadata: 'true' };
  return { kind: 'request', request: { cacheKey: cacheKey([url]), url, method: 'GET', headers, form: undefined } };
}

function literalToken(token: string | undefined): AzureCredential | TargetProblem | undefined {
  if (token === undefined) return undefined;
  if (token.startsWith('oidc/')) return problem('azure_ad_token', 'tokens of an OIDC provider are not exchanged yet');
  return isHeaderText(token) ? { kind: 'token', token } : badText('azure_ad_token');
}

function badText(key: string): TargetProblem {
  return problem(key, `${key} holds a character that no header may hold`);
}

/** A digest, because a cache key may be printed and a secret may not. */
function cacheKey(parts: readonly unknown[]): string {
  return `azure:${createHash('sha256').update(JSON.stringify(parts)).digest('base64url')}`;
}
