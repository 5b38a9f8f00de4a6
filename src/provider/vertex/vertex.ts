// Vertex AI to a plan, through its OpenAI-compatible endpoint. The token is the operator's (`api_key`) or that of the
// machine's service account, asked for at Google's metadata server; key files need signing and are not supported yet.
import { isHeaderText } from '../openai-compatible.ts';
import { firstVariable, parseApiBase, problem, textParam, type Environment, type TargetPlan } from '../target-plan.ts';
import type { CredentialRequest, DeploymentSpec, TargetProblem } from '../types.ts';
import type { VendorRow } from '../vendor-row.ts';

const VERTEX: VendorRow = { provider: 'vertex_ai', base: undefined, endpoints: 'C', knowsMaxCompletionTokens: true };

const DEFAULT_LOCATION = 'us-central1';

const METADATA: CredentialRequest = {
  cacheKey: 'google:metadata',
  url: 'http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token',
  method: 'GET',
  headers: { 'metadata-flavor': 'Google' },
  form: undefined,
};

export function compileVertex(spec: DeploymentSpec, env: Environment): TargetPlan | TargetProblem {
  if (
    spec.params['vertex_credentials'] !== undefined ||
    firstVariable(env, ['GOOGLE_APPLICATION_CREDENTIALS']) !== undefined
  ) {
    return problem(
      'vertex_credentials',
      'key files of service accounts are not supported yet: run with the service account of the machine',
    );
  }
  const project = textParam(spec, 'vertex_project') ?? firstVariable(env, ['VERTEXAI_PROJECT']);
  if (project === undefined) return problem('vertex_project', 'vertex_ai/ needs vertex_project (or VERTEXAI_PROJECT)');
  const location = textParam(spec, 'vertex_location') ?? firstVariable(env, ['VERTEXAI_LOCATION']) ?? DEFAULT_LOCATION;
  const base = parseApiBase(textParam(spec, 'api_base') ?? `https://${host(location)}`);
  if ('kind' in base) return base;
  const token = textParam(spec, 'api_key');
  if (token !== undefined && !isHeaderText(token))
    return problem('api_key', 'api_key holds a character that no header may hold');
  const scope = `projects/${encodeURIComponent(project)}/locations/${encodeURIComponent(location)}`;
  return {
    kind: 'plan',
    dialect: VERTEX,
    apiBase: base.shown,
    origin: base.origin,
    pathOf: ({ path }) => `${base.path}/v1/${scope}/endpoints/openapi${path}${base.query}`,
    headers: token === undefined ? [] : ['authorization', `Bearer ${token}`],
    credential: token === undefined ? METADATA : undefined,
    // Google's own models are named by their publisher here.
    modelName: (model) => (model.includes('/') ? model : `google/${model}`),
  };
}

function host(location: string): string {
  return location === 'global'
    ? 'aiplatform.googleapis.com'
    : `${encodeURIComponent(location)}-aiplatform.googleapis.com`;
}
