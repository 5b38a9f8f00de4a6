// Fields that several formats write the same way: ids, times, usage, Azure's filter results and the frame of an event.
import { randomUUID } from 'node:crypto';
import type { StreamEvent } from '../answer.ts';
import type { Vendor } from '../fault.ts';

/** Azure answers with the name of the base model, not of the deployment. */
export const AZURE_BASE_MODEL = 'gpt-4o-2024-11-20';

const SAFE = { filtered: false, severity: 'safe' };

/** What Azure says about a text that it let pass. */
export const AZURE_SAFE = { hate: SAFE, self_harm: SAFE, sexual: SAFE, violence: SAFE };

/** The end marker of OpenAI's streams. */
export const DONE_EVENT: StreamEvent = { role: 'done', text: 'data: [DONE]\n\n' };

/** A fresh id behind `prefix`. */
export function answerId(prefix: string): string {
  return prefix + randomUUID().replaceAll('-', '');
}

/** Unix time in whole seconds, as `created` fields hold it. */
export function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

/** One server-sent event, named or not. */
export function eventOf(data: unknown, name?: string): string {
  return `${name === undefined ? '' : `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`;
}

/** Usage of chat and text completions. */
export function usageOf(promptTokens: number, completionTokens: number, vendor: Vendor): Record<string, unknown> {
  const usage = {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
  if (vendor !== 'openai' && vendor !== 'azure') return usage;
  return {
    ...usage,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: 0,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}
