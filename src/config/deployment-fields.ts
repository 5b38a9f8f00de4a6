// What the routing core needs to know about one deployment, out of its entry: limits, weight, order, times, prices.
// Where LiteLLM looks in several places for one value, the order of the places is written here.
import type { FilterFields } from './filter-fields.ts';
import type { ModelEntry } from './model-entries.ts';
import { amountIn, millisIn, numberIn, textIn, textsIn, truthyMillisIn } from './read-value.ts';
import type { Deployment, Limits } from '../core/deployment.ts';

/** Facts of the model table, as far as routing wants them. */
export interface KnownModel {
  readonly maxInputTokens: number | undefined;
  readonly inputCostPerToken: number | undefined;
  readonly outputCostPerToken: number | undefined;
}

type RoutingFields = Omit<
  Deployment,
  | 'index'
  | 'id'
  | 'group'
  | 'provider'
  | 'litellmModel'
  | 'upstreamModel'
  | 'isWildcard'
  | 'outOfRotation'
  | 'continuesPrefill'
  | 'isReasoning'
  // Read in policy-fields.ts.
  | 'allowedFails'
  | 'failLimits'
  | 'timeoutByTierMs'
  | 'streamTimeoutByTierMs'
  | keyof FilterFields
>;

/** `model_info` wins over the model table; for `cooldown_time` it wins over `litellm_params`, for `order` it does not. */
export function readDeploymentFields(
  source: ModelEntry,
  known: KnownModel | undefined,
  defaultMaxParallel: number | undefined,
): RoutingFields {
  const { params, info } = source;
  const price = (key: string): number | undefined => amountIn(params, key) ?? amountIn(info, key);
  return {
    limits: readLimits(source, defaultMaxParallel),
    weight: amountIn(params, 'weight'),
    order: numberIn(params, 'order') ?? numberIn(info, 'order'),
    tags: textsIn(params, 'tags'),
    region: textIn(params, 'region_name'),
    timeoutMs: truthyMillisIn(params, 'timeout') ?? truthyMillisIn(params, 'request_timeout'),
    streamTimeoutMs: truthyMillisIn(params, 'stream_timeout'),
    numRetries: amountIn(params, 'num_retries'),
    cooldownMs: millisIn(info, 'cooldown_time') ?? millisIn(params, 'cooldown_time'),
    maxInputTokens: amountIn(info, 'max_input_tokens') ?? known?.maxInputTokens,
    inputCostPerToken: price('input_cost_per_token') ?? known?.inputCostPerToken,
    outputCostPerToken: price('output_cost_per_token') ?? known?.outputCostPerToken,
  };
}

/** `litellm_params`, then the entry itself (LiteLLM copies these), then `model_info`. */
function readLimits({ params, entry, info }: ModelEntry, defaultMaxParallel: number | undefined): Limits {
  const perMinute = (key: string): number | undefined =>
    amountIn(params, key) ?? amountIn(entry, key) ?? amountIn(info, key);
  return {
    rpm: perMinute('rpm'),
    tpm: perMinute('tpm'),
    itpm: amountIn(params, 'itpm'),
    otpm: amountIn(params, 'otpm'),
    maxParallelRequests: amountIn(params, 'max_parallel_requests') ?? defaultMaxParallel,
  };
}
