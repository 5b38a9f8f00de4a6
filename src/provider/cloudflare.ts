// Cloudflare Workers AI to a plan: OpenAI's format below an address that holds the account.
import { compileOpenAiCompatible } from './openai-compatible.ts';
import { firstVariable, problem, textParam, type Environment, type TargetPlan } from './target-plan.ts';
import type { DeploymentSpec, TargetProblem } from './types.ts';

export function compileCloudflare(spec: DeploymentSpec, env: Environment): TargetPlan | TargetProblem {
  const account = firstVariable(env, ['CLOUDFLARE_ACCOUNT_ID']);
  if (account === undefined && textParam(spec, 'api_base') === undefined) {
    return problem('api_base', 'cloudflare/ needs CLOUDFLARE_ACCOUNT_ID, or an api_base that ends in /ai/v1');
  }
  const base = `https://api.cloudflare.com/client/v4/accounts/${encodeURIComponent(account ?? '')}/ai/v1`;
  return compileOpenAiCompatible({ provider: 'cloudflare', base, endpoints: 'CE' }, spec, env);
}
