// The one door to the providers: which compiler a deployment goes through, by the name of its provider. Native dialects
// (Anthropic Messages, Gemini, Bedrock Converse) will stand here beside the others.
import { compileAzure } from './azure/azure.ts';
import { compileAzureAi } from './azure/azure-ai.ts';
import { compileCloudflare } from './cloudflare.ts';
import { compileHuggingFace } from './huggingface/huggingface.ts';
import { compileOpenAiCompatible } from './openai-compatible.ts';
import { PlannedTarget } from './planned-target.ts';
import { problem, type Environment, type PlanCompiler } from './target-plan.ts';
import type { DeploymentSpec, ProviderTarget, TargetProblem } from './types.ts';
import { VENDOR_TABLE } from './vendor-table.ts';
import { compileVertex } from './vertex/vertex.ts';

const COMPILERS: ReadonlyMap<string, PlanCompiler> = new Map<string, PlanCompiler>([
  ...VENDOR_TABLE.map((row): [string, PlanCompiler] => [
    row.provider,
    (spec, env) => compileOpenAiCompatible(row, spec, env),
  ]),
  ['azure', compileAzure],
  ['azure_text', compileAzure],
  ['azure_ai', compileAzureAi],
  ['huggingface', compileHuggingFace],
  ['vertex_ai', compileVertex],
  ['cloudflare', compileCloudflare],
]);

/** Every provider that can be called. */
export const CALLABLE_PROVIDERS: readonly string[] = [...COMPILERS.keys()];

/**
 * A deployment ready for calls, or why it cannot be called: a key, base or support is missing. `env` lends default keys
 * and bases, and is read now only. Never throws.
 */
export function compileTarget(spec: DeploymentSpec, env: Environment): ProviderTarget | TargetProblem {
  const compile = COMPILERS.get(spec.provider);
  if (compile === undefined) return problem('model', `${spec.provider}/ is not supported yet`);
  const plan = compile(spec, env);
  return plan.kind === 'problem' ? plan : new PlannedTarget({ plan, spec, env, compile });
}
