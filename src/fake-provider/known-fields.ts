// Which fields a chat completion may have. Vendors refuse the rest, so a gateway that forwards its own fields is found
// out here.
const CHAT_FIELDS: ReadonlySet<string> = new Set(
  (
    'messages model audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens ' +
    'max_tokens metadata modalities n parallel_tool_calls prediction presence_penalty prompt_cache_key ' +
    'reasoning_effort response_format safety_identifier seed service_tier stop store stream stream_options ' +
    'temperature tool_choice tools top_logprobs top_p user verbosity web_search_options'
  ).split(' '),
);

/** The first field of a chat body that no vendor takes, or `undefined`. */
export function unknownChatField(body: Readonly<Record<string, unknown>>): string | undefined {
  return Object.keys(body).find((field) => !CHAT_FIELDS.has(field));
}
