// What a client is told when it asks for a parameter that the model or vendor cannot serve. LiteLLM's error class stands
// in front because clients look for it.
import type { CallRules } from './call-rules.ts';
import type { UnsupportedCall } from './types.ts';

/** `param` stays null, as in 1.106. */
export function refusedMessage({ provider, model, endpoint }: CallRules, names: readonly string[]): UnsupportedCall {
  const list = names.map((name) => `'${name}'`).join(', ');
  const advice = `Leave them out, set \`drop_params: true\`, or name them in \`allowed_openai_params\`.`;
  const at = endpoint === 'embeddings' ? 'embeddings of ' : '';
  const message = `litellm.UnsupportedParamsError: ${provider} does not support parameters: [${list}], for ${at}model=${model}. ${advice}`;
  return { kind: 'unsupported', message, param: null };
}

export function temperatureMessage({ model }: CallRules, temperature: unknown): UnsupportedCall {
  const message =
    `litellm.UnsupportedParamsError: ${model} doesn't support temperature=${JSON.stringify(temperature)} while it ` +
    'reasons, only temperature=1. Leave it out, or set `drop_params: true`.';
  return { kind: 'unsupported', message, param: null };
}
