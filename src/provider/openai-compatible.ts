// A row of the vendor table to a plan: base, key and paths of a vendor that speaks OpenAI's format.
import {
  firstVariable,
  parseApiBase,
  problem,
  textParam,
  type ApiBase,
  type Environment,
  type TargetPlan,
} from './target-plan.ts';
import type { DeploymentSpec, TargetProblem } from './types.ts';
import { variableStem, type VendorRow } from './vendor-row.ts';

export function compileOpenAiCompatible(
  row: VendorRow,
  spec: DeploymentSpec,
  env: Environment,
): TargetPlan | TargetProblem {
  const base = vendorBase(row, spec, env);
  if ('kind' in base) return base;
  const key = vendorKey(row, spec, env);
  if (typeof key === 'object') return key;
  return {
    kind: 'plan',
    dialect: row,
    apiBase: base.shown,
    origin: base.origin,
    pathOf: ({ path }) => base.path + path + base.query,
    headers: key === undefined ? [] : ['authorization', `Bearer ${key}`],
    credential: undefined,
  };
}

/** The deployment's base, else the environment's, else the vendor's own. */
export function vendorBase(row: VendorRow, spec: DeploymentSpec, env: Environment): ApiBase | TargetProblem {
  const names = row.baseEnv ?? [`${variableStem(row.provider)}_API_BASE`];
  const text = textParam(spec, 'api_base') ?? firstVariable(env, names) ?? row.base;
  if (text === undefined) return problem('api_base', `${row.provider}/ needs an api_base (or ${names.join(' or ')})`);
  const base = parseApiBase(text);
  if ('kind' in base || row.baseSuffix === undefined) return base;
  return { ...base, path: withSuffix(base.path, row.baseSuffix) };
}

/** A base that names an endpoint (`/v1/messages`, `/v1/chat/completions`) stands for what is above it. */
function withSuffix(path: string, suffix: string): string {
  const root = path.replace(/\/(chat\/completions|messages|embeddings)$/, '');
  if (root.endsWith(suffix)) return root;
  return (root === '' && suffix === '/openai' ? '/v1beta' : root) + suffix;
}

/** `undefined`: no header is sent. */
export function vendorKey(row: VendorRow, spec: DeploymentSpec, env: Environment): string | undefined | TargetProblem {
  const names = row.keyEnv ?? [`${variableStem(row.provider)}_API_KEY`];
  const key = textParam(spec, 'api_key') ?? firstVariable(env, names);
  if (key !== undefined)
    return isHeaderText(key) ? key : problem('api_key', 'api_key holds a character that no header may hold');
  const without = row.withoutKey ?? 'problem';
  if (without === 'problem')
    return problem('api_key', `there is no api_key, and ${names.join(', ')} is not set either`);
  return without === 'no header' ? undefined : without.text;
}

/** Line ends and other control characters would end the header; Node refuses what is beyond latin1. */
export function isHeaderText(text: string): boolean {
  // oxlint-disable-next-line no-control-regex
  return !/[\u0000-\u0008\u000a-\u001f\u007f]|[^\u0000-\u00ff]/.test(text);
}
