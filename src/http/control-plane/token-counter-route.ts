// `POST /utils/token_counter` of LiteLLM: how many tokens a prompt has for a model. Counted by the same thread that
// counts for decisions (golden a56).
import { resolve } from '../../core/select/resolve.ts';
import type { GatewayConfig } from '../../config/types.ts';
import { encodingOf } from '../../gateway/tokens/encoding-of.ts';
import { countPrompt } from '../../gateway/tokens/count-prompt.ts';
import { detailEnvelope } from '../../wire/error-envelope.ts';
import { readJsonBody } from '../../wire/json-body.ts';
import type { DataPlaneContext } from '../data-plane.ts';
import { jsonReply, type ControlCall, type ControlReply, type ControlRoute } from './control-route.ts';

export function tokenCounterRoute(context: () => DataPlaneContext): ControlRoute {
  return {
    method: 'POST',
    path: '/utils/token_counter',
    summary: 'Counts the tokens of messages or a prompt',
    tag: 'models',
    readsBody: true,
    handle: (call) => countTokens(call, context()),
  };
}

const PROMPTS = ['messages', 'prompt', 'contents'] as const;

async function countTokens({ body }: ControlCall, { runtime, services }: DataPlaneContext): Promise<ControlReply> {
  if (body === 'too large') return detail(413, 'the body is larger than general_settings.max_request_size_mb');
  const read = readJsonBody(body === undefined ? [] : [body]);
  if ('kind' in read) return detail(400, read.message);
  const model = read.get('model');
  if (typeof model !== 'string') return { status: 422, contentType: 'application/json', body: MODEL_MISSING };
  if (PROMPTS.every((key) => read.isNull(key))) return detail(400, 'prompt or messages or contents must be provided');
  const { config } = runtime;
  const deployment = deploymentOf(config, model);
  const tokens =
    deployment === undefined
      ? await services.tokens.count(read, encodingOf(model))
      : await countPrompt(services.tokens, read, { config, deployment });
  if (tokens === undefined) return detail(503, 'the prompt could not be counted in time');
  const used = config.table.deployments[deployment ?? -1]?.upstreamModel ?? model;
  return jsonReply({
    total_tokens: tokens,
    request_model: model,
    model_used: used,
    tokenizer_type: 'openai_tokenizer',
    count_source: 'local_estimate',
    original_response: null,
    error: false,
    error_message: null,
    status_code: null,
  });
}

/** FastAPI's words for an absent field. */
const MODEL_MISSING = JSON.stringify({ detail: [{ type: 'missing', loc: ['body', 'model'], msg: 'Field required' }] });

function deploymentOf({ table }: GatewayConfig, model: string): number | undefined {
  const resolution = resolve(table, model);
  return resolution.kind === 'unknown' ? undefined : resolution.candidates[0];
}

function detail(status: number, text: string): ControlReply {
  return { status, contentType: 'application/json', body: detailEnvelope(text) };
}
