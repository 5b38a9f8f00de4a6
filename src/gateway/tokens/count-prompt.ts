// The true size of a request's prompt, as the model of one deployment would count it.
import type { GatewayConfig } from '../../config/types.ts';
import type { DeploymentIndex } from '../../core/units.ts';
import type { ByteBody } from '../../wire/json-body.ts';
import { encodingOf } from './encoding-of.ts';
import type { TokenCounter } from './token-counter.ts';

/** Tokens; `undefined` for what is no JSON, and whenever it cannot be told in time. */
export async function countPrompt(
  counter: TokenCounter,
  body: ByteBody | undefined,
  where: { readonly config: GatewayConfig; readonly deployment: DeploymentIndex },
): Promise<number | undefined> {
  if (body === undefined) return undefined;
  return counter.count(body, encodingOf(modelOf(where.config, where.deployment)));
}

/** `model_info.base_model` says what an Azure deployment's own name does not. */
function modelOf({ deployments, table }: GatewayConfig, index: DeploymentIndex): string {
  const base = deployments[index]?.shownInfo['base_model'];
  return typeof base === 'string' ? base : (table.deployments[index]?.litellmModel ?? '');
}
