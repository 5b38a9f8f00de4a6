// Vendors' words for why generation ended, in OpenAI's five. Separate because plain answers and streams both need it.

const OPENAI_REASONS: ReadonlyMap<string, string> = new Map([
  ['eos', 'stop'],
  ['eos_token', 'stop'],
  ['stop_sequence', 'stop'],
  ['end_turn', 'stop'],
  ['pause_turn', 'stop'],
  ['complete', 'stop'],
  ['finished', 'stop'],
  ['max_tokens', 'length'],
  ['max_output_tokens', 'length'],
  ['model_length', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['tool_use', 'tool_calls'],
  ['tool_call', 'tool_calls'],
  ['safety', 'content_filter'],
  ['recitation', 'content_filter'],
  ['blocklist', 'content_filter'],
  ['prohibited_content', 'content_filter'],
  ['spii', 'content_filter'],
  ['refusal', 'content_filter'],
  ['content_filtered', 'content_filter'],
  ['guardrail_intervened', 'content_filter'],
  ['stop', 'stop'],
  ['length', 'length'],
]);

/** `stop`, `length`, `tool_calls`, `content_filter`, `function_call`; words that nobody knows stay as they are. */
export function openAiFinishReason(reason: string): string {
  return OPENAI_REASONS.get(reason.toLowerCase()) ?? reason;
}
