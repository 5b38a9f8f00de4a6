// Hugging Face to a plan: an inference endpoint, a TGI server or the router, all through their OpenAI-compatible chat.
// A folder of its own because a base may be given at any depth (providers.md 3.7, golden a43).
import { vendorKey } from '../openai-compatible.ts';
import { firstVariable, parseApiBase, textParam, type Environment, type TargetPlan } from '../target-plan.ts';
import type { DeploymentSpec, TargetProblem } from '../types.ts';
import type { VendorRow } from '../vendor-row.ts';

const ROUTER = 'https://router.huggingface.co';

/** Text completions go to the chat endpoint, as in 1.106 (golden a45). */
const HUGGINGFACE: VendorRow = {
  provider: 'huggingface',
  base: ROUTER,
  keyEnv: ['HUGGINGFACE_API_KEY', 'HF_TOKEN'],
  withoutKey: 'no header',
  endpoints: 'CEK',
};

export function compileHuggingFace(spec: DeploymentSpec, env: Environment): TargetPlan | TargetProblem {
  const text = textParam(spec, 'api_base') ?? firstVariable(env, ['HF_API_BASE', 'HUGGINGFACE_API_BASE']) ?? ROUTER;
  const base = parseApiBase(text);
  if ('kind' in base) return base;
  const key = vendorKey(HUGGINGFACE, spec, env);
  if (typeof key === 'object') return key;
  const root = base.path.replace(/\/chat\/completions$/, '').replace(/\/v1$/, '');
  return {
    kind: 'plan',
    dialect: HUGGINGFACE,
    apiBase: base.shown,
    origin: base.origin,
    pathOf: ({ endpoint, path }) => (endpoint === 'rerank' ? `${root}/rerank` : `${root}/v1${path}`) + base.query,
    headers: key === undefined ? [] : ['authorization', `Bearer ${key}`],
    credential: undefined,
    modelName: base.origin === ROUTER ? routerName : undefined,
  };
}

/** `<provider>/<org>/<model>` picks the provider behind the router, which wants it said as `<org>/<model>:<provider>`. */
function routerName(model: string): string {
  const [, provider, name] = /^([^/]+)\/([^/]+\/[^/]+)$/.exec(model) ?? [];
  return provider === undefined || name === undefined ? model : `${name}:${provider}`;
}
