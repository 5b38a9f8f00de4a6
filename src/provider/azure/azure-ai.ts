// Azure AI model inference (the catalogue: Mistral, Cohere, Llama, DeepSeek, ...) to a plan. Its own file because host
// and base decide both the path and the header of the key (providers.md 1.3).
import { vendorKey } from '../openai-compatible.ts';
import {
  firstVariable,
  parseApiBase,
  problem,
  textParam,
  type ApiBase,
  type Environment,
  type TargetPlan,
} from '../target-plan.ts';
import type { DeploymentSpec, TargetProblem } from '../types.ts';
import type { VendorRow } from '../vendor-row.ts';

const AZURE_AI: VendorRow = { provider: 'azure_ai', base: undefined, endpoints: 'CEIK' };

/** The only version of the `/models` endpoints so far. */
const DEFAULT_API_VERSION = '2024-05-01-preview';

export function compileAzureAi(spec: DeploymentSpec, env: Environment): TargetPlan | TargetProblem {
  const text = textParam(spec, 'api_base') ?? firstVariable(env, ['AZURE_AI_API_BASE']);
  if (text === undefined) return problem('api_base', 'azure_ai/ needs an api_base (or AZURE_AI_API_BASE)');
  const base = parseApiBase(text);
  if ('kind' in base) return base;
  const key = vendorKey(AZURE_AI, spec, env);
  if (typeof key === 'object') return key;
  const host = new URL(base.origin).hostname;
  const isAzureHost = host.endsWith('.services.ai.azure.com') || host.endsWith('.openai.azure.com');
  const version = textParam(spec, 'api_version') ?? DEFAULT_API_VERSION;
  return {
    kind: 'plan',
    dialect: AZURE_AI,
    apiBase: base.shown,
    origin: base.origin,
    pathOf: host.endsWith('.services.ai.azure.com') ? modelsPath(base, version) : ({ path }) => plainPath(base, path),
    headers: key === undefined ? [] : isAzureHost ? ['api-key', key] : ['authorization', `Bearer ${key}`],
    credential: undefined,
  };
}

function plainPath({ path: basePath, query }: ApiBase, path: string): string {
  return basePath.replace(/\/chat\/completions$/, '') + path + query;
}

function modelsPath(base: ApiBase, version: string): TargetPlan['pathOf'] {
  const root = base.path.replace(/\/chat\/completions$/, '');
  if (root.endsWith('/openai/v1')) return ({ path }) => root + path;
  const models = root.endsWith('/models') ? root : `${root}/models`;
  return ({ path, apiVersion }) => `${models}${path}?api-version=${encodeURIComponent(apiVersion ?? version)}`;
}
