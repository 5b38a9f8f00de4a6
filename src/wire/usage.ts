// Token usage as the provider counted it, in the spellings of chat completions and of the Responses API. Separate
// because plain answers and streams read it alike, and limits are settled with it.
import type { TokenUsage } from '../core/outcome.ts';

/**
 * Reads a `usage` object: `prompt_tokens`/`completion_tokens` or `input_tokens`/`output_tokens`, the total summed when
 * missing. `undefined` for anything else, and for all zeros: no answer costs nothing, it is a vendor's placeholder.
 */
export function readUsage(value: unknown): TokenUsage | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const usage = value as Readonly<Record<string, unknown>>;
  const promptTokens = count(usage['prompt_tokens']) ?? count(usage['input_tokens']);
  const completionTokens = count(usage['completion_tokens']) ?? count(usage['output_tokens']);
  const total = count(usage['total_tokens']);
  if (promptTokens === undefined && completionTokens === undefined && total === undefined) return undefined;
  const prompt = promptTokens ?? Math.max(0, (total ?? 0) - (completionTokens ?? 0));
  const completion = completionTokens ?? Math.max(0, (total ?? 0) - prompt);
  const totalTokens = Math.max(total ?? 0, prompt + completion);
  return totalTokens === 0 ? undefined : { promptTokens: prompt, completionTokens: completion, totalTokens };
}

/** Usage of a whole answer or of one stream event: top level, `response.usage` (Responses), `x_groq.usage` (Groq). */
export function usageOfAnswer(answer: Readonly<Record<string, unknown>>): TokenUsage | undefined {
  return readUsage(answer['usage']) ?? readUsage(inside(answer['response'])) ?? readUsage(inside(answer['x_groq']));
}

function inside(value: unknown): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)['usage']
    : undefined;
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? Math.round(value) : undefined;
}
