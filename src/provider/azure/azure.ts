// Azure OpenAI to a plan: OpenAI's format at other addresses, with other credentials.
import { firstVariable, parseApiBase, problem, textParam, type Environment, type TargetPlan } from '../target-plan.ts';
import type { DeploymentSpec, TargetProblem } from '../types.ts';
import type { VendorRow } from '../vendor-row.ts';
import { azureCredential, type AzureCredential } from './azure-credential.ts';
import { azureForm, datedPath, DEFAULT_API_VERSION, v1Path, type AzureForm } from './azure-url.ts';

/** Text completions go to the chat endpoint, as in 1.106 (golden a42). */
const AZURE: VendorRow = { provider: 'azure', base: undefined, endpoints: 'CERISA', knowsMaxCompletionTokens: true };

/** Deployments of models that only complete text. */
const AZURE_TEXT: VendorRow = { provider: 'azure_text', base: undefined, endpoints: 'T' };

export function compileAzure(spec: DeploymentSpec, env: Environment): TargetPlan | TargetProblem {
  const text = textParam(spec, 'api_base') ?? firstVariable(env, ['AZURE_API_BASE', 'AZURE_OPENAI_ENDPOINT']);
  if (text === undefined)
    return problem('api_base', 'azure/ needs an api_base (or AZURE_API_BASE): https://<resource>.openai.azure.com');
  const base = parseApiBase(text);
  if ('kind' in base) return base;
  const credential = azureCredential(spec, env);
  if (credential.kind === 'problem') return credential;
  const version = textParam(spec, 'api_version') ?? firstVariable(env, ['AZURE_API_VERSION']);
  const form = azureForm(base, version);
  return {
    kind: 'plan',
    dialect: spec.provider === 'azure_text' ? AZURE_TEXT : AZURE,
    apiBase: base.shown,
    origin: base.origin,
    pathOf: form === 'v1' ? v1Path(base) : datedPath(base, version ?? DEFAULT_API_VERSION),
    headers: authentication(credential, form),
    credential: credential.kind === 'request' ? credential.request : undefined,
  };
}

/** The v1 form takes a key like OpenAI does (golden a62); the dated form has a header of its own for it. */
function authentication(credential: AzureCredential, form: AzureForm): readonly string[] {
  switch (credential.kind) {
    case 'key':
      return form === 'v1' ? ['authorization', `Bearer ${credential.key}`] : ['api-key', credential.key];
    case 'token':
      return ['authorization', `Bearer ${credential.token}`];
    case 'request':
      return [];
  }
}
